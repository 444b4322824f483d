//! Named numbers for the learned decisions.

/// Defines a struct of numbers, the names of its fields in order, and the numbers in that order.
///
/// A model stores the names, so that it can only be used with the features it was trained on.
macro_rules! feature_set {
    (
        $(#[$doc:meta])* $features:ident,
        $(#[$names_doc:meta])* $names:ident,
        $($(#[$field_doc:meta])* $field:ident,)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $features {
            $($(#[$field_doc])* pub $field: f32,)+
        }

        $(#[$names_doc])*
        pub const $names: [&str; [$(stringify!($field),)+].len()] = [$(stringify!($field),)+];

        impl $features {
            /// The numbers in the order of their names.
            pub const fn values(&self) -> [f32; $names.len()] {
                [$(self.$field,)+]
            }
        }
    };
}

pub(super) use feature_set;
