"""Compares the predecessor's whole site, imported and published again, with what the predecessor published."""
import gzip, json, pathlib, re, socket, subprocess, tarfile, time, urllib.request

API, PAGES = "https://everyday-cc.github.io/powerapps", "https://everyday.cc/powerapps"


def whole_site(original, folder):
    """The predecessor's folder, assembled from its archives."""
    for name in ("news", "records-other", "data"):
        with tarfile.open(original / f"{name}.tar.gz") as tar:
            tar.extractall(folder, filter="data")
    issues = folder / "_newsletters"
    issues.mkdir()
    for file in (original / "newsletter-examples").glob("*.html"):
        (issues / file.name).write_bytes(file.read_bytes())
    # Of the other issues only the front matter is known, and lists show nothing else.
    with gzip.open(original / "newsletters-frontmatter.jsonl.gz", "rt") as lines:
        for line in lines:
            issue = json.loads(line)
            file = issues / pathlib.PurePosixPath(issue["path"]).name
            if not file.exists():
                fields = ("title", "excerpt", "publishedDateTime", "webUrl", "type", "topics")
                front = "".join(f"{name}: {json.dumps(issue[name], ensure_ascii=False)}\n" for name in fields)
                file.write_text(f"---\n{front}---\n<p></p>\n")
    return folder


def configure(site):
    file = site / "courant.toml"
    text = file.read_text()
    text = text.replace('profile = "default"', 'profile = "classic"', 1)
    text = text.replace("official = []", 'official = ["powerapps.microsoft.com/*/blog/*"]', 1)
    head, classic = text.split("[classic]")
    classic = classic.replace("enabled = false", "enabled = true", 1)
    # Scripts are removed by default; the predecessor gave everything as it was.
    classic = classic.replace("raw_html = false", "raw_html = true", 1)
    classic = classic.replace('api_url = ""', f'api_url = "{API}"', 1)
    classic = classic.replace('pages_url = ""', f'pages_url = "{PAGES}"', 1)
    file.write_text(f"{head}[classic]{classic}")


def published_before(original, folder):
    """What the predecessor published, by path, without files that it had left behind at paths of the form pageN."""
    files = {}
    for name in ("api", "jekyll-output"):
        into = folder / name
        with tarfile.open(original / f"{name}.tar.gz") as tar:
            tar.extractall(into, filter="data")
        for file in (into / "api").rglob("index.json"):
            path = file.relative_to(into).as_posix()
            if name == "jekyll-output" or not re.search(r"/page\d+/", path):
                files[path] = file.read_bytes()
    return files


def equal(before, out, pattern):
    """Paths of documents: all that match, those with equal JSON, those with equal bytes."""
    names = [name for name in sorted(before) if re.fullmatch(pattern, name)]
    now = {name: (out / name).read_bytes() for name in names if (out / name).exists()}
    same = [name for name in now if now[name] == before[name]]
    return names, [name for name in now if json.loads(now[name]) == json.loads(before[name])], same


def items(before, out, pattern):
    """How many entries of lists are equal as JSON, position by position, and how many there are."""
    same = total = 0
    for name in before:
        if re.fullmatch(pattern, name):
            old = json.loads(before[name])["value"]
            new = json.loads((out / name).read_bytes())["value"] if (out / name).exists() else []
            total += len(old)
            same += sum(a == b for a, b in zip(old, new))
    return same, total


def served(courant, site, out, names):
    """How many documents the server answers with the same bytes as the build."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([courant, "serve", "--site", site, "--listen", f"127.0.0.1:{port}"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        server.stdout.readline()
        base = f"http://127.0.0.1:{port}/"
        for _ in range(100):
            try:
                urllib.request.urlopen(base + "healthz").read()
                break
            except OSError:
                time.sleep(0.1)
        live = lambda name: urllib.request.urlopen(base + name.removesuffix("index.json")).read()
        return sum(live(name) == (out / name).read_bytes() for name in names)
    finally:
        server.terminate()
        server.wait()
