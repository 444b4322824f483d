#!/usr/bin/env bash
# Compares full builds of the same records by Courant, Hugo and Jekyll: CPU seconds (user and system) and peak
# memory.
#
#   bench/site.sh [SIZE …]            sizes are numbers of records; 674 5000 20000 by default
#   JEKYLL_MOST=5000 bench/site.sh    Jekyll is left out above this size (it takes hours)
#   COURANT=target/dist/courant       the program to measure; it is built if it is missing
#
# Needs Debian's packages jekyll, hugo and time, which it installs if they are missing. The records are generated
# by `cargo xtask sample`. For each published record, Hugo and Jekyll make a page, a JSON document and
# three feeds; they also make lists of all records and of each topic with thirty per page, three feeds of each
# list, and a sitemap; Jekyll also makes lists of each provider and day, with a plugin in its folder. Courant
# makes its whole site, which is more than either (documents of all articles, a news sitemap, an API).
set -euo pipefail
cd "$(dirname "$0")/.."

sizes=("$@")
[ "${#sizes[@]}" -gt 0 ] || sizes=(674 5000 20000)
jekyll_most="${JEKYLL_MOST:-5000}"
courant="${COURANT:-target/dist/courant}"

missing=()
command -v jekyll >/dev/null || missing+=(jekyll)
command -v hugo >/dev/null || missing+=(hugo)
[ -x /usr/bin/time ] || missing+=(time)
if [ "${#missing[@]}" -gt 0 ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
[ -x "$courant" ] || cargo build --profile dist --locked

all="$(mktemp -d)"
trap 'rm -rf "$all"' EXIT

# measure NAME SIZE COMMAND…: prints one row with time and memory.
measure() {
  local name="$1" size="$2"
  shift 2
  if ! /usr/bin/time -f '%U %S %M' -o "$place/took" "$@" >"$place/log" 2>&1; then
    tail -5 "$place/log" >&2
    return 1
  fi
  awk -v name="$name" -v size="$size" \
    '{ printf "| %s | %s | %.2f | %.0f |\n", size, name, $1 + $2, $3 / 1024 }' "$place/took"
}

echo "| records | program | CPU seconds | peak MB |"
echo "| ---: | --- | ---: | ---: |"
for size in "${sizes[@]}"; do
  # Nothing is removed until the end: ext4 avoids the blocks of files that were removed in the last minutes, and
  # the search for other blocks would cost the next build more than writing.
  place="$all/$size"
  mkdir "$place"
  site="$place/courant"
  cargo xtask sample "$site" --records "$size" >/dev/null
  # The record files are written once; Hugo and Jekyll read them.
  "$courant" build --site "$site" --out "$place/first" >/dev/null
  measure "Courant" "$size" "$courant" build --site "$site" --out "$place/public"
  measure "Courant, nothing new" "$size" "$courant" build --site "$site" --out "$place/public"

  mkdir -p "$place/hugo/content"
  cp -r bench/hugo/. "$place/hugo/"
  cp -r "$site/records/news" "$place/hugo/content/news"
  measure "Hugo" "$size" hugo --quiet --source "$place/hugo" --destination "$place/public-hugo"

  if [ "$size" -le "$jekyll_most" ]; then
    mkdir -p "$place/jekyll/_posts"
    cp -r bench/jekyll/. "$place/jekyll/"
    find "$site/records/news" -name '*.md' -exec cp -t "$place/jekyll/_posts" {} +
    measure "Jekyll" "$size" jekyll build --quiet --disable-disk-cache \
      --source "$place/jekyll" --destination "$place/public-jekyll"
  fi
done
