//! A picture of bars, each of parts that lie side by side, with the figures in words below it.

use askama::Template;

use super::picture::{SvgPicture, wrapped};

/// How wide the picture is, and how wide the scale in it.
const WIDTH: i32 = 640;
const SCALE: i32 = 560;
/// How many letters of a name, and of the words below a bar, fit on a line.
const LETTERS: usize = 66;
/// More bars than this are no picture: the table has them all.
pub const MOST: usize = 60;

/// What a part of a bar stands for.
#[derive(Clone, Copy, Debug)]
pub struct BarPart {
    /// What it is called.
    pub name: &'static str,
    /// Its colour. Parts that lie side by side also have white between them, since not everybody tells colours apart.
    pub fill: &'static str,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureBar {
    /// What it is about.
    pub name: String,
    /// How much each part has, in the order of [`Bars::parts`].
    pub parts: Vec<f64>,
    /// How much the parts could have together; the scale is as long as that.
    pub whole: f64,
    /// The figures in words.
    pub words: String,
}

/// A picture of bars.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What the picture shows.
    pub title: String,
    /// What the parts stand for.
    pub parts: &'static [BarPart],
    /// The bars in their order.
    pub bars: Vec<PictureBar>,
}

#[derive(Template)]
#[template(path = "bars.svg")]
struct Picture {
    title: String,
    heading: Vec<(i32, String)>,
    legend: Vec<(i32, i32, BarPart)>,
    bars: Vec<Drawn>,
    width: i32,
    scale: i32,
    height: i32,
    /// How many bars there are beyond the ones that are drawn.
    left_out: usize,
}

/// A bar in its place.
struct Drawn {
    name: String,
    lines: Vec<(i32, String)>,
    top: i32,
    /// From where, how long and in which colour.
    parts: Vec<(i32, i32, &'static str)>,
    words: String,
    below: Vec<(i32, String)>,
}

impl Bars {
    /// Draws the picture.
    ///
    /// # Errors
    /// Only a fault of the template.
    pub fn draw(self) -> Result<SvgPicture, askama::Error> {
        let lines = |text: &str, from: i32| -> Vec<(i32, String)> {
            wrapped(text, LETTERS).into_iter().zip(0..).map(|(line, at)| (from + 18 * at, line)).collect()
        };
        let heading = lines(&self.title, 18);
        let mut top = heading.last().map_or(18, |(foot, _)| *foot) + 14;
        let mut legend = Vec::with_capacity(self.parts.len());
        let mut left = 0;
        for part in self.parts {
            let wide = 46 + 8 * i32::try_from(part.name.chars().count()).unwrap_or(20);
            if left > 0 && left + wide > WIDTH {
                (left, top) = (0, top + 24);
            }
            legend.push((left, top, *part));
            left += wide;
        }
        top += 46;
        let left_out = self.bars.len().saturating_sub(MOST);
        let mut bars = Vec::with_capacity(self.bars.len());
        for bar in self.bars.into_iter().take(MOST) {
            let name = lines(&bar.name, top);
            let bar_top = name.last().map_or(top, |(foot, _)| *foot) + 8;
            let below = lines(&bar.words, bar_top + 37);
            top = below.last().map_or(bar_top + 37, |(foot, _)| *foot) + 30;
            let parts = places(&bar).into_iter().zip(self.parts).filter(|((_, length), _)| *length > 0);
            let parts = parts.map(|((from, length), part)| (from, length, part.fill)).collect();
            bars.push(Drawn { name: bar.name, lines: name, top: bar_top, parts, words: bar.words, below });
        }
        if left_out > 0 {
            top += 18;
        }
        let picture = Picture {
            title: self.title,
            heading,
            legend,
            bars,
            width: WIDTH,
            scale: SCALE,
            height: top - 14,
            left_out,
        };
        picture.render().map(SvgPicture)
    }
}

/// Where each part begins on the scale, and how long it is: rounded at its ends, so that no gap opens between parts.
fn places(bar: &PictureBar) -> Vec<(i32, i32)> {
    let place = |amount: f64| {
        let share = if bar.whole > 0.0 { (amount / bar.whole).clamp(0.0, 1.0) } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
        let place = (share * f64::from(SCALE)).round() as i32;
        place
    };
    let mut until = 0.0;
    let ends = bar.parts.iter().map(|part| {
        let from = place(until);
        until += part;
        (from, place(until) - from)
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: &[BarPart] = &[BarPart { name: "red", fill: "#b3261e" }, BarPart { name: "other", fill: "#53606f" }];

    fn bar(parts: &[f64], whole: f64) -> PictureBar {
        PictureBar { name: "North & <West>".to_owned(), parts: parts.to_vec(), whole, words: "2 of 3".to_owned() }
    }

    #[test]
    fn parts_lie_side_by_side_without_a_gap_and_within_the_scale() {
        assert_eq!(places(&bar(&[1.0, 1.0, 1.0], 3.0)), [(0, 187), (187, 186), (373, 187)]);
        assert_eq!(places(&bar(&[2.0, 9.0], 3.0)), [(0, 373), (373, 187)]);
        assert_eq!(places(&bar(&[1.0], 0.0)), [(0, 0)]);
    }

    #[test]
    fn what_a_name_holds_is_no_markup() {
        let bars = Bars { title: "Ratings".to_owned(), parts: PARTS, bars: vec![bar(&[2.0, 1.0], 3.0)] };
        let picture = bars.draw().unwrap().0;
        assert!(picture.contains("North &#38; &#60;West&#62;") && picture.contains("2 of 3"), "{picture}");
    }
}
