#!/usr/bin/env python3
"""Checks a site that was written as files against the rules of its formats.

    conformance/site.py --site DIR --vnu vnu.jar

HTML with the Nu validator; linked data (JSON-LD) for the required fields of schema.org types; RSS 2.0, Atom (RFC
4287) and JSON Feed 1.1 by their own rules and with feedparser; sitemaps with the schemas next to this file and the
limits of sitemaps.org; documents of the API with its own description (OpenAPI 3.1). Needs feedparser, lxml and
jsonschema from PyPI, and Java for the validator. Prints one line per finding, and exits with 1 if there is any.
"""

import argparse
import email.utils
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import jsonschema
from lxml import etree, html

HERE = Path(__file__).resolve().parent
ATOM = "{http://www.w3.org/2005/Atom}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
# sitemaps.org, "Sitemap file location and size"; a news sitemap may hold a fiftieth.
MAX_URLS, MAX_NEWS, MAX_BYTES = 50_000, 1_000, 50 * 1024 * 1024
# Fields that search engines and readers rely on; `mainEntityOfPage` is ours: the page of the story.
REQUIRED = {
    "NewsArticle": ["headline", "datePublished", "mainEntityOfPage"],
    "WebSite": ["name", "url"],
    "ItemList": ["itemListElement"],
    "ListItem": ["position"],
    "SearchAction": ["target", "query-input"],
    "BreadcrumbList": ["itemListElement"],
    "CollectionPage": ["name"],
    "Organization": ["name"],
    "Person": ["name"],
}

findings = []
counts = Counter()


def found(place, what):
    findings.append(f"{place}: {what}")


def is_absolute(address):
    parts = urlsplit(address or "")
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def is_rfc3339(text):
    try:
        return datetime.fromisoformat((text or "").replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


def attempt(check, path):
    """Runs a check; a document that cannot be read is a finding."""
    try:
        return check(path)
    except (etree.XMLSyntaxError, ValueError, OSError) as error:
        return found(path, f"cannot be read: {error}")


def validate_html(pages, jar):
    """Validates all pages in one run, because Java starts slowly. Errors are findings; warnings are only listed."""
    command = ["java", "-jar", jar, "--format", "json", "--exit-zero-always", *map(str, pages)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    warnings = Counter()
    for message in json.loads(answer.stderr or answer.stdout)["messages"]:
        if message["type"] == "error" or message["type"] == "non-document-error":
            extract = re.sub(r"\s+", " ", message.get("extract", ""))[:120]
            line = message.get("lastLine", 0)
            found(f"{message.get('url', '')}:{line}", f"{message['message']} [{extract}]")
        elif message.get("subType") == "warning":
            warnings[message["message"]] += 1
    for message, count in warnings.most_common():
        print(f"  warning ({count} times): {message}")


def check_linked_data(place, value):
    """Every object with a type, at any depth, must have the fields that its type needs."""
    if isinstance(value, list):
        for part in value:
            check_linked_data(place, part)
    if not isinstance(value, dict):
        return
    kind = value.get("@type")
    if kind is not None:
        counts["JSON-LD objects"] += 1
        if kind not in REQUIRED:
            found(place, f"JSON-LD of an unknown type: {kind}")
        for name in REQUIRED.get(kind, []):
            if value.get(name) in (None, "", []):
                found(place, f"{kind} without {name}")
        for name in ("datePublished", "dateModified"):
            if name in value and not is_rfc3339(value[name]):
                found(place, f"{name} is not an RFC 3339 time: {value[name]}")
        for name in ("url", "mainEntityOfPage"):
            if name in value and not is_absolute(value[name]):
                found(place, f"{name} is not an absolute URL: {value[name]}")
        if len(value.get("headline", "")) > 1000:
            found(place, "a headline of more than a thousand characters")
    for part in value.values():
        check_linked_data(place, part)


def check_pages(pages):
    for page in pages:
        tree = html.parse(str(page))
        counts["pages"] += 1
        is_redirect = bool(tree.xpath("//meta[@http-equiv='refresh']"))
        for script in tree.xpath("//script[@type='application/ld+json']"):
            try:
                data = json.loads(script.text or "")
            except ValueError as error:
                found(page, f"JSON-LD is not valid JSON: {error}")
                continue
            if data.get("@context") != "https://schema.org":
                found(page, "JSON-LD without the schema.org context")
            check_linked_data(page, data)
        others = tree.xpath("//script[not(@type='application/ld+json')]")
        if others:
            found(page, "a script that is not data")
        if page.name != "404.html" and not tree.xpath("//link[@rel='canonical']/@href"):
            found(page, "no canonical URL")
        if is_redirect and "noindex" not in "".join(tree.xpath("//meta[@name='robots']/@content")):
            found(page, "a redirect page that may be indexed")


def parsed_feed(path):
    feed = feedparser.parse(path.read_bytes())
    if feed.bozo:
        found(path, f"feedparser: {feed.bozo_exception!r}")
    if not feed.entries:
        found(path, "a feed without entries")
    for entry in feed.entries:
        if not (entry.get("title") and is_absolute(entry.get("link")) and entry.get("id")):
            found(path, f"an entry without title, link or identity: {entry.get('link')}")
        if not entry.get("published_parsed") and not entry.get("updated_parsed"):
            found(path, f"an entry without a date: {entry.get('link')}")
    ids = [entry.get("id") for entry in feed.entries]
    if len(ids) != len(set(ids)):
        found(path, "two entries with the same id")
    counts["feeds"] += 1
    return [entry.get("link") for entry in feed.entries]


def check_rss(path):
    """RSS 2.0.11, and the RSS Advisory Board's best practices (guid, atom:link with rel self)."""
    tree = etree.parse(str(path))
    root = tree.getroot()
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return found(path, "not RSS 2.0")
    for name in ("title", "link", "description"):
        if not channel.findtext(name):
            found(path, f"a channel without {name}")
    if channel.find(f"{ATOM}link[@rel='self']") is None:
        found(path, "no atom:link with rel=self")
    for item in channel.findall("item"):
        if not (item.findtext("title") or item.findtext("description")):
            found(path, "an item with neither title nor description")
        guid = item.find("guid")
        if guid is None or not guid.text:
            found(path, "an item without guid")
        elif guid.get("isPermaLink", "true") == "true" and not is_absolute(guid.text):
            found(path, f"guid is a permalink but not a URL: {guid.text}")
        date = item.findtext("pubDate")
        if date is None or email.utils.parsedate_tz(date) is None:
            found(path, f"pubDate is not an RFC 822 date: {date}")
        for enclosure in item.findall("enclosure"):
            if not all(enclosure.get(name) for name in ("url", "length", "type")):
                found(path, "an enclosure without url, length or type")


def check_atom(path):
    """RFC 4287 §4.1."""
    root = etree.parse(str(path)).getroot()
    if root.tag != f"{ATOM}feed":
        return found(path, "not Atom")
    for name in ("id", "title", "updated"):
        if len(root.findall(f"{ATOM}{name}")) != 1:
            found(path, f"not exactly one {name}")
    if root.find(f"{ATOM}link[@rel='self']") is None:
        found(path, "no link with rel=self")
    has_author = root.find(f"{ATOM}author") is not None
    for entry in root.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated"):
            if len(entry.findall(f"{ATOM}{name}")) != 1:
                found(path, f"an entry without exactly one {name}")
        if not has_author and entry.find(f"{ATOM}author") is None:
            found(path, "an entry without an author, in a feed without an author")
        if entry.find(f"{ATOM}content") is None and entry.find(f"{ATOM}link[@rel='alternate']") is None:
            found(path, "an entry without content and without an alternate link")
    for author in root.iter(f"{ATOM}author"):
        if not author.findtext(f"{ATOM}name"):
            found(path, "an author without a name")
    for name in ("updated", "published"):
        for time in root.iter(f"{ATOM}{name}"):
            if not is_rfc3339(time.text):
                found(path, f"{name} is not an RFC 3339 time: {time.text}")


def check_json_feed(path):
    """JSON Feed 1.1."""
    feed = json.loads(path.read_text())
    if feed.get("version") != "https://jsonfeed.org/version/1.1" or not feed.get("title"):
        found(path, "not JSON Feed 1.1 with a title")
    for name in ("home_page_url", "feed_url"):
        if not is_absolute(feed.get(name)):
            found(path, f"{name} is not a URL")
    for item in feed.get("items", []):
        if not isinstance(item.get("id"), str) or not ("content_html" in item or "content_text" in item):
            found(path, f"an item without id or content: {item.get('id')}")
        for name in ("date_published", "date_modified"):
            if name in item and not is_rfc3339(item[name]):
                found(path, f"{name} is not an RFC 3339 time: {item[name]}")
        for author in item.get("authors", []):
            if not set(author) & {"name", "url", "avatar"}:
                found(path, "an author without name, url or avatar")
        for attachment in item.get("attachments", []):
            if not (attachment.get("url") and attachment.get("mime_type")):
                found(path, "an attachment without url or type")
    counts["feeds"] += 1
    return [item.get("url") for item in feed.get("items", [])]


def check_feeds(folder):
    for rss in sorted(folder.rglob("feed.xml")):
        attempt(check_rss, rss)
        attempt(check_atom, rss.with_name("atom.xml"))
        links = parsed_feed(rss)
        others = parsed_feed(rss.with_name("atom.xml")), attempt(check_json_feed, rss.with_name("feed.json"))
        if any(other != links for other in others):
            found(rss, "the three feeds of a list have different entries")


def check_sitemaps(folder):
    schemas = {
        "urlset": etree.XMLSchema(etree.parse(str(HERE / "sitemap.xsd"))),
        "sitemapindex": etree.XMLSchema(etree.parse(str(HERE / "sitemap-index.xsd"))),
    }
    for path in sorted(folder.glob("*sitemap*.xml")):
        attempt(lambda path: check_sitemap(folder, schemas, path), path)


def check_sitemap(folder, schemas, path):
    tree = etree.parse(str(path))
    root = tree.getroot()
    schema = schemas.get(etree.QName(root).localname)
    if schema is None or not schema.validate(tree):
        found(path, str(schema.error_log.last_error) if schema else "not a sitemap")
    is_news = path.name.startswith("news")
    if len(root) > (MAX_NEWS if is_news else MAX_URLS) or path.stat().st_size > MAX_BYTES:
        found(path, "larger than a sitemap may be")
    if not is_news and not len(root):
        found(path, "an empty sitemap")
    addresses = root.xpath("*/*[local-name()='loc']/text()")
    if len(addresses) != len(set(addresses)):
        found(path, "a URL is listed twice")
    for address in addresses:
        name = urlsplit(address).path.lstrip("/")
        if not (folder / (name + "index.html" if not name or name.endswith("/") else name)).is_file():
            found(path, f"no file for {address}")
    if is_news and any(url.find(f"{NEWS}news") is None for url in root):
        found(path, "an entry of a news sitemap without news")
    counts["sitemaps"] += 1


def check_api(folder):
    """Compares every file below /api/v1/ with the description; fields that are not described are findings."""
    api = json.loads((folder / "api/v1/openapi.json").read_text())
    for schema in api["components"]["schemas"].values():
        if schema.get("type") == "object":
            schema.setdefault("unevaluatedProperties", False)
    validators = {}
    for path in sorted((folder / "api/v1").rglob("*.json")):
        address = "/" + str(path.relative_to(folder))
        name = re.sub(r"/[0-9a-f]{32}\.json$", "/{id}.json", address)
        name = re.sub(r"(/collections)/[^/]+\.json$", r"\1/{kind}.json", name)
        name = re.sub(r"(/collections)/[^{/]+/.+\.json$", r"\1/{kind}/{id}.json", name)
        name = re.sub(r"(/newsletters)/.+\.json$", r"\1/{id}.json", name)
        name = re.sub(r"/page/[0-9]+\.json$", "/page/{page}.json", name)
        entry = api["paths"].get(name.removesuffix(".json") + "/") or api["paths"].get(name)
        if entry is None:
            found(path, "not in the description")
            continue
        if name not in validators:
            schema = entry["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            validators[name] = jsonschema.Draft202012Validator(
                {**schema, "components": api["components"]},
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            )
        value = json.loads(path.read_text())
        # A static site has a document where a live one redirects.
        is_redirect = set(value) == {"movedTo", "url"}
        error = None if is_redirect else jsonschema.exceptions.best_match(validators[name].iter_errors(value))
        if error:
            found(path, f"{error.json_path}: {error.message[:200]}")
        counts["API documents"] += 1


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--site", type=Path, required=True, help="folder that `courant build --out` wrote")
    options.add_argument("--vnu", required=True, help="vnu.jar")
    options = options.parse_args()
    pages = sorted(options.site.rglob("*.html"))
    validate_html(pages, options.vnu)
    check_pages(pages)
    check_feeds(options.site)
    check_sitemaps(options.site)
    check_api(options.site)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    for finding in findings[:100]:
        print(finding)
    if findings:
        sys.exit(f"{len(findings)} findings")
    for what in ("pages", "JSON-LD objects", "feeds", "sitemaps", "API documents"):
        if not counts[what]:
            sys.exit(f"no {what} were checked")


if __name__ == "__main__":
    main()
