//! Fields with a fixed set of values.

/// Declares an enum that is the same text in the database, in JSON and in the
/// document, where each value stands with its meaning (the derive of utoipa
/// leaves out what is said about a value).
///
/// The examples of the document show the value of `#[example = "..."]`, or else the first one: utoipa
/// drops the example of a field whose type is an enum.
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $about:tt])+
        $(#[example = $example:tt])?
        $vis:vis enum $name:ident { $( $(#[doc = $meaning:tt])+ $value:ident = $text:tt, )+ }
    ) => {
        $(#[doc = $about])+
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash,
            sea_orm::EnumIter, sea_orm::DeriveActiveEnum, serde::Serialize, serde::Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        $vis enum $name {
            $(
                $(#[doc = $meaning])+
                #[sea_orm(string_value = $text)]
                #[serde(rename = $text)]
                $value,
            )+
        }

        impl $name {
            /// Every value, in the order of the document.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The value as the database and JSON write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::cell::Cell for $name {
            fn write(&self, out: &mut Vec<u8>) -> Result<(), sea_orm::DbErr> {
                $crate::cell::json(self.as_str(), out)
            }

            fn copy(row: &sea_orm::QueryResult, at: usize, out: &mut Vec<u8>) -> Result<(), sea_orm::DbErr> {
                $crate::cell::copy_text(row, at, out)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let about = concat!($($about, "\n"),+);
                let values = [$(concat!("- `", $text, "`:", $($meaning),+)),+];
                utoipa::openapi::schema::Object::builder()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(format!("{}\n\n{}", about.trim(), values.join("\n"))))
                    .enum_values(Some([$($text),+].as_slice().iter().copied()))
                    $(.examples([$example]))?
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    choice! {
        /// What is played.
        #[example = "french_horn"]
        enum Instrument {
            /// With a bow.
            Violin = "violin",
            /// With valves.
            FrenchHorn = "french_horn",
        }
    }

    #[test]
    fn the_document_tells_each_value_with_its_meaning() {
        let schema = serde_json::to_value(Instrument::schema()).unwrap();
        let about = "What is played.\n\n- `violin`: With a bow.\n- `french_horn`: With valves.";
        assert_eq!(schema["description"], about);
        assert_eq!(schema["enum"], serde_json::json!(["violin", "french_horn"]));
        assert_eq!(schema["examples"], serde_json::json!(["french_horn"]));
        assert_eq!(Instrument::FrenchHorn.to_string(), "french_horn");
        assert_eq!(Instrument::ALL, [Instrument::Violin, Instrument::FrenchHorn]);
    }
}
