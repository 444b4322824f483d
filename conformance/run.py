#!/usr/bin/env python3
"""Runs a built program on annotated data and compares the figures with the floors in floors.toml.

  run.py --courant target/release/courant --sample
  run.py --courant target/release/courant --shared ../shared/data

The sample is part of the repository (sample/README.md); the shared data is not. Both have the same layout.

Python 3.11+, standard library only. Prints a table; exits with 1 if a figure is below its floor.
"""
import argparse, gzip, json, os, pathlib, subprocess, sys, tarfile, tempfile, tomllib, urllib.parse

import extraction as pages
import publishing as site
import scoring

HERE = pathlib.Path(__file__).parent


class Checks:
    def __init__(self, floors):
        self.floors, self.failed = floors, []

    def at_least(self, group, name, figure, beside=""):
        floor = self.floors[group][name]
        ok = figure >= floor
        print(f"  {'ok  ' if ok else 'FAIL'} {group}.{name}: {figure:.4g} (floor {floor}) {beside}".rstrip())
        if not ok:
            self.failed.append(f"{group}.{name}")

    def holds(self, what, ok, found=""):
        print(f"  {'ok  ' if ok else 'FAIL'} {what} {found}")
        if not ok:
            self.failed.append(what)


def run(courant, *args, stdin=None, cwd=None):
    done = subprocess.run([courant, *map(str, args)], input=stdin, cwd=cwd, stdout=subprocess.PIPE, check=True)
    return done.stdout


def lines(output):
    return [json.loads(line) for line in output.splitlines()]


def jsonl(values):
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def feeds(courant, shared, checks, work):
    print("feeds")
    folder = shared / "feeds"
    manifest = (folder / "manifest.jsonl").read_bytes()
    answers = run(courant, "inspect", "feed", "--batch", stdin=manifest, cwd=folder)
    if (folder / "score.py").exists():
        results, summary = work / "feeds.jsonl", work / "feeds.json"
        results.write_bytes(answers)
        subprocess.run([sys.executable, folder / "score.py", folder / "manifest.jsonl", results, "--json", summary,
                        "--failures", work / "feeds-failures.jsonl"], check=True)
        score = json.loads(summary.read_text())
    else:
        score, failed = scoring.feeds(lines(manifest), {line["id"]: line for line in lines(answers)})
        for case in failed:
            print(f"  failed: {case}")
    checks.at_least("feeds", "micro", 100 * score["total"]["pass"] / score["total"]["cases"])
    checks.at_least("feeds", "macro", 100 * score["total"]["macro"])
    for category in checks.floors["feeds"].get("category", {}):
        found = score["categories"][category]
        figure, floor = 100 * found["pass"] / found["cases"], checks.floors["feeds"]["category"][category]
        checks.holds(f"feeds.{category} at least {floor}", figure >= floor, f"{figure:.1f}")
    missing = sum(found["missing"] for found in score["categories"].values())
    checks.holds("every feed has an answer", missing == 0, f"{missing} missing")


def unpack(archive, into):
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    return into


def classic(courant, shared, checks, work):
    """Quality, published and heat of every record of the predecessor, by the classic profile."""
    print("classic profile")
    original = shared / "original" / "powerapps"
    site = unpack(original / "news.tar.gz", work / "powerapps")
    unpack(original / "data.tar.gz", site)
    files = sorted((site / "_news").glob("*.md"))
    records = [line["record"] for line in lines(run(courant, "inspect", "record", "--batch",
               stdin=jsonl({"id": str(file), "path": str(file)} for file in files)))]
    articles = [dict(record, id=number) for number, record in enumerate(records)]
    answers = lines(run(courant, "inspect", "judge", "--batch", "--profile", "classic",
                        "--topics", site / "_data" / "topics", "--providers", site / "_data" / "organizations",
                        "--known-points", 40, "--official", "powerapps.microsoft.com/*/blog/*",
                        stdin=jsonl(articles)))
    quality = sum(a["quality"] == r["quality"] for a, r in zip(answers, records))
    published = sum(a["published"] == r["published"] for a, r in zip(answers, records))
    bonus = sum(0 <= r["heat"] - a["heat"] <= 8 for a, r in zip(answers, records))
    checks.holds("quality of every record", quality == len(records), f"{quality} of {len(records)}")
    checks.holds("published of every record", published == len(records), f"{published} of {len(records)}")
    checks.holds("heat up to the reader bonus (0 to 8)", bonus == len(records), f"{bonus} of {len(records)}")

    folder = work / "classic-site"
    run(courant, "new", folder)
    for name, source in (("topics", "topics"), ("providers", "organizations")):
        for file in (site / "_data" / source).iterdir():
            (folder / name / file.name).write_bytes(file.read_bytes())
    config = (folder / "courant.toml").read_text()
    config = config.replace('profile = "default"', 'profile = "classic"', 1)
    config = config.replace("official = []", 'official = ["powerapps.microsoft.com/*/blog/*"]', 1)
    config = config.replace("enabled = true", "enabled = false", 1)
    (folder / "courant.toml").write_text(config)
    run(courant, "ingest", "--site", folder, "--records", site / "_news")
    same = 0
    for file in files:
        written = folder / "records" / "news" / file.name
        if written.exists():
            old, new = (json.loads(run(courant, "inspect", "record", path)) for path in (file, written))
            # Where a record names one address only, readers go there.
            old.setdefault("webUrl", old["originalUrl"])
            same += all(old.get(key) == new.get(key) for key in ("title", "quality", "published", "topics", "webUrl"))
    checks.holds("imported records keep name, title, topics, URL, quality, published",
                 same == len(files), f"{same} of {len(files)}")

    title = "US Looking to Build Alliances for Responsible Military AI Use"
    answer = lines(run(courant, "inspect", "judge", "--batch", "--profile", "classic", "--known-points", 30,
                       "--topics", shared / "original" / "ai-topics", "--providers", work / "none",
                       stdin=jsonl([{"id": 1, "title": title, "topics": ["AI Ethics", "AI"],
                                     "url": "https://www.defenseone.com/a/b/"}])))[0]
    checks.holds("the military A.I. article has quality 19", answer["quality"] == 19, str(answer["quality"]))


def records(courant, shared, checks, work):
    """Every record of every kind is read, written and read again with the same data."""
    print("records")
    original = shared / "original"
    if original.is_dir():
        folder = unpack(original / "powerapps" / "records-other.tar.gz", work / "others")
        unpack(original / "powerapps" / "news.tar.gz", folder)
        files = sorted(folder.rglob("*.md")) + [original / "seed-record.md"]
    else:
        files = sorted((shared / "records").rglob("*.md"))
    ask = jsonl({"id": number, "path": str(file)} for number, file in enumerate(files))
    first = lines(run(courant, "inspect", "record", "--batch", stdin=ask))
    again = lines(run(courant, "inspect", "record", "--batch", "--write", stdin=ask))
    copies = work / "again"
    copies.mkdir()
    for line in again:
        (copies / f"{line['id']}.md").write_text(line.get("text", ""), newline="")
    second = lines(run(courant, "inspect", "record", "--batch",
                       stdin=jsonl({"id": n, "path": str(copies / f"{n}.md")} for n in range(len(files)))))
    same = sum("record" in a and a["record"] == b.get("record") for a, b in zip(first, second))
    checks.holds("records are unchanged after writing and reading", same == len(files), f"{same} of {len(files)}")
    news = [line.get("text", "").encode() == file.read_bytes() for line, file in zip(again, files)
            if file.parent.name == "_news"]
    checks.at_least("records", "news_byte_identical", 100 * sum(news) / len(news))


def archive(courant, shared, checks, work):
    """The web archive becomes articles and records; pages that are not articles stay out; a second run writes nothing."""
    print("archive")
    site = work / "archive-site"
    run(courant, "new", site)
    warc, count = shared / "web" / "pages.warc.gz", checks.floors["archive"]["pages"]
    if not warc.exists():
        warc = work / "pages.warc"
        warc.write_bytes(b"".join(warc_response(**page) for page in pages.questions(shared / "extraction")))
    first = json.loads(run(courant, "ingest", "--json", "--site", site, "--warc", warc))
    second = json.loads(run(courant, "ingest", "--json", "--site", site, "--warc", warc))
    checks.holds(f"{count} pages read", first["ingest"]["read"] == count, str(first["ingest"]["read"]))
    checks.at_least("archive", "articles", first["process"]["articles"])
    checks.at_least("archive", "kept_out", first["process"]["rejected"])
    checks.holds("nothing failed", first["process"]["buried"] == 0, str(first["process"]["buried"]))
    checks.holds("a second run writes nothing", second["publish"]["written"] == 0 and second["ingest"]["new"] == 0,
                 f"{second['publish']['written']} written")


def warc_response(id, path, url):
    """A page of an annotated set as a response in a web archive."""
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + opened(path).read().encode()
    name = urllib.parse.quote(id)
    head = (f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:page:{name}>\r\nWARC-Target-URI: {url}\r\n"
            "WARC-Date: 2026-03-05T12:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(response)}\r\n\r\n")
    return head.encode() + response + b"\r\n\r\n"


def opened(path):
    """A text file, which may be compressed."""
    return gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")


def urls(courant, shared, checks, work):
    """Cleans URLs of the AMP cache; cleaning twice must change nothing."""
    print("urls")
    rows = [json.loads(line) for line in (shared / "amp" / "cache_urls.jsonl").open()]
    rows = [row for row in rows if row["kind"] == "cache_url" and row.get("output") and row["domain_suffix"] == "cdn.ampproject.org"
            and row.get("serving_type") in (None, "content")]
    rules = []
    for name in ("clearurls/data.min.json", "brave/query-filter.json", "brave/debounce.json"):
        if (shared / "urls" / name).exists():
            rules += ["--rules", shared / "urls" / name]
    ask = [{"id": n, "url": row["input"]} for n, row in enumerate(rows)]
    first = lines(run(courant, "inspect", "url", "--batch", *rules, stdin=jsonl(ask)))
    answered = [line for line in first if "canonical" in line]
    twice = lines(run(courant, "inspect", "url", "--batch", *rules,
                      stdin=jsonl({"id": line["id"], "url": line["canonical"]} for line in answered)))
    stable = sum(a["canonical"] == b["canonical"] and a["key"] == b["key"] for a, b in zip(answered, twice))
    checks.holds("cleaning twice changes nothing", stable == len(answered), f"{stable} of {len(answered)}")


def extraction(courant, shared, checks, work):
    """Text and metadata of annotated pages; the interval next to a figure comes from resampling the pages."""
    print("extraction")
    data = shared / "extraction"
    answers = lines(run(courant, "inspect", "page", "--batch", stdin=jsonl(pages.questions(data))))
    for name, pairs in sorted(pages.measured(data, {answer["id"]: answer for answer in answers}).items()):
        figure, low, high = pages.interval(pairs)
        checks.at_least("extraction", name, figure, f"95 % interval {low:.4f} to {high:.4f}")


def grouping(courant, shared, checks, work):
    """Stories on every labelled track, and copies on the track that labels copies, all with one configuration."""
    print("grouping")
    folder = shared / "clustering"
    scores = {}
    for stream in sorted((folder / "dev").glob("*.jsonl*")):
        track = stream.name.split(".")[0]
        with opened(stream) as file:
            rows = [json.loads(line) for line in file]
        ask = [{"id": row["id"], "title": row["title"], "text": row["body"], "url": row.get("url"),
                "language": row.get("lang"), "publishedDateTime": instant(row.get("time"))} for row in rows]
        found = lines(run(courant, "inspect", "group", "--batch", stdin=jsonl(ask)))
        given = {line["id"]: (line["copyOf"] or line["id"]) if track == "neardup" else line["story"] for line in found}
        scores[track] = scoring.clusters({row["id"]: row["cluster"] for row in rows}, given)
        (work / f"{track}.jsonl").write_bytes(jsonl({"id": id, "cluster": cluster} for id, cluster in given.items()))
    if (folder / "score.py").exists():
        scored = subprocess.run([sys.executable, folder / "score.py", "--all", folder / "dev", work, "--json"],
                                stdout=subprocess.PIPE, check=True)
        scores = {score["track"]: score for score in lines(scored.stdout)}
    for track, floors in checks.floors["grouping"].items():
        for name, floor in floors.items():
            figure = 100 * scores[track][f"{name}_f1"]
            checks.holds(f"grouping.{track}.{name} at least {floor}", figure >= floor, f"{figure:.2f}")


def topics(courant, shared, checks, work):
    """Topics of short texts in several languages, by the taxonomy beside them."""
    print("topics")
    folder = shared / "topics"
    texts = lines((folder / "texts.jsonl").read_bytes())
    # Given topics would be taken over.
    ask = jsonl({name: value for name, value in text.items() if name != "topics"} for text in texts)
    answers = lines(run(courant, "inspect", "judge", "--batch", "--topics", folder / "taxonomy", "--providers",
                        work / "none", stdin=ask))
    pairs = [(set(text["topics"]), {topic["name"] for topic in answer["topics"]}) for text, answer in zip(texts, answers)]
    checks.at_least("topics", "f1", 100 * scoring.sets(pairs))


def publishing(courant, shared, checks, work):
    """Imports and publishes the predecessor's site; its API must come out unchanged."""
    print("publishing")
    original = shared / "original" / "powerapps"
    if not original.is_dir():
        print(f"  skipped: no {original}")
        return
    old = site.whole_site(original, work / "old")
    folder, out = work / "site", work / "out"
    run(courant, "new", folder)
    site.configure(folder)
    first = json.loads(run(courant, "import", "--json", "--site", folder, old))
    found, new = (sum(kind[name] for kind in first["kinds"]) for name in ("found", "new"))
    checks.holds("every file of the old site was imported", found == new and not first["unknown"], f"{new} of {found}")
    kept = [file for file in old.rglob("*") if file.is_file() and file.parent.name != "_news" and "_data" not in file.parts]
    place = lambda file: folder / "records" / file.relative_to(old).as_posix().removeprefix("_")
    same = sum(place(file).exists() and place(file).read_bytes() == file.read_bytes() for file in kept)
    checks.holds("records of other kinds are kept byte for byte", same == len(kept), f"{same} of {len(kept)}")
    files = sorted((old / "_news").glob("*.md"))
    ask = lambda files: jsonl({"id": n, "path": str(file)} for n, file in enumerate(files))
    before = lines(run(courant, "inspect", "record", "--batch", stdin=ask(files)))
    after = lines(run(courant, "inspect", "record", "--batch",
                      stdin=ask(folder / "records" / "news" / file.name for file in files)))
    # The program may add the language of a text and the related articles of its story.
    bare = lambda line: {k: v for k, v in line.get("record", {}).items() if k not in ("language", "related")}
    same = sum(a["record"] == bare(b) for a, b in zip(before, after))
    checks.holds("news are kept field by field", same == len(files), f"{same} of {len(files)}")
    again = json.loads(run(courant, "import", "--json", "--site", folder, old))
    checks.holds("a second import changes nothing",
                 again["publish"]["written"] == 0 and not any(kind["new"] for kind in again["kinds"]))

    run(courant, "build", "--site", folder, "--out", out)
    golden = site.published_before(original, work / "golden")
    names, _, same = site.equal(golden, out, r"api/news/.*index\.json")
    checks.at_least("publishing", "news_pages", len(same), f"of {len(names)}, byte for byte")
    names, json_equal, same = site.equal(golden, out, r"api/learning/(videos|courses)/[^/]+/index\.json")
    checks.at_least("publishing", "learning_items", len(json_equal), f"of {len(names)}")
    checks.at_least("publishing", "learning_items_bytes", len(same), f"of {len(names)}")
    same, total = site.items(golden, out, r"api/learning/page/\d+/index\.json")
    checks.at_least("publishing", "learning_list_items", same, f"of {total}")
    for kind, pattern in (
        ("learning_lists", r"api/learning/(?!videos/|courses/).*index\.json|api/learning/index\.json"),
        ("samples", r"api/samples/.*index\.json"),
        ("communities", r"api/communities/.*index\.json"),
        ("people", r"api/people/.*index\.json"),
        ("newsletters", r"api/newsletters/.*index\.json"),
        ("topics_and_sponsorships", r"api/(topics|sponsorships/today)/index\.json"),
    ):
        names, _, same = site.equal(golden, out, pattern)
        checks.at_least("publishing", kind, len(same), f"of {len(names)}, byte for byte")
    clean = subprocess.run([courant, "build", "--site", folder, "--check", out], stdout=subprocess.DEVNULL).returncode
    checks.holds("`build --check` finds no difference", clean == 0, f"exit code {clean}")
    names = sorted(file.relative_to(out).as_posix() for file in (out / "api").rglob("index.json"))
    same = site.served(courant, folder, out, names)
    checks.holds("the server answers the same bytes", same == len(names), f"{same} of {len(names)}")


def instant(time):
    """A date without a time is the beginning of its day."""
    return f"{time}T00:00:00Z" if time and "T" not in time else time


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courant", required=True)
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--sample", action="store_true", help="use the sample of the repository")
    data.add_argument("--shared", type=pathlib.Path, help="folder of annotated data")
    parser.add_argument("--only", nargs="*", help="groups of checks; all that the data is for by default")
    args = parser.parse_args()
    courant = os.path.abspath(args.courant)
    floors = tomllib.loads((HERE / "floors.toml").read_text())
    if args.sample:
        shared, floors = HERE / "sample", floors["sample"]
        groups = ["feeds", "records", "archive", "urls", "extraction", "grouping", "topics"]
    else:
        shared = args.shared.resolve()
        groups = ["feeds", "records", "classic", "archive", "urls", "extraction", "grouping", "publishing"]
    checks = Checks(floors)
    with tempfile.TemporaryDirectory() as work:
        for name in args.only or groups:
            folder = pathlib.Path(work) / name
            folder.mkdir()
            globals()[name](courant, shared, checks, folder)
    if checks.failed:
        sys.exit(f"failed: {', '.join(checks.failed)}")
    print("all figures reach their floors")


if __name__ == "__main__":
    main()
