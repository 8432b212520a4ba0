use super::*;

/// Each row as its first and last line with its fields, or with the code of its fault.
fn rows(bytes: &[u8], width: usize, least: usize) -> Vec<(u64, u64, String)> {
    let mut table = Table::new(Lines::new(bytes), Decoder::default());
    table.expect(Shape { width, least });
    let mut rows = Vec::new();
    while let Some(found) = table.next().unwrap() {
        let text = match found.fault {
            Some(fault) => fault.code.to_owned(),
            None => table.fields().iter().collect::<Vec<_>>().join("|"),
        };
        rows.push((found.line, found.last_line, text));
    }
    rows
}

fn row(line: u64, last: u64, text: &str) -> (u64, u64, String) {
    (line, last, text.to_owned())
}

#[test]
fn lines_end_with_lf_or_crlf_and_empty_ones_are_no_rows() {
    assert_eq!(rows(b"a,b\nc,d\n", 2, 2), [row(1, 1, "a|b"), row(2, 2, "c|d")]);
    assert_eq!(rows(b"\r\na,\"b\"\r\n \r\n\r\nc,\"d\"\r\n", 2, 2), [row(2, 2, "a|b\r"), row(5, 5, "c|d\r")]);
    assert_eq!(rows(b"", 2, 2), []);
    assert_eq!(rows(b"\n\n", 2, 2), []);
}

#[test]
fn the_last_row_needs_no_line_end() {
    assert_eq!(rows(b"a,b\nc,d", 2, 2), [row(1, 1, "a|b"), row(2, 2, "c|d")]);
    assert_eq!(rows(b"a,b\nc,\"d\"", 2, 2), [row(1, 1, "a|b"), row(2, 2, "c|d")]);
    assert_eq!(rows(b"a,b\nc,", 2, 2), [row(1, 1, "a|b"), row(2, 2, "c|")]);
}

#[test]
fn a_quoted_field_may_hold_commas_marks_and_lines() {
    let found = rows(b"\"a, b\",\"the \"\"old\"\"\nsite\"\r\nc,5\" nails\n", 2, 2);
    assert_eq!(found, [row(1, 2, "a, b|the \"old\"\nsite\r"), row(3, 3, "c|5\" nails")]);
}

#[test]
fn a_file_that_ends_in_the_middle_of_a_row_loses_that_row_alone() {
    for end in [&b"c,\"d"[..], b"c", b"c,d,\"", b"\"c"] {
        let bytes = [b"a,b,x\n", end].concat();
        assert_eq!(rows(&bytes, 3, 3), [row(1, 1, "a|b|x"), row(2, 2, "cut_short")]);
    }
    // The line is whole, its quotation mark is not.
    assert_eq!(rows(b"a,b\n\"c,d\n", 2, 2), [row(1, 1, "a|b"), row(2, 2, "open_quote")]);
}

#[test]
fn a_stray_mark_costs_one_row_and_not_those_after_it() {
    let found = rows(b"a,\"b\nc,d\ne,f\ng,\"h\"\ni,j\n", 2, 2);
    assert_eq!(
        found,
        [row(1, 1, "open_quote"), row(2, 2, "c|d"), row(3, 3, "e|f"), row(4, 4, "g|h"), row(5, 5, "i|j")]
    );
}

#[test]
fn a_stray_mark_that_meets_one_rows_later_does_not_swallow_those_between() {
    // Each time the fields would be right in number.
    let found = rows(b"1,\"Oak,x\n2,\"Elm, Upper\",y\n3,Ash,z\n", 3, 3);
    assert_eq!(found, [row(1, 1, "open_quote"), row(2, 2, "2|Elm, Upper|y"), row(3, 3, "3|Ash|z")]);
    let found = rows(b"1,\"Oak,x\n2,Elm,y\n3,\"Ash\",z\n", 3, 3);
    assert_eq!(found, [row(1, 1, "open_quote"), row(2, 2, "2|Elm|y"), row(3, 3, "3|Ash|z")]);
}

#[test]
fn rows_too_short_or_too_long_are_named() {
    assert_eq!(rows(b"a\nb,c\nd,e,f\n", 2, 2), [row(1, 1, "short_row"), row(2, 2, "b|c"), row(3, 3, "long_row")]);
    let wide = [",".repeat(COLUMN_LIMIT).as_bytes(), b"\na,b\n"].concat();
    assert_eq!(rows(&wide, 2, 2), [row(1, 1, "long_row"), row(2, 2, "a|b")]);
}

#[test]
fn where_rows_may_be_short_the_last_may_be_as_short_as_the_others() {
    assert_eq!(rows(b"a,b,c\nd,e,f", 4, 2), [row(1, 1, "a|b|c"), row(2, 2, "d|e|f")]);
    assert_eq!(rows(b"a,b,c\nd,e", 4, 2), [row(1, 1, "a|b|c"), row(2, 2, "cut_short")]);
    assert_eq!(rows(b"a,b,c\nd,e\n", 4, 2), [row(1, 1, "a|b|c"), row(2, 2, "d|e")]);
    assert_eq!(rows(b"a,b,c\nd\n", 4, 2), [row(1, 1, "a|b|c"), row(2, 2, "short_row")]);
}

#[test]
fn a_huge_line_or_a_mark_open_for_megabytes_is_one_rejected_row() {
    let huge = [b"a,b\n".to_vec(), vec![b'x'; 5 << 20], b"\nc,d\n".to_vec()].concat();
    assert_eq!(rows(&huge, 2, 2), [row(1, 1, "a|b"), row(2, 2, "line_too_long"), row(3, 3, "c|d")]);
    let open = [b"\"a,b\n".to_vec(), vec![b'x'; 5 << 20], b"\nc,d\n".to_vec()].concat();
    assert_eq!(rows(&open, 2, 2), [row(1, 1, "open_quote"), row(2, 2, "line_too_long"), row(3, 3, "c|d")]);
}

#[test]
fn marks_that_stay_open_on_every_line_do_not_make_reading_slow() {
    // Without a bound on its lines, each of these rows would be tried up to the end of the file.
    let line = "x\",\"\n";
    let found = rows(line.repeat(20_000).as_bytes(), 2, 2);
    assert_eq!(found.len(), 20_000);
}

#[test]
fn no_bytes_make_it_panic_or_lose_count_of_lines() {
    let pieces: [&[u8]; 8] = [b"a", b",", b"\"", b"\n", b"\r\n", b"\xE9", b"\xC3\xA9", b"\0"];
    let mut state = 1_u64;
    for _ in 0..2000 {
        let mut bytes = Vec::new();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.extend_from_slice(pieces[usize::try_from(state >> 61).unwrap()]);
        }
        let mut next = 1;
        for (line, last, _) in rows(&bytes, 3, 2) {
            assert!(line >= next && last >= line, "{bytes:?}");
            next = last + 1;
        }
        let physical = bytes.split(|byte| *byte == b'\n').count() as u64;
        assert!(next <= physical + 1, "{bytes:?}");
    }
}
