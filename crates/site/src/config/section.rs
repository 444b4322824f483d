//! How a section of `courant.toml` is described: its settings, their explanations and ranges.
//!
//! [`config_section!`] makes the struct, its defaults and the description from one declaration, so
//! that the file that `courant new` writes can't differ from what the program reads.

use std::{
    fmt::{self, Write},
    ops::{RangeFrom, RangeInclusive},
};

/// Columns of a comment line in the written file.
const MAX_COLUMNS: usize = 100;

/// A section of `courant.toml`: `[fetch]`, `[judge.weights]`.
pub(crate) struct Section {
    /// The name without its brackets; keys of nested tables are joined by dots.
    pub(crate) name: &'static str,
    /// What the section is about, one line each.
    pub(crate) about: &'static [&'static str],
    pub(crate) settings: Vec<Setting>,
}

/// A key of a section.
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    /// What it does, one line each.
    pub(crate) doc: &'static [&'static str],
    /// The range of an integer.
    pub(crate) range: Option<Range>,
    /// TOML to show commented out, for a key that has no default.
    pub(crate) example: Option<&'static str>,
}

/// A setting with a value that is not allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) key: &'static str,
    /// What the value must be; it follows the key in messages.
    pub(crate) message: String,
}

impl Invalid {
    pub(crate) fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self { key, message: message.into() }
    }
}

/// The integers that a setting may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    min: i64,
    /// `None`: no upper bound.
    max: Option<i64>,
}

impl Range {
    pub(crate) fn contains(self, value: i64) -> bool {
        value >= self.min && self.max.is_none_or(|max| value <= max)
    }
}

impl From<RangeInclusive<i64>> for Range {
    fn from(range: RangeInclusive<i64>) -> Self {
        Self { min: *range.start(), max: Some(*range.end()) }
    }
}

impl From<RangeFrom<i64>> for Range {
    fn from(range: RangeFrom<i64>) -> Self {
        Self { min: range.start, max: None }
    }
}

/// As in "must be an integer …": `from 1 to 600`, `of at least 1`.
impl fmt::Display for Range {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(to, "from {} to {max}", self.min),
            None => write!(to, "of at least {}", self.min),
        }
    }
}

impl Section {
    /// Writes the section with the values that `values` has for its keys, each below its
    /// explanation.
    pub(super) fn write(&self, values: &toml::Table, to: &mut String) {
        let _ = writeln!(to, "\n{}[{}]", comment(self.about), self.name);
        for setting in &self.settings {
            let value = values.get(setting.key);
            // A nested table is a section of its own.
            if value.is_some_and(toml::Value::is_table) {
                continue;
            }
            to.push_str(&setting.explanation());
            match (value, setting.example) {
                (Some(value), _) => {
                    let _ = writeln!(to, "{} = {value}", setting.key);
                }
                (None, example) => to.push_str(&comment(example.unwrap_or_default().lines())),
            }
        }
    }
}

impl Setting {
    fn explanation(&self) -> String {
        let mut text = comment(self.doc);
        if let Some(range) = self.range {
            let allowed = match range.max {
                Some(max) => format!("{} to {max}.", range.min),
                None => format!("At least {}.", range.min),
            };
            let last = text.lines().next_back().unwrap_or_default().chars().count();
            if last + 1 + allowed.len() <= MAX_COLUMNS {
                text.truncate(text.trim_end().len());
                let _ = writeln!(text, " {allowed}");
            } else {
                text.push_str(&comment([allowed]));
            }
        }
        text
    }
}

/// The lines as TOML comments.
pub(super) fn comment<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> String {
    lines.into_iter().map(|line| format!("# {}\n", line.as_ref().trim())).collect()
}

/// Declares a section of `courant.toml`.
///
/// The first form makes a struct: each field is a key, has its explanation as its docstring and its
/// default behind `=`. `#[range(1..=600)]` bounds an integer, `#[example("…")]` is TOML that is
/// written commented out if there is no default. The second form describes a struct of
/// another crate.
macro_rules! config_section {
    (
        $(#[doc = $about:literal])+
        [$section:literal]
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $(#[range($range:expr)])?
                $(#[example($example:literal)])?
                $(#[serde($($serde:tt)*)])?
                pub $key:ident: $type:ty = $default:expr,
            )+
        }
    ) => {
        #[doc = concat!("`[", $section, "]` of `courant.toml`.\n")]
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        $(#[$attribute])*
        pub struct $name {
            $(
                $(#[doc = $doc])+
                $(#[doc = concat!("\nRange: `", stringify!($range), "`.")])?
                #[doc = concat!("\nDefault: `", stringify!($default), "`.")]
                $(#[serde($($serde)*)])?
                pub $key: $type,
            )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl $name {
            /// The section as owners see it.
            pub(crate) fn section() -> $crate::config::section::Section {
                $crate::config::section::Section {
                    name: $section,
                    about: &[$($about),+],
                    settings: vec![$(
                        $crate::config::section::config_section!(
                            @setting $key, [$($doc),+], [$($range)?], [$($example)?]
                        ),
                    )+],
                }
            }
        }
    };
    (
        $(#[doc = $about:literal])+
        [$section:literal] describes $name:ty {
            $(
                $(#[doc = $doc:literal])+
                $(#[range($range:expr)])?
                $key:ident,
            )+
        }
    ) => {
        $(#[doc = $about])+
        pub(crate) fn section() -> $crate::config::section::Section {
            // Each key is a field.
            let _ = |described: &$name| { $(let _ = &described.$key;)+ };
            $crate::config::section::Section {
                name: $section,
                about: &[$($about),+],
                settings: vec![$(
                    $crate::config::section::config_section!(
                        @setting $key, [$($doc),+], [$($range)?], []
                    ),
                )+],
            }
        }
    };
    (@setting $key:ident, [$($doc:literal),+], [$($range:expr)?], [$($example:literal)?]) => {
        $crate::config::section::Setting {
            key: stringify!($key),
            doc: &[$($doc),+],
            range: $crate::config::section::config_section!(@option $($range.into())?),
            example: $crate::config::section::config_section!(@option $($example)?),
        }
    };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
}

pub(crate) use config_section;
