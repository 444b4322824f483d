//! Enums whose variants have permanent names: in the store, in JSON, in configuration and on the
//! command line.

use std::fmt;

/// A text is not the name of any variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    what: &'static str,
    name: Box<str>,
}

impl UnknownName {
    /// The error for this text in the place of the name of a `what`.
    pub fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.into() }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {}: “{}”", self.what, self.name)
    }
}

impl std::error::Error for UnknownName {}

/// Declares an enum whose variants have permanent names. Any other name is an error.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $type:ident ($what:literal) {
            $($(#[$doc:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$doc])* $variant,)+ }

        impl $type {
            /// All, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The permanent name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::names::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|known| known.as_str() == name);
                found.ok_or_else(|| crate::names::UnknownName::new($what, name))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }

        crate::names::written_by_name!($type);
    };
}

/// Declares an enum whose variants have permanent names. Any other name is kept in the variant
/// after `else`.
macro_rules! named_or_other {
    (
        $(#[$meta:meta])*
        pub enum $type:ident {
            $($(#[$doc:meta])* $variant:ident = $text:literal,)+
        }
        $(#[$other_doc:meta])*
        else $other:ident
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$doc])* $variant,)+ $(#[$other_doc])* $other(Box<str>) }

        impl $type {
            /// All with a name of their own, in the order of their declaration.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The permanent name.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)+ Self::$other(name) => name }
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                match name { $($text => Self::$variant,)+ other => Self::$other(other.into()) }
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok(Self::from(&*name))
            }
        }

        crate::names::written_by_name!($type);
    };
}

/// Writes and sorts values of a type by their names.
macro_rules! written_by_name {
    ($type:ident) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        /// By name, so that lists and maps of them are sorted for people.
        impl Ord for $type {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
    };
}

pub(crate) use {named, named_or_other, written_by_name};
