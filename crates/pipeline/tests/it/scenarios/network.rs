//! The fake network of a scenario: its DNS, and a client that reaches only the scripted servers.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use courant_net::{Client, OriginOverride, Resolve, Resolving};
use courant_pipeline::client_config;
use serde_json::Value;

use crate::scenarios::{
    runner::{ScenarioRunner, at},
    server::{FORBIDDEN, OWN, PUBLIC, SCRIPTED},
};

/// A fake DNS whose answers change as the scenario states.
#[derive(Default)]
pub(crate) struct FakeDns(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Resolve for FakeDns {
    fn resolve(&self, host: &str) -> Resolving {
        let mut names = self.0.lock().unwrap();
        let found = match names.get_mut(host) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None if host == "localhost" => vec![FORBIDDEN.into()],
            None => Vec::new(),
        };
        Box::pin(async move { Ok(found) })
    }
}

impl ScenarioRunner {
    /// A client as in production, but with the scenario's addresses and shorter timeouts.
    pub(crate) fn new_client(&self) -> Client {
        let port = self.server.port;
        let mut config = client_config(&self.context.site, self.context.clock, Vec::new()).unwrap();
        let clock = Arc::clone(&self.clock);
        config.clock = Arc::new(move || at(clock.load(Ordering::SeqCst)));
        config.origins = ["site", "other", "hub"]
            .iter()
            .flat_map(|name| [format!("{name}.test"), format!("{name}.example")])
            .map(|host| OriginOverride { host, origin: SocketAddr::from((SCRIPTED, port)) })
            .collect();
        config.resolver = Arc::clone(&self.dns) as Arc<dyn Resolve>;
        config.ports = vec![port];
        config.allow = self.allow.iter().map(|range| range.parse().unwrap()).collect();
        config.allow.push(format!("{PUBLIC}/32").parse().unwrap());
        config.host_pause = Duration::from_millis(5);
        config.connect_timeout = Duration::from_millis(500);
        config.head_timeout = Duration::from_secs(2);
        config.idle_timeout = Duration::from_secs(2);
        config.total_timeout = config.total_timeout.min(Duration::from_secs(4));
        Client::new(config).unwrap()
    }

    /// The fake address of the owner's network, once the scenario allows it.
    pub(crate) fn own_network(&self, address: &str) -> String {
        if self.allow.is_empty() { address.to_owned() } else { OWN.to_string() }
    }

    pub(crate) fn set_dns(&mut self, names: &Value) {
        let address = |text: &Value| -> IpAddr {
            let text = text.as_str().unwrap();
            if text == "93.184.216.34" { PUBLIC.into() } else { text.parse().unwrap() }
        };
        let list = |value: &Value| value.as_array().unwrap().iter().map(address).collect::<Vec<_>>();
        for (host, value) in names.as_object().unwrap() {
            let answers = if value[0].is_array() {
                value.as_array().unwrap().iter().map(list).collect()
            } else {
                vec![list(value)]
            };
            self.dns.0.lock().unwrap().insert(host.clone(), answers);
        }
    }
}
