//! A local web server that answers for every provider of the sample newswire, by `Host` header.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Response, StatusCode, Uri, header},
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    feeds, image,
    newswire::{Article, FeedKind, Newswire, Provider},
    pages,
};

/// The running fake web. It stops when this is dropped.
pub(crate) struct FakeWeb {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for FakeWeb {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeWeb {
    /// Serves the newswire on a free port of loopback.
    pub(crate) async fn start(wire: Newswire) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
            .await
            .context("cannot listen on a free local port for the sample newswire")?;
        let address = listener.local_addr()?;
        let app = Router::new().fallback(answer).with_state(Arc::new(wire));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the server of the sample newswire failed");
            }
        });
        Ok(Self { address, task })
    }

    /// The hosts that lead here, for the client.
    pub(crate) fn origins(&self) -> Vec<(String, SocketAddr)> {
        vec![("*.example".to_owned(), self.address)]
    }
}

async fn answer(State(wire): State<Arc<Newswire>>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let found = wire.providers.iter().position(|provider| provider.domain == bare);
    match found {
        None => plain(StatusCode::NOT_FOUND, "no such host in this newswire"),
        Some(provider) => provider_answer(&wire, provider, uri.path(), &headers),
    }
}

fn provider_answer(wire: &Newswire, index: usize, path: &str, headers: &HeaderMap) -> Response<Body> {
    let provider = &wire.providers[index];
    match path {
        "/feed" => feed(wire, index, headers),
        "/robots.txt" => plain(StatusCode::OK, "User-agent: *\nDisallow: /account/\n"),
        "/" => html(pages::home(wire, index)),
        _ => {
            if let Some(target) = path.strip_prefix("/r") {
                return redirect(&format!("https://{}{target}", provider.domain));
            }
            if let Some(name) = path.strip_prefix("/pictures/").and_then(|name| name.strip_suffix(".png")) {
                return image_answer(name);
            }
            let (path, is_amp) = path.strip_prefix("/amp").map_or((path, false), |rest| (rest, true));
            match wire.article_at(index, path) {
                Some(article) if is_amp && provider.amp => html(pages::amp(provider, article)),
                Some(article) if !is_amp => page(wire, provider, article),
                _ => plain(StatusCode::NOT_FOUND, "no such page"),
            }
        }
    }
}

fn page(wire: &Newswire, provider: &Provider, article: &Article) -> Response<Body> {
    let page = pages::article(wire, provider, article);
    html(if provider.mojibake { garbled(&page) } else { page })
}

/// The text as if its UTF-8 had been read as windows-1252, like badly migrated archives serve it.
fn garbled(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let mut buffer = [0; 4];
            let bytes: Vec<u8> = character.encode_utf8(&mut buffer).bytes().collect();
            bytes
                .into_iter()
                .map(move |byte| if character.is_ascii() { character } else { windows_1252(byte) })
        })
        .collect()
}

fn windows_1252(byte: u8) -> char {
    // The WHATWG index of windows-1252 for 0x80 to 0x9F; unassigned bytes map to themselves.
    const HIGH: [u16; 32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152,
        0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
        0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
    ];
    match byte {
        0x80..=0x9F => char::from_u32(u32::from(HIGH[usize::from(byte - 0x80)])).unwrap_or('?'),
        _ => char::from(byte),
    }
}

fn feed(wire: &Newswire, index: usize, headers: &HeaderMap) -> Response<Body> {
    let provider = &wire.providers[index];
    if provider.feed == FeedKind::Dead {
        return plain(StatusCode::GONE, "this feed was closed");
    }
    let etag = format!("\"{}-{}\"", provider.domain, wire.articles_of(index).count());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == etag.as_bytes()) {
        return respond(StatusCode::NOT_MODIFIED, "text/plain", &[(header::ETAG, &etag)], Vec::new());
    }
    let (kind, body) = feeds::feed(wire, index);
    respond(StatusCode::OK, kind, &[(header::ETAG, &etag)], body)
}

fn image_answer(name: &str) -> Response<Body> {
    let (scene, seed) = name.rsplit_once('-').unwrap_or((name, "0"));
    let bytes = image::draw(scene, seed.parse().unwrap_or(0));
    respond(StatusCode::OK, "image/png", &[], bytes)
}

fn redirect(to: &str) -> Response<Body> {
    respond(StatusCode::MOVED_PERMANENTLY, "text/plain", &[(header::LOCATION, to)], Vec::new())
}

fn html(page: String) -> Response<Body> {
    respond(StatusCode::OK, "text/html; charset=utf-8", &[], page.into_bytes())
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    respond(status, "text/plain; charset=utf-8", &[], text.as_bytes().to_vec())
}

fn respond(
    status: StatusCode,
    kind: &str,
    more: &[(header::HeaderName, &str)],
    body: Vec<u8>,
) -> Response<Body> {
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    for (name, value) in more {
        response = response.header(name, *value);
    }
    response.body(Body::from(body)).unwrap_or_else(|error| {
        tracing::error!(%error, "the sample newswire built an invalid response");
        Response::new(Body::empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbled_text_looks_as_usual() {
        assert_eq!(garbled("world’s"), "worldâ€™s");
    }
}
