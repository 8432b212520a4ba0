//! The words that names are made of.

use crate::random::Random;

const BEGINNINGS: [&str; 32] = [
    "Ash", "Bar", "Brad", "Bram", "Calder", "Chad", "Clay", "Cran", "Dun", "East", "Elm", "Fair", "Glen", "Had", "Har",
    "Hazel", "Ken", "Lang", "Lin", "Mar", "Mel", "Nether", "North", "Oak", "Pem", "Rad", "Red", "Stan", "Thorn", "Wal",
    "West", "Wood",
];

const ENDINGS: [&str; 16] = [
    "borough", "bridge", "bury", "combe", "dale", "field", "ford", "ham", "hurst", "ley", "mere", "ton", "well",
    "wick", "worth", "wold",
];

pub const SAINTS: [&str; 16] = [
    "St Mary's",
    "St John's",
    "St Peter's",
    "St Joseph's",
    "St Paul's",
    "Holy Trinity",
    "All Saints",
    "St Michael's",
    "St Thomas'",
    "St James'",
    "Christ Church",
    "St Anne's",
    "Sacred Heart",
    "St Andrew's",
    "St George's",
    "Our Lady of Lourdes",
];

pub const CHURCHES: [&str; 4] = ["Church of England", "CofE", "Catholic", "RC"];

pub const TITLES: [&str; 5] = ["Mr", "Mrs", "Ms", "Miss", "Dr"];

pub const FIRST_NAMES: [&str; 16] = [
    "Ada", "Alan", "Beth", "Carol", "David", "Emma", "Farah", "George", "Hannah", "Imran", "Jane", "Karen", "Liam",
    "Maria", "Neil", "Priya",
];

pub const LAST_NAMES: [&str; 16] = [
    "Ahmed", "Barker", "Clarke", "Davies", "Evans", "Fletcher", "Green", "Hughes", "Iqbal", "Jones", "Khan", "Lewis",
    "Marlow", "Owen", "Patel", "Smith",
];

pub const ROADS: [&str; 8] = ["Road", "Street", "Lane", "Avenue", "Close", "Drive", "Way", "Hill"];

pub const COUNTIES: [&str; 8] =
    ["Derbyshire", "Essex", "Kent", "Lancashire", "Leicestershire", "Norfolk", "Somerset", "West Yorkshire"];

pub const POSTAL_AREAS: [&str; 16] =
    ["B", "BD", "BS", "CM", "DE", "EX", "LE", "LS", "M", "ME", "N", "NE", "NR", "S", "SE", "TA"];

/// The letters that end a postcode.
pub const POSTAL_LETTERS: [char; 20] =
    ['A', 'B', 'D', 'E', 'F', 'G', 'H', 'J', 'L', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'W', 'X', 'Y', 'Z'];

/// The name of a place that is on no map.
pub fn town(random: &mut Random) -> String {
    format!("{}{}", random.pick(&BEGINNINGS), random.pick(&ENDINGS))
}
