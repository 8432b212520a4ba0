//! A file's physical lines, of which never more is held than one row may be long.

use std::io::{self, ErrorKind, Read};

/// How long a row may be, in bytes. The longest real ones have some 3,000.
pub const ROW_LIMIT: usize = 1 << 20;

const CHUNK: usize = 1 << 16;

/// Where a line ends, counted from the first byte that is not taken yet, its line feed included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It ends with a line feed.
    Ended(usize),
    /// The file ends without a line feed.
    Last(usize),
    /// The row would become longer than it may be.
    TooLong,
}

#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    held: Vec<u8>,
    start: usize,
    number: u64,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, held: Vec::new(), start: 0, number: 1, ended: false }
    }

    /// The number of the first line that is not taken yet.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The bytes not taken yet, at least `least` of them unless the file ends before.
    pub fn ahead(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.held.len() - self.start < least && !self.ended {
            self.fill()?;
        }
        Ok(self.held.get(self.start..).unwrap_or_default())
    }

    /// Bytes that [`Lines::end_of_line`] has found.
    pub fn bytes(&self, from: usize, to: usize) -> &[u8] {
        self.held.get(self.start + from..self.start + to).unwrap_or_default()
    }

    /// Where the line ends that begins `from` bytes after the first one not taken; none at the end
    /// of the file.
    pub fn end_of_line(&mut self, from: usize) -> io::Result<Option<Line>> {
        let mut searched = from;
        loop {
            let unsearched = self.held.get(self.start + searched..).unwrap_or_default();
            if let Some(at) = unsearched.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(match searched + at + 1 {
                    end if end > ROW_LIMIT => Line::TooLong,
                    end => Line::Ended(end),
                }));
            }
            searched += unsearched.len();
            if searched > ROW_LIMIT {
                return Ok(Some(Line::TooLong));
            }
            if self.ended {
                return Ok((searched > from).then_some(Line::Last(searched)));
            }
            self.fill()?;
        }
    }

    /// Takes `bytes`, which are so many lines.
    pub fn take(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.number += lines;
    }

    /// Takes one line however long it is, without holding it.
    pub fn drop_line(&mut self) -> io::Result<()> {
        loop {
            let left = self.held.get(self.start..).unwrap_or_default();
            if let Some(at) = left.iter().position(|byte| *byte == b'\n') {
                self.take(at + 1, 1);
                return Ok(());
            }
            self.start = self.held.len();
            if self.ended {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.held.drain(..self.start);
        self.start = 0;
        let filled = self.held.len();
        self.held.resize(filled + CHUNK, 0);
        let read = loop {
            match self.reader.read(self.held.get_mut(filled..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.held.truncate(filled + read.as_ref().map_or(0, |read| (*read).min(CHUNK)));
        self.ended = read? == 0;
        Ok(())
    }

    /// How much memory it holds.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.held.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, and says now and then that it was interrupted.
    struct Drops<'a>(&'a [u8], bool);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            self.0.read(into.get_mut(..1).unwrap())
        }
    }

    #[test]
    fn lines_are_found_in_bytes_that_come_in_any_pieces() {
        let mut lines = Lines::new(Drops(b"one\r\n\nthree", false));
        assert_eq!(lines.end_of_line(0).unwrap(), Some(Line::Ended(5)));
        assert_eq!(lines.end_of_line(5).unwrap(), Some(Line::Ended(6)));
        assert_eq!(lines.end_of_line(6).unwrap(), Some(Line::Last(11)));
        assert_eq!(lines.end_of_line(11).unwrap(), None);
        assert_eq!(lines.bytes(6, 11), b"three");
        lines.take(6, 2);
        assert_eq!((lines.number(), lines.bytes(0, 5)), (3, &b"three"[..]));
        lines.drop_line().unwrap();
        assert_eq!(lines.end_of_line(0).unwrap(), None);
    }

    #[test]
    fn a_line_of_a_gigabyte_takes_little_more_memory_than_a_row_may() {
        let huge = io::repeat(b'x').take(1 << 30).chain(&b"\nnext\n"[..]);
        let mut lines = Lines::new(huge);
        assert_eq!(lines.end_of_line(0).unwrap(), Some(Line::TooLong));
        // A few megabytes of it will do to see that nothing piles up.
        lines.take(ROW_LIMIT, 0);
        for _ in 0..8 {
            assert_eq!(lines.end_of_line(0).unwrap(), Some(Line::TooLong));
            lines.take(ROW_LIMIT, 0);
        }
        assert!(lines.capacity() <= 4 * ROW_LIMIT, "{}", lines.capacity());
    }

    #[test]
    fn a_line_too_long_is_dropped_up_to_its_end() {
        let mut lines = Lines::new(io::repeat(b'x').take(3 << 20).chain(&b"\nnext\n"[..]));
        assert_eq!(lines.end_of_line(0).unwrap(), Some(Line::TooLong));
        lines.drop_line().unwrap();
        assert_eq!(lines.number(), 2);
        assert_eq!(lines.end_of_line(0).unwrap(), Some(Line::Ended(5)));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        struct Stalled;
        impl Read for Stalled {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::TimedOut.into())
            }
        }
        let mut lines = Lines::new((&b"half a li"[..]).chain(Stalled));
        assert_eq!(lines.end_of_line(0).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
