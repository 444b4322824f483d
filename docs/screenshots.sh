#!/usr/bin/env bash
# Takes screenshots of the demo, on a wide screen and a phone, light and dark, into docs/screenshots/.
#
#   docs/screenshots.sh [COURANT]     target/release/courant by default
#
# Installs Debian's packages chromium, nodejs, npm and webp and the library playwright-core (below target/) if
# they are missing. The newswire is set to a fixed time, so that the screenshots change only if the site does.
set -euo pipefail
courant="$(realpath "${1:-target/release/courant}")"
cd "$(dirname "$0")/.."

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v cwebp >/dev/null || missing+=(webp)
if [ "${#missing[@]}" -gt 0 ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
export NODE_HOME="$PWD/target/ci"
mkdir -p "$NODE_HOME"
[ -d "$NODE_HOME/node_modules/playwright-core" ] ||
  npm install --silent --no-audit --no-fund --prefix "$NODE_HOME" playwright-core@1

work="$(mktemp -d)"
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
now=2026-03-05T12:00:00Z
"$courant" --now "$now" demo --dir "$work/demo" --once --listen 127.0.0.1:0 >"$work/log" 2>&1
"$courant" --now "$now" serve --site "$work/demo" --listen 127.0.0.1:0 >"$work/log" 2>&1 &
server=$!
address=""
for _ in $(seq 1 150); do
  address="$(grep -om1 'http://127\.0\.0\.1:[0-9]*' "$work/log" || true)"
  [ -z "$address" ] || break
  sleep 0.2
done
[ -n "$address" ] || { cat "$work/log"; exit 1; }
mkdir "$work/screenshots"
CHROMIUM="$(command -v chromium)" node docs/screenshots.mjs "$address" "$work/screenshots"
mkdir -p docs/screenshots
for image in "$work"/screenshots/*.png; do
  cwebp -quiet -q 60 -m 6 "$image" -o "docs/screenshots/$(basename "$image" .png).webp"
done
du -ch docs/screenshots/*.webp | tail -1
