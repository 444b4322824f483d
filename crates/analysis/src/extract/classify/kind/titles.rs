//! Rejections by the page's title.

use courant_model::{Rejection, RejectionKind};

use super::PageEvidence;

/// Titles of pages that servers and bot checks return instead of the requested page. They count
/// only with little text below, because articles are written about error pages too.
pub(super) fn by_title(evidence: &PageEvidence<'_>) -> Option<Rejection> {
    const FAILED: &[&str] = &[
        "page not found",
        "404 not found",
        "404 error",
        "error 404",
        "page you requested",
        "page unavailable",
        "page isn't available",
        "seite nicht gefunden",
        "seite wurde nicht gefunden",
        "page introuvable",
        "página no encontrada",
        "página não encontrada",
        "pagina non trovata",
        "pagina niet gevonden",
        "strona nie istnieje",
        "nie znaleziono strony",
        "страница не найдена",
        "ページが見つかりません",
        "页面不存在",
        "找不到页面",
        "access denied",
        "403 forbidden",
        "502 bad gateway",
        "503 service",
        "service unavailable",
        "internal server error",
        "gateway time-out",
        "site maintenance",
        "account suspended",
        "domain for sale",
    ];
    const GUARDED: &[&str] = &[
        "just a moment",
        "are you a robot",
        "robot or human",
        "attention required",
        "verify you are human",
        "security check",
        "checking your browser",
        "pardon our interruption",
        "ddos-guard",
        "human verification",
        "captcha",
        "request blocked",
    ];
    const CONSENT: &[&str] = &[
        "before you continue",
        "bevor sie fortfahren",
        "bevor sie zu",
        "avant d'accéder",
        "avant de continuer",
        "antes de continuar",
        "prima di continuare",
        "voordat je verdergaat",
        "your privacy choices",
        "your data, your experience",
        "cookie consent",
        "cookies zustimmen",
        "privacy settings",
        "datenschutzeinstellungen",
        "we value your privacy",
    ];
    if evidence.text.chars().count() >= 1500 {
        return None;
    }
    let title = evidence.title.to_lowercase().replace('’', "'");
    let contains = |list: &[&str]| list.iter().any(|words| title.contains(words));
    let host = evidence.url.host_str().unwrap_or_default();
    let reason = || format!("the title is “{}”", evidence.title);
    if contains(FAILED) || matches!(title.trim(), "404" | "403" | "error" | "not found" | "forbidden") {
        return Some(Rejection::new(RejectionKind::ErrorPage, reason()));
    }
    if contains(GUARDED) {
        return Some(Rejection::new(RejectionKind::Guarded, reason()));
    }
    let has_param = ["consent.", "guce.", "privacy."].iter().any(|start| host.starts_with(start));
    (has_param || contains(CONSENT)).then(|| {
        let because = if has_param { format!("the host serves consent pages ({host})") } else { reason() };
        Rejection::new(RejectionKind::Consent, because)
    })
}
