use super::*;

fn parse(text: &str) -> Result<Config, SiteError> {
    Config::parse(text, Path::new("courant.toml"))
}

fn error_of(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// The tables of `[a]` and `[a.b]` in these settings, with their names.
fn tables(config: &toml::Table) -> Vec<(String, &toml::Table)> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> =
        config.iter().filter_map(|(name, value)| Some((name.clone(), value.as_table()?))).collect();
    while let Some((name, table)) = waiting.pop() {
        waiting.extend(
            table.iter().filter_map(|(key, value)| Some((format!("{name}.{key}"), value.as_table()?))),
        );
        found.push((name, table));
    }
    found
}

#[test]
fn the_file_of_a_new_site_holds_the_defaults() {
    let site = SiteConfig::default();
    let text = Config::new_file(&site.title, &site.description);
    assert_eq!(parse(&text).unwrap(), Config::default());
    let quoted = Config::new_file("The \"Desk\"", "Ports \\ harbours");
    let config = parse(&quoted).unwrap();
    assert_eq!((&*config.site.title, &*config.site.description), ("The \"Desk\"", "Ports \\ harbours"));
}

#[test]
fn every_key_is_described() {
    let defaults = toml::Table::try_from(Config::default()).unwrap();
    let sections = sections();
    let mut described: Vec<&str> = sections.iter().map(|section| section.name).collect();
    let tables = tables(&defaults);
    let mut known: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
    described.sort_unstable();
    known.sort_unstable();
    assert_eq!(described, known);
    for (name, table) in tables {
        let section = sections.iter().find(|section| section.name == name).unwrap();
        for key in table.keys() {
            let setting = section.settings.iter().find(|setting| setting.key == key);
            assert!(setting.is_some(), "[{name}] {key} has no description");
        }
        for setting in &section.settings {
            assert!(
                table.contains_key(setting.key) || setting.example.is_some(),
                "[{name}] {} has neither a default nor an example",
                setting.key
            );
            assert!(setting.doc.iter().any(|line| !line.trim().is_empty()), "[{name}] {}", setting.key);
        }
    }
}

#[test]
fn every_key_of_the_file_of_a_new_site_has_a_comment() {
    let text = Config::new_file("x", "y");
    let lines: Vec<&str> = text.lines().collect();
    for section in sections() {
        let header = lines.iter().position(|line| *line == format!("[{}]", section.name)).unwrap();
        assert!(lines[header - 1].starts_with("# "), "[{}]", section.name);
        let end = lines[header..].iter().position(|line| line.is_empty()).unwrap() + header;
        for setting in &section.settings {
            let is_table = toml::from_str::<toml::Table>(&text).unwrap()
                [section.name.split('.').next().unwrap()]
            .get(setting.key)
            .is_some_and(toml::Value::is_table);
            let start = format!("{} = ", setting.key);
            let header_of_list = format!("[[{}.{}]]", section.name, setting.key);
            let names_it = |line: &&str| {
                let line = line.trim_start_matches("# ");
                line.starts_with(&start) || line == header_of_list
            };
            match lines[header..end].iter().position(names_it) {
                Some(at) => assert!(lines[header + at - 1].starts_with("# "), "{start}"),
                None => assert!(is_table, "[{}] {} is missing", section.name, setting.key),
            }
        }
    }
    assert!(lines.iter().all(|line| line.chars().count() <= 100));
}

#[test]
fn examples_are_valid() {
    let example = |text: &str| text.lines().map(|line| format!("{}\n", line.trim())).collect::<String>();
    for section in sections() {
        for shown in section.settings.iter().filter_map(|setting| setting.example) {
            let text = format!("[{}]\n{}", section.name, example(shown));
            let text = if shown.starts_with('[') { example(shown) } else { text };
            assert_ne!(parse(&text).unwrap(), Config::default(), "{text}");
        }
    }
    assert_eq!(parse(source::EXAMPLE).unwrap().source.len(), 1);
}

#[test]
fn errors_name_line_section_and_key() {
    let cases = [
        ("[site]\npage_size = 0\n", "courant.toml:2: [site] page_size must be an integer from 1 to 500"),
        (
            "[fetch]\n\ntimeout_s = 601\n",
            "courant.toml:3: [fetch] timeout_s must be an integer from 1 to 600",
        ),
        (
            "[fetch]\ntimeout_s = \"9\"\n",
            "courant.toml:2: [fetch] timeout_s must be an integer from 1 to 600",
        ),
        (
            "fetch = { timeout_s = -1 }\n",
            "courant.toml:1: [fetch] timeout_s must be an integer from 1 to 600",
        ),
        ("fetch.timeout_s = 0\n", "courant.toml:1: [fetch] timeout_s must be an integer from 1 to 600"),
        (
            "[fetch]\nmax_redirects = -1\n",
            "courant.toml:2: [fetch] max_redirects must be an integer of at least 0",
        ),
        ("[fetch]\nrobots = \"yes\"\n", "courant.toml:2: [fetch] robots must be true or false"),
        ("[fetch]\nallow = \"wiki\"\n", "courant.toml:2: [fetch] allow must be a list in brackets"),
        (
            "[fetch]\nports = [81, 70000]\n",
            "courant.toml:2: [fetch] ports has an invalid entry: each must be an integer from 0 to 65535",
        ),
        ("[site]\ntitle = 3\n", "courant.toml:2: [site] title must be text in quotes"),
        ("[site]\ntitle = \" \"\n", "courant.toml:2: [site] title must not be empty"),
        (
            "[site]\nurl = \"news.example\"\n",
            "courant.toml:2: [site] url must be a URL such as \"https://example.org/\", not \"news.example\"",
        ),
        ("[site]\nurl = \"ftp://a/\"\n", "courant.toml:2: [site] url must begin with http:// or https://"),
        ("[judge]\nprofile = \"old\"\n", "courant.toml:2: [judge] profile must be `classic` or `default`"),
        (
            "[judge.weights]\ntrust = 0.5\n",
            "courant.toml:2: [judge.weights] trust must be an integer from -2147483648 to 2147483647",
        ),
        ("[api]\nkeys = \"no\"\n", "courant.toml:2: [api] keys must be one of `off`, `optional`, `required`"),
        (
            "[poll]\nmin_minutes = 2000\n",
            "courant.toml:1: [poll] max_minutes must be at least min_minutes (2000)",
        ),
        (
            "[classic]\napi_url = \"ftp://a/\"\n",
            "courant.toml:2: [classic] api_url must be empty or begin with http:// or https://",
        ),
        (
            "[keep]\ncapture_row_days = 27\n",
            "courant.toml:2: [keep] capture_row_days must be 0 (forever) or an integer of at least 28",
        ),
        (
            "[[limits.source]]\nurl = \"https://a.example/\"\narticles_per_day = 0\n",
            "courant.toml:1: [limits] source of https://a.example/: articles_per_day must be an integer of at \
             least 1",
        ),
    ];
    assert_eq!(cases.map(|(text, _)| error_of(text)), cases.map(|(_, message)| message));
    assert!(error_of("[site]\ntitel = \"x\"\n").starts_with("courant.toml:2: unknown field `titel`"));
    let allow = error_of("[fetch]\nallow = [\"10.0.0.0/99\"]\n");
    assert!(
        allow.starts_with("courant.toml:2: [fetch] allow has an invalid entry \"10.0.0.0/99\""),
        "{allow}"
    );
    let gate = error_of("[[gate.rules]]\nname = \"\"\nthen = \"hold\"\n");
    assert!(gate.starts_with("courant.toml:1: [gate] rules must be valid: "), "{gate}");
}

#[test]
fn trusted_proxies_are_addresses_or_networks() {
    let text = "[serve]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\", \"::1\"]\n";
    let proxies = parse(text).unwrap().serve.trusted_proxies;
    assert_eq!(
        proxies.iter().map(ipnet::IpNet::to_string).collect::<Vec<_>>(),
        ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
    );
    let error = error_of("[serve]\ntrusted_proxies = [\"nginx\"]\n");
    assert!(
        error.starts_with("courant.toml:2: ") && error.contains("not an IP address or a network"),
        "{error}"
    );
}

#[test]
fn clicks_add_no_heat_while_they_are_not_counted() {
    let counts = |text: &str| parse(text).unwrap().heat_rule().cooling().unwrap().counts_clicks();
    assert!(!counts("") && counts("[beacon]\nenabled = true\n"));
}

#[test]
fn pages_as_sources() {
    let text = "[[source]]\nurl = \"https://harbour.example/news\"\nfolder = \"Sea\"\n\
        [source.list]\nitem = \"li.news\"\ndate = \"time\"\n";
    let config = parse(text).unwrap();
    let source = &config.source[0];
    assert_eq!((source.list.item.as_str(), source.source().tags), ("li.news", vec!["Sea".to_owned()]));
    assert!(config.list_of(&source.url).is_some());
    let broken = error_of(&text.replace("li.news", "li["));
    assert!(broken.starts_with("courant.toml:1: [[source]] [source.list] item"), "{broken}");
}

#[test]
fn listen_addresses_are_read_and_errors_name_the_line() {
    let text = "[serve]\nlisten = \"localhost:8080\"\nmetrics = \"unix:/run/metrics.sock\"\n";
    let serve = parse(text).unwrap().serve;
    assert_eq!(serve.listen.to_string(), "localhost:8080");
    assert_eq!(serve.metrics.unwrap().to_string(), "unix:/run/metrics.sock");
    let error = error_of("[serve]\nlisten = \"8080\"\n");
    assert!(
        error.starts_with("courant.toml:2: [serve] listen: invalid listen address \"8080\": expected "),
        "{error}"
    );
}

#[test]
fn ranges_of_connections_and_hsts_are_checked() {
    for (line, wanted) in [
        ("max_connections = 1000001", "max_connections must be an integer from 0 to 1000000"),
        (
            "max_connections_per_network = 0",
            "max_connections_per_network must be an integer from 1 to 1000000",
        ),
        ("hsts_days = 731", "hsts_days must be an integer from 0 to 730"),
        ("hsts_days = 30", "hsts_days must be 0 unless [site] url begins with https://"),
    ] {
        assert_eq!(error_of(&format!("[serve]\n{line}\n")), format!("courant.toml:2: [serve] {wanted}"));
    }
    let text = "[site]\nurl = \"https://news.example/\"\n[serve]\nhsts_days = 30\n";
    assert_eq!(parse(text).unwrap().serve.hsts_days, Days(30));
}
