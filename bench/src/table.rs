//! Tables as plain text.

use std::fmt;
use std::time::Duration;

/// A table whose first columns are texts and whose others are figures.
pub struct Table {
    title: String,
    texts: usize,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    pub fn new(title: impl Into<String>, texts: usize, columns: &[&str]) -> Self {
        let head = columns.iter().map(|&column| column.to_owned()).collect();
        Self { title: title.into(), texts, rows: vec![head], notes: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// A line below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub fn print(&self) {
        println!("{self}");
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        writeln!(f, "\n{}\n", self.title)?;
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                line.push_str(&match column < self.texts {
                    true => format!("{gap}{cell:<width$}"),
                    false => format!("{gap}{cell:>width$}"),
                });
            }
            writeln!(f, "{}", line.trim_end())?;
            if number == 0 {
                writeln!(f, "{}", "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)))?;
            }
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

/// A number with so many digits after the point, and commas between thousands.
pub fn figure(value: f64, digits: usize) -> String {
    let plain = format!("{value:.digits$}");
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match rest {
        Some(rest) => format!("{grouped}.{rest}"),
        None => grouped,
    }
}

/// A count.
#[expect(clippy::cast_precision_loss, reason = "counts of requests, rows and bytes are far below 2^52")]
pub fn count(value: u64) -> f64 {
    value as f64
}

/// Bytes as megabytes of 10^6.
pub fn megabytes(bytes: u64) -> String {
    figure(count(bytes) / 1e6, 1)
}

pub fn seconds(time: Duration) -> String {
    figure(time.as_secs_f64(), 2)
}

/// Microseconds as milliseconds.
pub fn milliseconds(micros: u64) -> String {
    figure(count(micros) / 1e3, 2)
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of some rounds, with the least and the greatest.
pub fn spread(values: &[f64], digits: usize) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [middle, least, greatest] = [median(values), least, greatest].map(|value| figure(value, digits));
    format!("{middle} ({least}–{greatest})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_commas_between_thousands() {
        assert_eq!(figure(1_234_567.891, 1), "1,234,567.9");
        assert_eq!(figure(999.0, 0), "999");
        assert_eq!(figure(-123_456.0, 0), "-123,456");
        assert_eq!(spread(&[3.0, 1.0, 2.0], 0), "2 (1–3)");
    }
}
