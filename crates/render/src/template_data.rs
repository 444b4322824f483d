//! What templates are given: structs whose fields they read by name.

/// Declares a struct of [`minijinja::Value`]s that a template reads by the names of its fields, or
/// by another name after `as`. With `in base: Type` the fields of that struct can be read too, as
/// if they were the struct's own.
macro_rules! template_data {
    (
        $(#[$meta:meta])*
        struct $name:ident $(in $base:ident: $base_type:ty)? {
            $($(#[$field_meta:meta])* $field:ident $(as $key:literal)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name {
            $(pub(crate) $base: std::sync::Arc<$base_type>,)?
            $($(#[$field_meta])* pub(crate) $field: minijinja::Value,)*
        }

        impl minijinja::value::Object for $name {
            fn get_value(self: &std::sync::Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
                self.get_value_by_str(key.as_str()?)
            }

            fn get_value_by_str(self: &std::sync::Arc<Self>, key: &str) -> Option<minijinja::Value> {
                match key {
                    $(crate::template_data::template_key!($field $($key)?) => Some(self.$field.clone()),)*
                    _ => {
                        let found = None;
                        $(let found = found.or_else(|| self.$base.get_value_by_str(key));)?
                        found
                    }
                }
            }

            fn enumerate(self: &std::sync::Arc<Self>) -> minijinja::value::Enumerator {
                minijinja::value::Enumerator::Str(&[$(crate::template_data::template_key!($field $($key)?)),*])
            }
        }

        impl From<$name> for minijinja::Value {
            fn from(data: $name) -> Self {
                Self::from_object(data)
            }
        }
    };
}

/// The name by which templates read a field.
macro_rules! template_key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

pub(crate) use {template_data, template_key};

template_data! {
    /// What pages of one section share: the site, its navigation and its feeds. The last four
    /// fields are HTML, rendered once from templates of their own; they are undefined while these
    /// are rendered.
    struct PageShell {
        site,
        site_description,
        language,
        root,
        style,
        /// The content security policy.
        policy,
        feeds,
        nav,
        head_links,
        search_form,
        sections,
        footer,
    }
}
