//! The figures of a school for one measure in one year: a total with its breakdowns. Whether they agree, and which of
//! them are suppressed. Pure.

use std::collections::{BTreeMap, BTreeSet};

use entity::outcomes::measure_definition::{self, DimensionName, Dimensions, MeasureDimension};
use entity::outcomes::measure_value::Model;
use uuid::Uuid;

use crate::kernel::operations::suppression::{CountTable, SMALL};

/// How often tables that share cells are gone through at most.
const ROUNDS: usize = 8;

/// The place of a figure in its family: its provider, and its dimensions with their codes.
type Place = (Option<Uuid>, Vec<(&'static str, String)>);

/// The figures of a family by their places.
struct Family<'a> {
    figures: BTreeMap<Place, &'a Model>,
}

impl<'a> Family<'a> {
    fn of(rows: &[&'a Model]) -> Self {
        let figures = rows.iter().map(|row| {
            let codes = row.codes().into_iter().map(|(name, code)| (name.as_str(), code.to_owned()));
            ((row.provider_id, codes.collect()), *row)
        });
        Self { figures: figures.collect() }
    }

    /// The figure of a provider for some codes and one more.
    fn at(
        &self,
        provider: Option<Uuid>,
        codes: &[(&'static str, String)],
        more: &[(DimensionName, &str)],
    ) -> Option<&'a Model> {
        let mut key = codes.to_vec();
        key.extend(more.iter().map(|(name, code)| (name.as_str(), (*code).to_owned())));
        key.sort_by_key(|(name, _)| DimensionName::ALL.iter().position(|known| known.as_str() == *name));
        self.figures.get(&(provider, key)).copied()
    }
}

/// Says which breakdown contradicts its total; none where all agree. Parts contradict a total when they add up to more,
/// or when every part is known and they add up to another number.
#[must_use]
pub fn contradiction(code: &str, dimensions: &Dimensions, rows: &[&Model]) -> Option<String> {
    let family = Family::of(rows);
    for ((provider, codes), whole) in &family.figures {
        let Some(total) = whole.value else { continue };
        let open = |dimension: &&MeasureDimension| {
            dimension.exclusive && !codes.iter().any(|(name, _)| *name == dimension.name.as_str())
        };
        for dimension in dimensions.iter().filter(open) {
            let codes_of = dimension.codes.iter();
            let parts: Vec<(&String, &Model)> = codes_of
                .filter_map(|part| Some((part, family.at(*provider, codes, &[(dimension.name, part.as_str())])?)))
                .collect();
            if !parts.iter().any(|(_, row)| row.value.is_some()) {
                continue;
            }
            let sum: i64 = parts.iter().filter_map(|(_, row)| row.value).sum();
            let counted = |row: &Model| {
                row.value.is_some() || row.missing_reason == Some(entity::missing::MissingReason::NotApplicable)
            };
            let complete = parts.len() == dimension.codes.len() && parts.iter().all(|(_, row)| counted(row));
            if sum > total || complete && sum != total {
                let named = parts.iter().filter_map(|(part, row)| Some(format!("{part} {}", row.value?)));
                let named = named.collect::<Vec<_>>().join(", ");
                let of = if whole.cell.is_empty() { "the total".to_owned() } else { whole.cell.clone() };
                return Some(format!(
                    "`{code}` by {} adds up to {sum} ({named}), and {of} is {total}: correct one of the two, or send \
                     both in one batch",
                    dimension.name
                ));
            }
        }
    }
    None
}

/// The cells that are suppressed: small counts of pupils, and figures by which one could be worked out.
#[must_use]
pub fn suppressed(dimensions: &Dimensions, rows: &[&Model]) -> BTreeSet<Uuid> {
    let small = |row: &&&Model| row.basis.counts_pupils() && row.value.is_some_and(|value| SMALL.contains(&value));
    let mut withheld: BTreeSet<Uuid> = rows.iter().filter(small).map(|row| row.id).collect();
    if !rows.iter().any(|row| row.basis.counts_pupils()) {
        return withheld;
    }
    let family = Family::of(rows);
    let tables = tables(&family, dimensions);
    // What each table withholds by itself, and the other tables have to protect as well.
    let mut own: Vec<BTreeSet<Uuid>> = vec![BTreeSet::new(); tables.len()];
    for _ in 0..ROUNDS {
        let before = own.clone();
        for (at, table) in tables.iter().enumerate() {
            let others = own.iter().enumerate().filter(|(other, _)| *other != at);
            let elsewhere: BTreeSet<Uuid> = others.flat_map(|(_, cells)| cells.iter().copied()).collect();
            own[at] = &(&table.withheld(&elsewhere) - &elsewhere) - &withheld;
        }
        if own == before {
            break;
        }
    }
    withheld.extend(own.into_iter().flatten());
    if !withheld.is_empty() {
        // Finer cells than the tables go into would need tables of more than two directions.
        withheld.extend(rows.iter().filter(|row| row.codes().len() > 2 && row.value.is_some()).map(|row| row.id));
    }
    withheld
}

/// A table of figures, line by line: a line with its parts below it.
struct Table<'a> {
    lines: Vec<(bool, Vec<Option<&'a Model>>)>,
}

impl Table<'_> {
    /// The cells that the table withholds, where some are withheld elsewhere.
    fn withheld(&self, elsewhere: &BTreeSet<Uuid>) -> BTreeSet<Uuid> {
        let width = self.lines.first().map_or(0, |(_, cells)| cells.len());
        let mut table = CountTable::with_total(width);
        for (at, (is_part, cells)) in self.lines.iter().enumerate() {
            table.add(is_part.then_some(0), cells.iter().map(|cell| cell.and_then(|row| row.value)));
            for (column, cell) in cells.iter().enumerate() {
                if cell.is_some_and(|row| elsewhere.contains(&row.id)) {
                    table.withhold(at, column);
                }
            }
        }
        let lines = self.lines.iter().zip(table.withheld());
        let hidden = lines.flat_map(|((_, cells), flags)| cells.iter().zip(flags).filter(|(_, flag)| *flag));
        hidden.filter_map(|(cell, _)| Some(cell.as_ref()?.id)).collect()
    }
}

/// The tables of a family: for each provider and for the school as a whole, each breakdown beside the total, and each
/// two breakdowns against each other; and the providers beside the whole school, for the total and for each part.
fn tables<'a>(family: &Family<'a>, dimensions: &Dimensions) -> Vec<Table<'a>> {
    let providers: BTreeSet<Option<Uuid>> = family.figures.keys().map(|(provider, _)| *provider).collect();
    let exclusive: Vec<_> = dimensions.iter().filter(|dimension| dimension.exclusive).collect();
    let mut tables = Vec::new();
    for provider in &providers {
        let line = |fixed: &[(DimensionName, &str)], along: &MeasureDimension| -> Vec<Option<&'a Model>> {
            let total = family.at(*provider, &[], fixed);
            let part = |code: &String| family.at(*provider, &[], &[fixed, &[(along.name, code.as_str())]].concat());
            std::iter::once(total).chain(along.codes.iter().map(part)).collect()
        };
        for (at, along) in exclusive.iter().enumerate() {
            tables.push(Table { lines: vec![(false, line(&[], along))] });
            for down in &exclusive[at + 1..] {
                let parts: Vec<_> =
                    down.codes.iter().map(|code| (true, line(&[(down.name, code.as_str())], along))).collect();
                let crossed = parts.iter().any(|(_, cells)| cells[1..].iter().any(Option::is_some));
                if crossed {
                    let whole = std::iter::once((false, line(&[], along)));
                    tables.push(Table { lines: whole.chain(parts).collect() });
                }
            }
        }
    }
    let cells: BTreeSet<_> = family.figures.keys().map(|(_, codes)| codes).collect();
    for codes in cells {
        let by_provider = providers.iter().flatten().map(|provider| family.at(Some(*provider), codes, &[]));
        let by_provider: Vec<_> = std::iter::once(family.at(None, codes, &[])).chain(by_provider).collect();
        if by_provider.iter().flatten().count() > 1 {
            tables.push(Table { lines: vec![(false, by_provider)] });
        }
    }
    tables
}

/// The edition by which a family is read: that of its total, or else of any part.
#[must_use]
pub fn edition<'a>(rows: &[&Model], known: &'a [measure_definition::Model]) -> Option<&'a measure_definition::Model> {
    let leading = rows.iter().find(|row| row.cell.is_empty()).or_else(|| rows.first())?;
    known.iter().find(|one| Some(one.id) == leading.definition_id)
}

/// The dimensions of all editions by which figures of a family were given. A part that the edition of the total does
/// not know protects, and is protected, all the same.
#[must_use]
pub fn dimensions(rows: &[&Model], known: &[measure_definition::Model]) -> Dimensions {
    let mut all: Vec<MeasureDimension> = Vec::new();
    let used = known.iter().filter(|one| rows.iter().any(|row| row.definition_id == Some(one.id)));
    for dimension in used.flat_map(|one| one.dimensions.iter()) {
        let Some(known) = all.iter_mut().find(|it| it.name == dimension.name) else {
            all.push(dimension.clone());
            continue;
        };
        known.exclusive |= dimension.exclusive;
        for code in &dimension.codes {
            if !known.codes.contains(code) {
                known.codes.push(code.clone());
            }
        }
    }
    all.into_iter().collect()
}

/// The keys of a family: the school, the year and the code.
pub type FamilyKey = (Uuid, String, String);

/// The family that a figure belongs to.
#[must_use]
pub fn key(row: &Model) -> FamilyKey {
    (row.school_id, row.academic_year.clone(), row.definition_code.clone())
}

/// Fills the columns that follow from others.
pub fn complete(row: &mut Model) {
    let (cell, breakdown) = {
        let codes = row.codes();
        (super::cell(&codes, row.provider_id), super::breakdown(&codes, row.provider_id))
    };
    row.row_key = super::row_key(row.school_id, &row.academic_year, &row.definition_code, &cell);
    (row.cell, row.breakdown) = (cell, breakdown);
}

#[cfg(test)]
mod tests {
    use entity::missing::MissingReason;
    use entity::outcomes::measure_definition::{DefinitionStatus, MeasureBasis};
    use entity::outcomes::measure_value::ValueSource;
    use entity::row::Meta;

    use super::*;

    fn figure(number: u128, key_stage: Option<&str>, sex: Option<&str>, value: Option<i64>) -> Model {
        let meta = Meta::unset();
        let mut row = Model {
            hub_id: meta.hub_id,
            id: Uuid::from_u128(number),
            version: 1,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: None,
            school_id: Uuid::nil(),
            academic_year: "2014/15".to_owned(),
            definition_code: "pupils".to_owned(),
            definition_id: None,
            key_stage: key_stage.map(str::to_owned),
            year_group: None,
            sex: sex.map(str::to_owned),
            send: None,
            pupil_premium: None,
            terms: None,
            instrument: None,
            provider_id: None,
            value,
            missing_reason: value.is_none().then_some(MissingReason::NotCollected),
            source: ValueSource::Reported,
            estimated: false,
            note: None,
            breakdown: String::new(),
            cell: String::new(),
            row_key: String::new(),
            basis: MeasureBasis::Headcount,
            suppressed: false,
        };
        complete(&mut row);
        row
    }

    fn by(names: &[(DimensionName, &[&str])]) -> Dimensions {
        let one = |(name, codes): &(DimensionName, &[&str])| MeasureDimension {
            name: *name,
            exclusive: true,
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        };
        names.iter().map(one).collect()
    }

    fn of_stages(edition: u8, codes: &[&str]) -> measure_definition::Model {
        let meta = Meta::unset();
        measure_definition::Model {
            hub_id: meta.hub_id,
            id: Uuid::from_u128(edition.into()),
            version: 1,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: None,
            code: "pupils".to_owned(),
            title: "Pupils".to_owned(),
            title_key: "pupils".to_owned(),
            meaning: "Pupils who sing".to_owned(),
            unit: "pupils".to_owned(),
            basis: MeasureBasis::Headcount,
            population: None,
            dimensions: by(&[(DimensionName::KeyStage, codes)]),
            status: DefinitionStatus::Published,
            edition: edition.into(),
            lineage_id: Uuid::nil(),
            previous_id: None,
            published_at: None,
            retired_at: None,
        }
    }

    fn numbers(found: &BTreeSet<Uuid>) -> Vec<u128> {
        found.iter().map(Uuid::as_u128).collect()
    }

    #[test]
    fn parts_that_add_up_to_more_than_their_total_contradict_it() {
        let stages = by(&[(DimensionName::KeyStage, &["ks1", "ks2"])]);
        let found = |total, ks1, ks2| {
            let rows = [
                figure(1, None, None, Some(total)),
                figure(2, Some("ks1"), None, ks1),
                figure(3, Some("ks2"), None, ks2),
            ];
            contradiction("pupils", &stages, &rows.each_ref())
        };
        assert_eq!(found(50, Some(20), Some(30)), None);
        assert_eq!(found(50, Some(20), None), None);
        assert_eq!(
            found(45, Some(20), Some(30)).unwrap(),
            "`pupils` by key_stage adds up to 50 (ks1 20, ks2 30), and the total is 45: correct one of the two, or \
             send both in one batch"
        );
        assert!(found(60, Some(20), Some(30)).is_some());
        assert!(found(10, Some(20), None).is_some());
    }

    #[test]
    fn a_small_part_takes_another_one_with_it() {
        let stages = by(&[(DimensionName::KeyStage, &["ks1", "ks2", "ks3"])]);
        let rows = [
            figure(1, None, None, Some(43)),
            figure(2, Some("ks1"), None, Some(3)),
            figure(3, Some("ks2"), None, Some(10)),
            figure(4, Some("ks3"), None, Some(30)),
        ];
        assert_eq!(numbers(&suppressed(&stages, &rows.each_ref())), [2, 3]);
        assert_eq!(numbers(&suppressed(&stages, &[&rows[0], &rows[3]])), []);
    }

    #[test]
    fn two_breakdowns_do_not_give_away_what_one_withholds() {
        let both = by(&[(DimensionName::KeyStage, &["ks1", "ks2"]), (DimensionName::Sex, &["girls", "boys"])]);
        let rows = [
            figure(1, None, None, Some(60)),
            figure(2, Some("ks1"), None, Some(20)),
            figure(3, Some("ks2"), None, Some(40)),
            figure(4, None, Some("girls"), Some(30)),
            figure(5, None, Some("boys"), Some(30)),
            figure(6, Some("ks1"), Some("girls"), Some(3)),
            figure(7, Some("ks1"), Some("boys"), Some(17)),
            figure(8, Some("ks2"), Some("girls"), Some(27)),
            figure(9, Some("ks2"), Some("boys"), Some(13)),
        ];
        assert_eq!(numbers(&suppressed(&both, &rows.each_ref())), [6, 7, 8, 9]);
    }

    #[test]
    fn a_provider_s_part_does_not_follow_from_the_other_provider_s() {
        let stages = by(&[(DimensionName::KeyStage, &["ks1", "ks2"])]);
        let of = |number, provider, key_stage, value| {
            let mut row = figure(number, key_stage, None, Some(value));
            row.provider_id = Some(Uuid::from_u128(provider));
            complete(&mut row);
            row
        };
        let rows = [
            figure(1, None, None, Some(60)),
            figure(2, Some("ks1"), None, Some(20)),
            figure(3, Some("ks2"), None, Some(40)),
            of(4, 100, None, 40),
            of(5, 100, Some("ks1"), 17),
            of(6, 100, Some("ks2"), 23),
            of(7, 200, None, 20),
            of(8, 200, Some("ks1"), 3),
            of(9, 200, Some("ks2"), 17),
        ];
        assert_eq!(numbers(&suppressed(&stages, &rows.each_ref())), [5, 6, 8, 9]);
    }

    #[test]
    fn a_part_of_a_newer_edition_protects_the_others() {
        let known = [of_stages(1, &["ks1", "ks2"]), of_stages(2, &["ks1", "ks2", "ks3"])];
        let of = |number, edition, key_stage, value| Model {
            definition_id: Some(Uuid::from_u128(edition)),
            ..figure(number, key_stage, None, Some(value))
        };
        let rows = [of(1, 1, None, 43), of(2, 2, Some("ks1"), 3), of(3, 2, Some("ks2"), 20), of(4, 2, Some("ks3"), 20)];
        let rows = rows.each_ref();
        assert_eq!(edition(&rows, &known).map(|it| it.id), Some(Uuid::from_u128(1)));
        assert_eq!(numbers(&suppressed(&dimensions(&rows, &known), &rows)), [2, 3]);
    }

    #[test]
    fn a_small_total_is_suppressed_with_its_parts() {
        let stages = by(&[(DimensionName::KeyStage, &["ks1", "ks2"])]);
        let rows = [
            figure(1, None, None, Some(4)),
            figure(2, Some("ks1"), None, Some(4)),
            figure(3, Some("ks2"), None, Some(0)),
        ];
        assert_eq!(numbers(&suppressed(&stages, &rows.each_ref())), [1, 2]);
    }
}
