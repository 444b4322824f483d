//! Tracking parameters that are removed without any rule file, according to the documentation of
//! their makers.
//!
//! The list is our own. It contains names whose documented meaning is how a reader arrived, never
//! which article is shown. Names that some sites use for content (`ref`, `source`, `cid`, `id`) are
//! removed only with values that name a channel, or not at all.

/// Names in lower case; compared case-insensitively.
#[rustfmt::skip]
pub(super) const NAMES: &[&str] = &[
    // Click identifiers of advertising networks.
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid", "gad_source", "gad_campaignid", "msclkid",
    "twclid", "ttclid", "yclid", "ysclid", "syclid", "li_fat_id", "epik", "sccid", "rdt_cid", "irclickid", "irgwc",
    "rb_clickid", "wickedid", "dicbo", "tblci", "vgo_ee", "xtor", "ef_id", "s_kwcid", "s_cid", "mkcid",
    // Analytics: Google, Yandex, Matomo, Adobe, Coremetrics, AT Internet, Webtrekk, HubSpot,
    // Eloqua.
    "_ga", "_gl", "_openstat", "piwik_campaign", "piwik_kwd",
    "pk_campaign", "pk_cpn", "pk_kwd", "pk_keyword", "pk_source", "pk_medium", "pk_content", "pk_cid", "pk_vid",
    "ga_source", "ga_medium", "ga_campaign", "ga_content", "ga_term", "ga_place", "at_recipient_id", "at_send_date", "cm_mmc", "cm_mmca1", "cm_mmca2", "cm_ven", "cm_cat",
    "cm_pla", "cm_ite", "cm_lm", "wtrid", "wtmc", "wtzmc", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp",
    "hsctatracking", "elqtrackid", "elq", "elqaid", "elqat", "elqcampaignid", "mkt_tok", "icid", "ncid", "cmpid", "cmp",
    "otm_source", "otm_medium", "otm_campaign", "trk_contact", "trk_msg", "trk_module", "trk_sid", "trkcampaign",
    "tpcc", "taid", "guccounter", "guce_referrer", "guce_referrer_sig", "echobox", "spm", "hmb_campaign", "hmb_medium",
    "hmb_source", "itm_source", "itm_medium", "itm_campaign", "in_source", "soc_src", "soc_trk", "awesm", "wprov",
    // Newsletters and mail.
    "mc_cid", "mc_eid", "mc_tc", "ck_subscriber_id", "vero_id", "vero_conv", "oly_anon_id", "oly_enc_id", "sailthru_id",
    "sthru", "bxid", "cndid", "ml_subscriber", "ml_subscriber_hash", "__s", "dm_i", "ss_source", "ss_campaign_id",
    "ss_email_id", "sfmc_id", "sfmc_activityid", "et_rid", "nr_email_referer", "_bhlid", "bbeml", "email_hash",
    // Social networks and share buttons.
    "igshid", "igsh", "mibextid", "sfnsn", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref", "fb_comment_id",
    "__twitter_impression", "ref_src", "ref_url", "_branch_match_id", "_branch_referrer", "sms_ss", "sr_share", "spref",
    "smid", "smtyp", "ocid", "ito", "mbid", "sref", "srnd", "unlocked_article_code", "hootpostid",
    // Feeds, sessions and caches.
    "feed_id", "_unique_id", "doing_wp_cron", "phpsessid", "jsessionid", "aspsessionid",
    // AMP runtime and viewer.
    "amp_js_v", "amp_gsa", "amp_kit", "amp_r", "usqp",
];

/// Prefixes of names, in lower case: families of which every member is a tracker.
pub(super) const PREFIXES: &[&str] = &["utm_", "mtm_", "hsa_", "bsft_", "_x_tr_"];

/// Prefixes of analytics families that sites also use for their own fields (`at_`, `ns_` …): a
/// member whose value is a number of four or more digits is kept, because it may identify the
/// article.
pub(super) const PREFIXES_OF_WORDS: &[&str] = &["wt_", "at_", "ns_", "oft_", "stm_"];

/// Names that are removed only with a value that tells how the reader arrived.
pub(super) const NAMES_BY_VALUE: &[&str] =
    &["ref", "referer", "referrer", "source", "src", "from", "partner", "emc", "rss", "via", "share", "mod"];

/// Such values, in lower case; whole, or up to a `_`, `-` or `.`.
#[rustfmt::skip]
pub(super) const CHANNEL_VALUES: &[&str] = &[
    "rss", "feed", "atom", "feedburner", "twitter", "tw", "facebook", "fb", "linkedin", "reddit", "instagram", "telegram",
    "whatsapp", "flipboard", "newsletter", "email", "mail", "nl", "social", "share", "sharebutton", "homepage", "google",
    "googlenews", "applenews", "smartnews", "msn", "push",
];

/// Names that are removed on one site only, because the site documents them or they are clearly for
/// sharing.
pub(super) const NAMES_BY_SITE: &[(&str, &[&str])] = &[
    ("youtube.com", &["feature", "si", "pp", "ab_channel"]),
    ("youtu.be", &["feature", "si"]),
    ("twitter.com", &["s", "t", "cxt"]),
    ("x.com", &["s", "t", "cxt"]),
    ("linkedin.com", &["trk", "trackingid", "refid", "lipi"]),
    ("medium.com", &["source", "sk"]),
    ("substack.com", &["r", "s", "publication_id", "post_id", "isfreemail", "triedredirect", "showwelcome"]),
    ("wired.com", &["esrc", "hasha", "hashb", "hashc"]),
    ("newyorker.com", &["esrc", "hasha", "hashb", "hashc"]),
    ("bloomberg.com", &["leadsource", "embedded-checkout"]),
    ("forbes.com", &["sh", "ss"]),
    ("wsj.com", &["mod", "reflink", "st"]),
    ("nytimes.com", &["partner", "emc", "referringsource", "action", "module", "pgtype", "region", "bgrp"]),
    ("theguardian.com", &["inttagid"]),
    ("reddit.com", &["share_id", "rdt"]),
    ("news.google.com", &["oc"]),
];

/// Whether a parameter of this (lower-case) name that is not in [`NAMES`] is a tracker everywhere.
pub(super) fn is_tracker(name: &str, value: &str) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    begins(PREFIXES)
        || (begins(PREFIXES_OF_WORDS) && !may_be_id(value))
        || (NAMES_BY_VALUE.contains(&name) && names_channel(value))
        || (name == "rss" && value == "1")
}

fn may_be_id(value: &str) -> bool {
    value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn names_channel(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    CHANNEL_VALUES.contains(&value.split(['_', '-', '.']).next().unwrap_or(""))
}
