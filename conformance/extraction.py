"""Measures extraction by the rules in the README of the annotated sets, each figure with a bootstrap interval.

Every measure turns pages into pairs of sums, so that a resample of the pages gives the figure without reading
the pages again.
"""

import collections
import gzip
import json
import random
import re
import unicodedata
from urllib.parse import urlsplit

ROUNDS = 1000

# The sets of pages that a folder may have. The first two have the whole text and the kind of each page.
SETS = ("wcxb-dev", "pages", "multilingual", "dates")
WHOLE_TEXT = ("wcxb-dev", "pages")


def truth(folder):
    """The annotations of a set, by page id."""
    packed = folder / "ground-truth.json.gz"
    if packed.exists():
        return json.loads(gzip.open(packed).read())
    return json.loads((folder / "ground-truth.json").read_text())


def questions(data):
    """One input line of `inspect page --batch` for each page of the scored sets."""
    for name in present(data):
        for page, facts in sorted(truth(data / name).items()):
            html = data / name / "html" / f"{page}.html.gz"
            yield {"id": f"{name}/{page}", "path": str(html if html.exists() else html.with_suffix("")),
                   "url": facts.get("url") or "http://page.invalid/"}


def present(data):
    """The sets of a folder."""
    return [name for name in SETS if (data / name).is_dir()]


def tokens(text):
    return re.findall(r"\w+", text or "")


def shingles(text):
    words = tokens(text)
    if len(words) < 4:
        return collections.Counter([tuple(words)] if words else [])
    return collections.Counter(zip(words, words[1:], words[2:], words[3:]))


def word_f1(right, given):
    right, given = (collections.Counter(tokens(text.lower())) for text in (right, given))
    total = sum(right.values()) + sum(given.values())
    return 2 * sum((right & given).values()) / total if total else 1.0


def folded(text):
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
    return "".join(c if c.isalnum() else " " for c in plain).split()


def title_equal(right, given):
    short, long = sorted((folded(right), folded(given)), key=len)
    if short == long:
        return bool(short)
    around = long[:len(short)] == short or long[-len(short):] == short
    return bool(short) and len(long) - len(short) <= 5 and around


def author_f1(right, given):
    def names(text):
        return {" ".join(folded(name)) for name in re.split(r"\s*(?:;|,|&|\band\b)\s*", text) if folded(name)}
    right = names(right if isinstance(right, str) else "; ".join(right))
    given = names("; ".join(given))
    return 2 * len(right & given) / max(1, len(right) + len(given))


def segments(facts, text):
    text = " ".join(text.split())
    hit = [" ".join(part.split()) in text for part in facts["with"]]
    wrong = [" ".join(part.split()) in text for part in facts["without"]]
    return 2 * sum(hit), 2 * sum(hit) + hit.count(False) + sum(wrong)


def address(url, with_query):
    parts = urlsplit(url or "")
    return parts.hostname, parts.path or "/", parts.query if with_query else ""


def interval(pairs):
    """`sum of first / sum of second` and its 95 % interval over resamples of the pages."""
    def figure(sample):
        return sum(pair[0] for pair in sample) / max(1e-9, sum(pair[1] for pair in sample))
    draw = random.Random(1)
    resampled = sorted(figure(draw.choices(pairs, k=len(pairs))) for _ in range(ROUNDS))
    return figure(pairs), resampled[int(0.025 * ROUNDS)], resampled[int(0.975 * ROUNDS)]


def measured(data, answers):
    """All figures: lists of pairs by name, one pair for each page that counts."""
    found = collections.defaultdict(list)
    for name in present(data):
        short = name.split("-")[0]
        for page, facts in truth(data / name).items():
            answer = answers[f"{name}/{page}"]
            if name in WHOLE_TEXT:
                is_article, refused = facts["page_type"] == "article", answer["rejection"] is not None
                if refused:
                    found["no_article_precision"].append((not is_article, 1))
                if not is_article:
                    found["no_article_recall"].append((refused, 1))
                    continue
                found[f"{short}_word_f1"].append((word_f1(facts["text"], answer["text"]), 1))
                right, given = shingles(facts["text"]), shingles(answer["text"])
                common = sum((right & given).values())
                if given:
                    found[f"{short}_shingle_precision"].append((common / sum(given.values()), 1))
                found[f"{short}_shingle_recall"].append((common / max(1, sum(right.values())), 1))
            if name == "multilingual":
                found["multilingual_segments_f1"].append(segments(facts, answer["text"]))
            if name != "dates" and facts.get("title"):
                found[f"{short}_title"].append((title_equal(facts["title"], answer["title"]), 1))
            if name != "dates" and facts.get("author"):
                found[f"{short}_author"].append((author_f1(facts["author"], answer["authors"]), 1))
            day = facts.get("publish_date") or facts.get("date")
            if day:
                found["dates" if name == "dates" else f"{short}_date"].append(
                    ((answer["published"] or "")[:10] == day[:10], 1))
    declared = json.loads((data / "multilingual" / "declared.json").read_text())
    for page, facts in declared.items():
        answer = answers[f"multilingual/{page}"]
        if facts.get("amphtml"):
            found["declared_amp"].append((address(facts["amphtml"], True) == address(answer["ampWebUrl"], True), 1))
        if facts.get("og_image"):
            lead = (answer["images"] or [{}])[0].get("url")
            found["og_image"].append((address(facts["og_image"], False) == address(lead, False), 1))
    return found
