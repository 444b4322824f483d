#!/usr/bin/env python3
"""Checks the classic form of sealed payloads against OpenSSL, both ways.

  sealing.py --courant target/release/courant

`openssl enc -d -aes-256-cbc` must open what `courant keys seal --classic` writes, and `courant keys unseal` what `openssl enc`
writes. A wrong key and altered text must fail. Python 3.11+, standard library only; needs `openssl`. Exits with 1
if something fails.
"""
import argparse, base64, os, pathlib, subprocess, sys, tempfile

# Around multiples of the block size of 16 bytes, where padding errors show.
LENGTHS = [1, 15, 16, 17, 31, 32, 33, 1_000, 65_536]


def openssl(key, iv, data, *more):
    command = ["openssl", "enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex(), *more]
    return subprocess.run(command, input=data, capture_output=True)


def payload_of(length):
    """Text of this length in bytes, with characters outside ASCII if there is room."""
    text = ("Größe, “naïve” — 人工知能. " * (length // 20 + 1)).encode()[:length]
    return text.decode(errors="ignore").encode().ljust(length, b".")


class Site:
    """A new site and its key."""

    def __init__(self, courant, folder):
        self.courant, self.folder = courant, folder
        self.run("new", folder)
        self.key = self.read_key()

    def run(self, *args, data=None):
        return subprocess.run([self.courant, *map(str, args)], input=data, capture_output=True)

    def read_key(self):
        form, key = (self.folder / "keys/site.key").read_text().strip().split(":")
        assert form == "courant-key-v1", form
        key = base64.urlsafe_b64decode(key + "=")
        assert len(key) == 32, "a key has 256 bits"
        return key

    def seal(self, payload):
        sealed = self.run("keys", "seal", "--classic", "news/a.md", "--site", self.folder, data=payload)
        assert sealed.returncode == 0, sealed.stderr.decode()
        text, iv = sealed.stdout.decode().strip().split(";")
        return base64.b64decode(text, validate=True), base64.b64decode(iv, validate=True)

    def unseal(self, sealed, iv):
        """The payload, or None if the program refuses."""
        record = self.folder / "records/news/a.md"
        record.parent.mkdir(parents=True, exist_ok=True)
        secured = f"{base64.b64encode(sealed).decode()};{base64.b64encode(iv).decode()}"
        record.write_text(f"---\ncategory: news\ntitle: \"A\"\nsecured: \"{secured}\"\n---\n")
        opened = self.run("keys", "unseal", record, "--site", self.folder)
        return opened.stdout.removesuffix(b"\n") if opened.returncode == 0 else None


def check(site, length):
    """Finds errors with payloads of this length."""
    payload = payload_of(length)
    sealed, iv = site.seal(payload)
    opened = openssl(site.key, iv, sealed, "-d")
    if opened.returncode or opened.stdout != payload:
        yield f"{length} bytes: openssl does not open what courant sealed"
    iv = os.urandom(16)
    sealed = openssl(site.key, iv, payload).stdout
    if site.unseal(sealed, iv) != payload:
        yield f"{length} bytes: courant does not open what openssl sealed"
    # One wrong key in 256 leaves padding that looks valid; then the text is unreadable, or different.
    wrong = bytes(byte ^ 0x55 for byte in site.key)
    if openssl(wrong, iv, sealed, "-d").stdout == payload:
        yield f"{length} bytes: openssl opens with a wrong key"
    if site.unseal(openssl(wrong, iv, payload).stdout, iv) == payload:
        yield f"{length} bytes: courant opens what another key sealed"
    if site.unseal(sealed[:-1], iv) is not None:
        yield f"{length} bytes: courant opens a truncated payload"
    altered = bytes([sealed[0] ^ 1]) + sealed[1:]
    if site.unseal(altered, iv) == payload:
        yield f"{length} bytes: an altered payload opens as if it were unchanged"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--courant", required=True, type=pathlib.Path)
    courant = parser.parse_args().courant.resolve()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(courant, pathlib.Path(folder) / "site")
        faults = [fault for length in LENGTHS for fault in check(site, length)]
    for fault in faults:
        print(f"  FAIL {fault}")
    if not faults:
        print(f"  ok   classic payloads of {len(LENGTHS)} lengths open in both directions, and only with their key")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
