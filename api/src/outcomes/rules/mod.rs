//! Decisions about definitions, figures and forms. Pure.

pub mod family;

use std::collections::HashSet;

use entity::outcomes::collection::{self, CollectionStatus, FormLine};
use entity::outcomes::measure_definition::{self, DefinitionStatus, DimensionName, MeasureBasis, MeasureDimension};
use entity::outcomes::measure_value;

use crate::kernel::base::nearest::nearest;
use crate::kernel::base::problem::{Fault, Problem, Result};

/// Finds breakdowns that do not fit: one that stands twice, a code that stands twice, and any breakdown of yes or no.
#[must_use]
pub fn dimensions(basis: MeasureBasis, dimensions: &[MeasureDimension]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !basis.adds_up() && dimensions.iter().any(|one| one.exclusive) {
        let message = "yes and no do not add up: set `exclusive` to false, or choose another basis";
        faults.push(Fault::new("/dimensions", "order", message));
    }
    let mut names = HashSet::new();
    for (at, dimension) in dimensions.iter().enumerate() {
        if !names.insert(dimension.name) {
            let message = format!("`{}` stands above: list each dimension once", dimension.name);
            faults.push(Fault::new(format!("/dimensions/{at}/name"), "duplicate", message));
        }
        let mut codes = HashSet::new();
        for (place, code) in dimension.codes.iter().enumerate() {
            if !codes.insert(code) {
                let message = format!("`{code}` stands above: list each code once");
                faults.push(Fault::new(format!("/dimensions/{at}/codes/{place}"), "duplicate", message));
            }
        }
    }
    faults
}

/// Decides whether a definition may be changed.
///
/// # Errors
/// 409 for one that is frozen; 422 for another code in a later edition.
pub fn editable(before: Option<&measure_definition::Model>, after: &measure_definition::Model) -> Result<()> {
    if after.status != DefinitionStatus::Draft {
        return Err(Problem::conflict(format!(
            "cannot change a definition that is {}, which is frozen for good: make the next edition by POST \
             /measure-definitions/{{id}}/next-edition and change that draft",
            after.status
        )));
    }
    if after.edition > 1 && before.is_some_and(|before| before.code != after.code) {
        let message = "all editions of a definition have one code: leave it, or make a definition of its own";
        return Err(Problem::invalid("/code", "fixed", message));
    }
    Ok(())
}

/// Decides whether a definition in this state may be archived.
///
/// # Errors
/// 409, which says what to do instead.
pub fn archivable(status: DefinitionStatus) -> Result<()> {
    match status {
        DefinitionStatus::Draft => Ok(()),
        DefinitionStatus::Published => Err(Problem::conflict(
            "cannot archive a published definition: retire it by POST /measure-definitions/{id}/retire",
        )),
        DefinitionStatus::Retired => {
            Err(Problem::conflict("cannot archive a retired definition: figures refer to it, and it stays"))
        }
    }
}

/// The edition of a definition by which a figure is counted: the one that is named, or the published one.
///
/// # Errors
/// The fault of a code without a published definition, with the nearest one, and of an edition of another code.
pub fn edition_of<'a>(
    code: &str,
    id: Option<uuid::Uuid>,
    known: &'a [measure_definition::Model],
) -> Result<&'a measure_definition::Model, Fault> {
    let in_use = |one: &&measure_definition::Model| one.status != DefinitionStatus::Draft;
    let of_code = || known.iter().filter(|one| one.code == code).filter(in_use);
    if let Some(id) = id {
        return of_code().find(|one| one.id == id).ok_or_else(|| {
            let message = format!("there is no published or retired edition {id} of `{code}`: leave it out");
            Fault::new("/definition_id", "unknown_reference", message)
        });
    }
    let published = of_code().find(|one| one.status == DefinitionStatus::Published);
    published.ok_or_else(|| {
        let codes = known.iter().filter(|one| one.status == DefinitionStatus::Published);
        let fix = match nearest(code, codes.map(|one| one.code.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see GET /measure-definitions?status=published, or publish a definition with this code".to_owned(),
        };
        Fault::new("/definition_code", "unknown_reference", format!("no measure `{code}` is in use: {fix}"))
    })
}

/// What a figure counts: what its measure says. A total that a music service's activities add up to can be
/// participations under a measure of heads, and stays so for as long as the figure is the same.
#[must_use]
pub fn basis(
    definition: MeasureBasis,
    before: Option<&measure_value::Model>,
    after: &measure_value::Model,
) -> MeasureBasis {
    let figure = |row: &measure_value::Model| (row.row_key.clone(), row.value);
    match before {
        Some(before) if definition == MeasureBasis::Headcount && figure(before) == figure(after) => before.basis,
        _ => definition,
    }
}

/// The faults of codes that a definition does not have, each at its dimension.
#[must_use]
pub fn codes(definition: &measure_definition::Model, codes: &[(DimensionName, &str)]) -> Vec<Fault> {
    let fault = |(name, code): &(DimensionName, &str)| {
        let pointer = format!("/{name}");
        let Some(dimension) = definition.dimensions.iter().find(|one| one.name == *name) else {
            let message = format!("`{}` is not broken down by {name}: leave it out", definition.code);
            return Some(Fault::new(pointer, "unknown_dimension", message));
        };
        if dimension.codes.iter().any(|known| known == code) {
            return None;
        }
        let near = nearest(code, dimension.codes.iter().map(String::as_str));
        let fix = near
            .map_or_else(|| format!("one of {}", dimension.codes.join(", ")), |near| format!("did you mean `{near}`?"));
        Some(Fault::new(pointer, "unknown_code", format!("`{}` has no such code: {fix}", definition.code)))
    };
    codes.iter().filter_map(fault).collect()
}

/// The fault of a figure that its basis does not allow.
#[must_use]
pub fn figure(basis: MeasureBasis, value: Option<i64>) -> Option<Fault> {
    let beyond = basis == MeasureBasis::YesNo && value.is_some_and(|value| value > 1);
    beyond.then(|| Fault::new("/value", "out_of_range", "1 for yes, 0 for no"))
}

/// The dimensions of a line of a form, in one order.
#[must_use]
pub fn codes_of(line: &FormLine) -> Vec<(DimensionName, &str)> {
    let code = |name: DimensionName| match name {
        DimensionName::KeyStage => &line.key_stage,
        DimensionName::YearGroup => &line.year_group,
        DimensionName::Sex => &line.sex,
        DimensionName::Send => &line.send,
        DimensionName::PupilPremium => &line.pupil_premium,
        DimensionName::Terms => &line.terms,
        DimensionName::Instrument => &line.instrument,
    };
    DimensionName::ALL.iter().filter_map(|name| Some((*name, code(*name).as_deref()?))).collect()
}

/// Dimensions and the provider in one text, the same for the same figure: `key_stage=ks2;sex=girls`.
#[must_use]
pub fn cell(codes: &[(DimensionName, &str)], provider_id: Option<uuid::Uuid>) -> String {
    let codes = codes.iter().map(|(name, code)| format!("{name}={code}"));
    codes.chain(provider_id.map(|id| format!("{PROVIDER}={id}"))).collect::<Vec<_>>().join(";")
}

/// The names of the dimensions in one text: `key_stage;sex`.
#[must_use]
pub fn breakdown(codes: &[(DimensionName, &str)], provider_id: Option<uuid::Uuid>) -> String {
    let names = codes.iter().map(|(name, _)| name.as_str());
    names.chain(provider_id.map(|_| PROVIDER)).collect::<Vec<_>>().join(";")
}

/// How the provider is named among the dimensions.
pub const PROVIDER: &str = "provider";

/// The text that no two figures of a hub share.
#[must_use]
pub fn row_key(school_id: uuid::Uuid, academic_year: &str, code: &str, cell: &str) -> String {
    format!("{}|{academic_year}|{code}|{cell}", school_id.simple())
}

/// Finds lines of a form that do not fit: a number or a figure that stands twice.
#[must_use]
pub fn lines(lines: &[FormLine]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (mut numbers, mut figures) = (HashSet::new(), HashSet::new());
    for (at, line) in lines.iter().enumerate() {
        if !numbers.insert(line.number.as_str()) {
            let message = format!("another line has the number {}: give each line its own", line.number);
            faults.push(Fault::new(format!("/lines/{at}/number"), "duplicate", message));
        }
        if !figures.insert((line.definition_code.as_str(), cell(&codes_of(line), None))) {
            let message = "another line asks for the same figure: ask for each figure once";
            faults.push(Fault::new(format!("/lines/{at}/definition_code"), "duplicate", message));
        }
    }
    faults
}

/// Decides whether a collection in this state may be changed: its form only as a draft, its day until it is closed.
///
/// # Errors
/// 409, which says what to do instead.
pub fn collection_editable(before: &collection::Model, after: &collection::Model) -> Result<()> {
    match after.status {
        CollectionStatus::Draft => Ok(()),
        CollectionStatus::Open if before.lines == after.lines && before.academic_year == after.academic_year => Ok(()),
        CollectionStatus::Open => Err(Problem::conflict(
            "cannot change the form or the year of an open collection, since schools answer it: change its title, its \
             guidance or its due day, or copy it by POST /collections/{id}/copy",
        )),
        CollectionStatus::Closed => Err(Problem::conflict(
            "cannot change a closed collection: open it again by POST /collections/{id}/open, or copy it by POST \
             /collections/{id}/copy",
        )),
    }
}

#[cfg(test)]
mod tests {
    use entity::outcomes::measure_definition::DimensionName::{KeyStage, Sex};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_same_figure_has_the_same_text() {
        assert_eq!(cell(&[(KeyStage, "ks2"), (Sex, "girls")], None), "key_stage=ks2;sex=girls");
        assert_eq!(breakdown(&[(KeyStage, "ks2"), (Sex, "girls")], None), "key_stage;sex");
        assert_eq!(cell(&[], None), "");
        let provider = Uuid::from_u128(1);
        assert_eq!(breakdown(&[], Some(provider)), "provider");
        assert_eq!(cell(&[], Some(provider)), "provider=00000000-0000-0000-0000-000000000001");
    }

    #[test]
    fn a_breakdown_and_its_codes_stand_once() {
        let one = |name, codes: &[&str]| MeasureDimension {
            name,
            exclusive: true,
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        };
        let found = dimensions(
            MeasureBasis::Headcount,
            &[one(KeyStage, &["ks1", "ks1"]), one(Sex, &["girls"]), one(KeyStage, &["ks2"])],
        );
        let places: Vec<_> = found.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/dimensions/0/codes/1", "/dimensions/2/name"]);
        assert_eq!(dimensions(MeasureBasis::YesNo, &[one(Sex, &["girls"])])[0].pointer, "/dimensions");
    }
}
