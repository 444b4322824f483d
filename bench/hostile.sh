#!/usr/bin/env bash
# Measures what readers get under attack: latency of `/` and `/healthz` before and during an attack by slow
# clients and bombs.
#
#   bench/hostile.sh
#   SLOW=1000 BOMBS=50                concurrent slow clients (a third each sends its request slowly, sends
#                                     nothing, reads nothing), and senders of expensive requests: large bodies,
#                                     endless heads, floods of requests
#   SECONDS_EACH=20 RATE=20           duration of each of the two measurements, and its requests per second
#   P99_MS=100                        limit in milliseconds for 99 of 100 responses under attack; 0: no limit
#   MAX_FILES=4096                    limit of file descriptors of the server
#   COURANT=target/dist/courant       the program to measure; it is built if it is missing
#
# Needs Python 3.11 or newer. Everything stays on 127.0.0.1 and stops after its time. Clients and server share
# the machine; the attack runs in a process separate from the measurement. Exits with 1 if a request failed or
# took too long.
set -euo pipefail
cd "$(dirname "$0")/.."

slow="${SLOW:-1000}"
bombs="${BOMBS:-50}"
seconds="${SECONDS_EACH:-20}"
rate="${RATE:-20}"
p99="${P99_MS:-100}"
files="${MAX_FILES:-4096}"
courant="${COURANT:-target/dist/courant}"
[ -x "$courant" ] || cargo build --profile dist --locked

work="$(mktemp -d)"
server=""
attack=""
end() {
  for process in $attack $server; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT

"$courant" demo --dir "$work/site" --once --listen 127.0.0.1:0 >/dev/null 2>"$work/demo" || { cat "$work/demo"; exit 1; }
(
  ulimit -n "$files"
  exec "$courant" serve --site "$work/site" --listen 127.0.0.1:0
) >"$work/out" 2>"$work/err" &
server=$!
address=""
for _ in $(seq 1 300); do
  address="$(grep -om1 '127\.0\.0\.1:[0-9]*' "$work/out" || true)"
  [ -z "$address" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$work/err"; exit 1; }
  sleep 0.1
done
[ -n "$address" ] || { echo "the server did not start" >&2; exit 1; }

memory() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status"; }
descriptors() { find "/proc/$server/fd" -mindepth 1 | wc -l; }
result=0
row() {
  python3 bench/hostile.py measure "$address" --name "$1" --seconds "$seconds" --rate "$rate" --p99-ms "$2" || result=1
}

echo "| when | path | requests | failed | median | 99 of 100 within | longest |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
row "before" 0
quiet="$(memory) MB, $(descriptors) file descriptors"
python3 bench/hostile.py attack "$address" --slow "$slow" --bombs "$bombs" --seconds $((seconds + 20)) >"$work/attack" &
attack=$!
for _ in $(seq 1 200); do
  ! grep -q ready "$work/attack" || break
  sleep 0.1
done
row "under attack" "$p99"
busy="$(memory) MB, $(descriptors) file descriptors"
kill "$attack" 2>/dev/null || true
wait "$attack" 2>/dev/null || true
attack=""
echo
echo "peak before: $quiet; peak under attack by $slow slow clients and $bombs bombs: $busy"
sed -n 's/^sent /sent: /p' "$work/attack"
echo "the server's log:"
grep -v '^$' "$work/err" | cut -c1-200 | head -20 || true
exit "$result"
