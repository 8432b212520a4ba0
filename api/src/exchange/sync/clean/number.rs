//! Counts and sums as typed.

/// What a text says as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Nothing.
    None,
    /// This many.
    Is(i64),
    /// It is no number.
    Wrong,
}

/// The largest number that a source can mean.
const MOST: i64 = 1_000_000_000_000;

/// The digits of a number, without commas between groups of three.
fn grouped(text: &str) -> Option<String> {
    let Some((first, rest)) = text.split_once(',') else { return Some(text.to_owned()) };
    let head = (1..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit());
    let (groups, decimals) = rest.split_once('.').map_or((rest, None), |(groups, rest)| (groups, Some(rest)));
    let tail = groups.split(',').all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
    let joined = format!("{first}{}", groups.replace(',', ""));
    (head && tail).then(|| decimals.map_or(joined.clone(), |rest| format!("{joined}.{rest}")))
}

/// A number as its sign, its whole part and its decimals.
fn parts(text: &str) -> Option<(i64, i64, String)> {
    let (sign, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text),
    };
    let text = grouped(text)?;
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    let number = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    (number <= MOST).then(|| (sign, number, decimals.trim_end_matches('0').to_owned()))
}

/// How many: a whole number, such as `28`, `28 `, `28.0` or `1,250`. It can be below 0, which the caller judges.
#[must_use]
pub fn count(text: &str) -> Number {
    let text = text.trim();
    if text.is_empty() {
        return Number::None;
    }
    match parts(text) {
        Some((sign, number, decimals)) if decimals.is_empty() => Number::Is(sign * number),
        _ => Number::Wrong,
    }
}

/// A sum in pounds, such as `£1,250.00`, `1250` or `-50.5`, as pence. A sum in brackets is below 0. Parts of a penny
/// are no sum.
#[must_use]
pub fn pence(text: &str) -> Number {
    let text = text.trim();
    if text.is_empty() {
        return Number::None;
    }
    let inner = text.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    let (negative, text) = inner.map_or((false, text), |inner| (true, inner.trim()));
    let (negative, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (!negative, rest.trim_start()),
        None => (negative, text),
    };
    let text = text.strip_prefix('£').map_or(text, str::trim_start);
    let text = text.strip_suffix("GBP").map_or(text, str::trim_end);
    let Some((sign, pounds, decimals)) = parts(text) else { return Number::Wrong };
    if decimals.len() > 2 {
        return Number::Wrong;
    }
    let Ok(pennies) = format!("{decimals:0<2}").parse::<i64>() else { return Number::Wrong };
    Number::Is(if negative { -sign } else { sign } * (pounds * 100 + pennies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_whole_number_however_it_is_typed() {
        for (text, number) in [("28", 28), ("28 ", 28), ("28.0", 28), ("1,250", 1250), ("0", 0), ("-3", -3), ("007", 7)]
        {
            assert_eq!(count(text), Number::Is(number), "{text:?}");
        }
        assert_eq!(count(" \u{a0}"), Number::None);
        for text in ["28.5", "about 28", "1,25", "12,50", "2 8", "1e3", "--3", ".", "+3", "9999999999999", "٣"] {
            assert_eq!(count(text), Number::Wrong, "{text:?}");
        }
    }

    #[test]
    fn a_sum_is_pence() {
        for (text, number) in [
            ("£1,250.00", 125_000),
            ("£1,250", 125_000),
            ("1250", 125_000),
            ("1250.5", 125_050),
            ("1250.0000", 125_000),
            ("-£50.00", -5_000),
            ("£-50.00", -5_000),
            ("(50)", -5_000),
            ("(£1,050.25)", -105_025),
            ("£ 12.10", 1_210),
            (".5", 50),
        ] {
            assert_eq!(pence(text), Number::Is(number), "{text:?}");
        }
        assert_eq!(pence(""), Number::None);
        for text in ["POA", "£", "12.345", "1.250,00", "£12p", "()"] {
            assert_eq!(pence(text), Number::Wrong, "{text:?}");
        }
    }
}
