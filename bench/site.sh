#!/usr/bin/env bash
# Full builds of the same records by Courant, Hugo and Jekyll: CPU seconds (user and system) and peak memory.
#
#   bench/site.sh [SIZE …]            sizes are numbers of records; 674 5000 20000 by default
#   JEKYLL_MOST=5000 bench/site.sh    Jekyll is left out above this size (it takes hours)
#   COURANT=target/release/courant    the program to measure; it is built where it is missing
#
# Needs Debian's packages jekyll, hugo and time, which it installs where they are missing. The records are generated
# by `courant bench publish --fill`. Hugo and Jekyll make of each published record a page, a document in JSON and three
# feeds, lists of all and of each topic with pages of thirty, three feeds of each, and a sitemap; Jekyll also lists of each
# provider and day, by a plugin in its folder. Courant makes what it always makes: more than either (documents of all
# articles, a news sitemap, an API).
set -euo pipefail
cd "$(dirname "$0")/.."

sizes=("$@")
[ "${#sizes[@]}" -gt 0 ] || sizes=(674 5000 20000)
jekyll_most="${JEKYLL_MOST:-5000}"
courant="${COURANT:-target/release/courant}"

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
[ -x "$courant" ] || cargo build --release --locked

all="$(mktemp -d)"
trap 'rm -rf "$all"' EXIT

# measure NAME SIZE COMMAND…: one line with what it took.
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
  # Nothing is removed until the end: ext4 passes over the places of files that were removed in the last minutes,
  # which costs whoever writes next more than the writing.
  place="$all/$size"
  mkdir "$place"
  site="$place/courant"
  "$courant" bench publish --records "$size" --keep "$site" --fill >/dev/null
  # The record files are written once; they are what the others read.
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
