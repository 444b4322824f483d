"""Scores answers against annotations: feeds by their assertions, stories by BCubed and pairwise F1, topics by F1.

For data that brings no scorer of its own, such as the sample. The assertions are those that the sample uses;
sample/README.md explains them.
"""
import collections
import datetime
import html
import re
import unicodedata


def folded(text):
    """The text with each run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def plain(markup):
    """The text of HTML."""
    return folded(html.unescape(re.sub(r"<[^>]*>", "", markup)))


def looked_up(answer, path):
    """The value at a path such as `entries[0].title`; None where there is none."""
    value = answer
    for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        try:
            value = value[name] if name else value[int(number)]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def texts(value):
    """The texts of a field, each with its type where that is known."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part.get("value") or "", part.get("type")
        elif isinstance(part, str):
            yield part, None


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def text_equal(value, wanted, kind):
    for found, found_kind in texts(value):
        if folded(found) == folded(wanted):
            return True
        if kind == "html" and plain(found) == plain(wanted):
            return True
        if kind != "html" and found_kind == "html" and plain(found) == folded(wanted):
            return True
    return False


def is_safe(value, keep):
    all_texts = [found for found, _ in texts(value)]
    dangerous = re.compile(r"<\s*(script|style|iframe|object|embed)|\son\w+\s*=|javascript:", re.I)
    return not any(dangerous.search(found) for found in all_texts) and any(keep in plain(found) for found in all_texts)


def member(found, wanted):
    """Whether a member of a list has the wanted fields; a bare string stands for any of them."""
    fields = found if isinstance(found, dict) else dict.fromkeys(wanted, found)
    return all(fields.get(name) == value for name, value in wanted.items())


def images(entry):
    lists = [entry.get(name) or [] for name in ("media", "thumbnails", "enclosures")]
    urls = {image.get("url") for each in lists for image in each}
    image = entry.get("image")
    return urls | {image.get("url") if isinstance(image, dict) else image}


def holds(assertion, answer):
    """Whether an assertion of a feed case holds."""
    value, wanted, op = looked_up(answer, assertion["at"]), assertion.get("value"), assertion["op"]
    match op:
        case "absent":
            return not value
        case "text":
            return value is not None and text_equal(value, wanted, assertion.get("type"))
        case "eq" | "url":
            return value == wanted
        case "date":
            return value is not None and abs((instant(value) - instant(wanted)).total_seconds()) < 1.001
        case "len":
            return len(value or []) == wanted
        case "min_len":
            return len(value or []) >= wanted
        case "has":
            return any(member(found, wanted) for found in value or [])
        case "anyimg":
            return wanted in images(value or {})
        case "safe":
            return is_safe(value, assertion["keep"])
    raise ValueError(f"unknown assertion {op}")


def feed_passes(case, answer):
    """Whether the answer to a feed case is right; None is a missing answer."""
    if answer is None:
        return False
    match case["kind"]:
        case "survive":
            return True
        case "reject":
            return not answer["ok"]
    return bool(answer["ok"]) and all(holds(assertion, answer) for assertion in case["expect"])


def feeds(cases, answers):
    """The scores of feed cases, in the form of the scorers that data sets bring, and the ids that failed."""
    categories, failed = {}, []
    for case in cases:
        score = categories.setdefault(case["category"], {"cases": 0, "pass": 0, "missing": 0})
        answer = answers.get(case["id"])
        passes = feed_passes(case, answer)
        score["cases"] += 1
        score["pass"] += passes
        score["missing"] += answer is None
        if not passes:
            failed.append(case["id"])
    total = {name: sum(score[name] for score in categories.values()) for name in ("cases", "pass")}
    total["macro"] = sum(score["pass"] / score["cases"] for score in categories.values()) / len(categories)
    return {"total": total, "categories": categories}, failed


def f1(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def clusters(right, given):
    """BCubed F1 and pairwise F1 of two partitions, each a dict from id to cluster."""
    sizes_right, sizes_given = collections.Counter(right.values()), collections.Counter(given[i] for i in right)
    both = collections.Counter((given[i], right[i]) for i in right)
    precision = sum(n * n / sizes_given[g] for (g, _), n in both.items()) / len(right)
    recall = sum(n * n / sizes_right[r] for (_, r), n in both.items()) / len(right)
    pairs = lambda counts: sum(n * (n - 1) // 2 for n in counts)
    common, in_right, in_given = pairs(both.values()), pairs(sizes_right.values()), pairs(sizes_given.values())
    pairwise = f1(common / in_given if in_given else 1.0, common / in_right if in_right else 1.0)
    return {"bcubed_f1": f1(precision, recall), "pair_f1": pairwise}


def sets(pairs):
    """F1 over pairs of right and given sets, counted together."""
    common = sum(len(right & given) for right, given in pairs)
    return 2 * common / max(1, sum(len(right) + len(given) for right, given in pairs))
