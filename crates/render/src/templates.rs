//! The templates: bundled with the program, and overridable file by file from a site's `templates/`
//! folder.
//!
//! HTML templates are minijinja; `style.css` and `favicon.svg` are taken as they are. A site may
//! add files of its own and include them from the ones that it overrides. Files are read here,
//! once; rendering reads none.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use minijinja::{
    AutoEscape, Environment, Output, State, UndefinedBehavior, Value, escape_formatter, syntax::SyntaxConfig,
};
use sha2::{Digest, Sha256};

use crate::{
    RenderError,
    document::hex,
    escaping::{self, write_escaped},
};

const BUNDLED: &[(&str, &str)] = &[
    ("about.html", include_str!("../templates/about.html")),
    ("api.html", include_str!("../templates/api.html")),
    ("base.html", include_str!("../templates/base.html")),
    ("footer.html", include_str!("../templates/footer.html")),
    ("front.html", include_str!("../templates/front.html")),
    ("head_links.html", include_str!("../templates/head_links.html")),
    ("image.html", include_str!("../templates/image.html")),
    ("index.html", include_str!("../templates/index.html")),
    ("kicker.html", include_str!("../templates/kicker.html")),
    ("language.html", include_str!("../templates/language.html")),
    ("list.html", include_str!("../templates/list.html")),
    ("macros.html", include_str!("../templates/macros.html")),
    ("moved.html", include_str!("../templates/moved.html")),
    ("not_found.html", include_str!("../templates/not_found.html")),
    ("provider.html", include_str!("../templates/provider.html")),
    ("provider_link.html", include_str!("../templates/provider_link.html")),
    ("related.html", include_str!("../templates/related.html")),
    ("search.html", include_str!("../templates/search.html")),
    ("search_form.html", include_str!("../templates/search_form.html")),
    ("sections.html", include_str!("../templates/sections.html")),
    ("story.html", include_str!("../templates/story.html")),
    ("story_card.html", include_str!("../templates/story_card.html")),
];

/// Maximum size of a template file.
const MAX_TEMPLATE_BYTES: u64 = 1 << 20;

/// The templates of one site, compiled.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    /// The files of the site's own templates, by template name.
    overrides: BTreeMap<String, PathBuf>,
    style: String,
    style_name: String,
    icon: String,
    /// The content of the site's own files, by name.
    sources: BTreeMap<String, String>,
}

/// Templates are equal if they were made from equal files.
impl PartialEq for Templates {
    fn eq(&self, other: &Self) -> bool {
        self.sources == other.sources && self.overrides == other.overrides
    }
}

impl Templates {
    /// The templates that are part of the program.
    ///
    /// # Panics
    /// Never in a tested build: the bundled templates are compiled by the tests.
    pub fn bundled() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(write_value);
        // Lines that hold only a tag leave no blank line behind.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters do not clash"));
        for (name, source) in BUNDLED {
            environment.add_template(name, source).expect("bundled templates compile");
        }
        let style = include_str!("../templates/style.css").to_owned();
        Self {
            environment,
            overrides: BTreeMap::new(),
            style_name: style_name(&style),
            style,
            icon: include_str!("../templates/favicon.svg").to_owned(),
            sources: BTreeMap::new(),
        }
    }

    /// The bundled templates, overridden by those of a folder, which need not exist. Only files
    /// directly in the folder count: `*.html`, `style.css` and `favicon.svg`.
    ///
    /// # Errors
    /// [`RenderError::Read`] if a file cannot be read, is not UTF-8 or is larger than 1 MiB;
    /// [`RenderError::Template`] with file and line if one does not compile.
    pub fn with_overrides(dir: &Path) -> Result<Self, RenderError> {
        let mut templates = Self::bundled();
        for path in template_files(dir)? {
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                continue;
            };
            let source = read_template(&path)?;
            templates.sources.insert(name.clone(), source.clone());
            match name.as_str() {
                "style.css" => {
                    templates.style_name = style_name(&source);
                    templates.style = source;
                }
                "favicon.svg" => templates.icon = source,
                _ => {
                    templates.overrides.insert(name.clone(), path);
                    let added = templates.environment.add_template_owned(name.clone(), source);
                    added.map_err(|error| templates.located(&name, &error))?;
                }
            }
        }
        Ok(templates)
    }

    /// The output of a template for this data.
    pub(crate) fn render(&self, name: &str, data: Value) -> Result<String, RenderError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(data))
            .map_err(|error| self.located(name, &error))
    }

    /// The output of a template for this data, to be shown by other templates as it is.
    pub(crate) fn fragment(&self, name: &str, data: Value) -> Result<Value, RenderError> {
        self.render(name, data).map(Value::from_safe_string)
    }

    /// Whether the site has its own template of this name.
    pub(crate) fn is_overridden(&self, name: &str) -> bool {
        self.overrides.contains_key(name)
    }

    pub(crate) fn style(&self) -> &str {
        &self.style
    }

    /// The file name of the stylesheet. It contains a hash of the content, so that the file may be
    /// cached for ever.
    pub(crate) fn style_name(&self) -> &str {
        &self.style_name
    }

    pub(crate) fn icon(&self) -> &str {
        &self.icon
    }

    fn located(&self, name: &str, error: &minijinja::Error) -> RenderError {
        let name = error.name().unwrap_or(name);
        let file =
            self.overrides.get(name).map_or_else(|| name.to_owned(), |path| path.display().to_string());
        let message = error
            .detail()
            .map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        RenderError::Template { file, line: error.line().unwrap_or(0), message }
    }
}

fn style_name(style: &str) -> String {
    format!("style-{}.css", hex(&Sha256::digest(style)[..6]))
}

fn template_files(dir: &Path) -> Result<Vec<PathBuf>, RenderError> {
    let failed = |source| RenderError::Read { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let counts = path.extension().is_some_and(|ending| ending == "html")
            || matches!(name, "style.css" | "favicon.svg");
        if counts && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_template(path: &Path) -> Result<String, RenderError> {
    let failed = |source| RenderError::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.len() > MAX_TEMPLATE_BYTES {
        return Err(failed(std::io::Error::other("larger than 1 MiB")));
    }
    fs::read_to_string(path).map_err(failed)
}

/// Escapes only what HTML text and quoted attributes need: the engine's own escaping also writes
/// every slash as six bytes, which would make URLs half as long again.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    let html = matches!(state.auto_escape(), AutoEscape::Html);
    match value.as_str() {
        Some(text) if html && value.is_safe() => out.write_str(text).map_err(Into::into),
        Some(text) if html => write_escaped(out, text, &escaping::HTML).map_err(Into::into),
        _ => escape_formatter(out, state, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_templates_compile() {
        let templates = Templates::bundled();
        assert!(templates.style_name().starts_with("style-"));
    }

    #[test]
    fn a_broken_override_names_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("about.html"), "<p>\n{% if %}\n").unwrap();
        let error = Templates::with_overrides(dir.path()).unwrap_err().to_string();
        assert!(error.contains("about.html, line 2: "), "{error}");
    }

    #[test]
    fn an_override_that_uses_an_undefined_value_names_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("about.html"), "<p>\n\n{{ nothing.here }}\n").unwrap();
        let templates = Templates::with_overrides(dir.path()).unwrap();
        let error = templates.render("about.html", ().into()).unwrap_err().to_string();
        assert!(error.contains("about.html, line 3: "), "{error}");
    }

    #[test]
    fn a_missing_folder_overrides_nothing() {
        let templates = Templates::with_overrides(Path::new("no/such/folder")).unwrap();
        assert_eq!(templates.style(), Templates::bundled().style());
    }

    #[test]
    fn a_changed_style_has_another_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("style.css"), "body{}").unwrap();
        let templates = Templates::with_overrides(dir.path()).unwrap();
        assert_eq!(templates.style(), "body{}");
        assert_ne!(templates.style_name(), Templates::bundled().style_name());
    }

    #[test]
    fn text_is_escaped_for_html() {
        let mut templates = Templates::bundled();
        templates.environment.add_template("t.html", "<a href=\"{{ x }}\">{{ x }}</a>").unwrap();
        let html = templates.render("t.html", BTreeMap::from([("x", "a/b\"'<&>")]).into()).unwrap();
        assert_eq!(html, "<a href=\"a/b&quot;&#39;&lt;&amp;&gt;\">a/b&quot;&#39;&lt;&amp;&gt;</a>");
    }
}
