#!/usr/bin/env bash
# Streams captures that ask for memory into wsblame, and prints what it took as a Markdown table.
#
#   benches/memory.sh [PART]
#
# PART (1) divides the sizes, for a quick look: 10 leaves a tenth of each. Nothing is written to the
# disk: each capture is made as it is read. The seconds are those of both, the maker and the reader.
set -euo pipefail

part=${1:-1}

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

whole=$(cargo bench --bench whole --no-run 2>&1 | sed -n 's/.*benches\/whole\.rs (\(.*\))$/\1/p')
# Last, for a bench builds the program too, in its own profile.
cargo build --release --quiet
wsblame=target/release/wsblame

cat <<END
$(date +%F), $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $(nproc) cores

| capture | size | text: peak, MiB | seconds | NDJSON: peak, MiB | seconds |
|---|--:|--:|--:|--:|--:|
END

measure() {
  local name=$1 size=$2 format statuses
  printf '| %s | %s |' "$name" "$size"
  for format in text ndjson; do
    statuses=(0 0)
    "$whole" write "$name" "$size" 2>"$work/maker" |
      /usr/bin/time --quiet -f '%M %e' -o "$work/used" "$wsblame" -f "$format" - \
        >/dev/null 2>"$work/log" || statuses=("${PIPESTATUS[@]}")
    if ((statuses[0] > 0 || statuses[1] > 1)); then # 1 says that something was found
      cat "$work/maker" "$work/log" >&2
      exit 1
    fi
    awk '{ printf " %d | %s |", $1 / 1024, $2 }' "$work/used"
  done
  echo
}

measure mixed "$((10000 / part))MB"
measure concurrent "$((1000 / part))k"
measure open "$((100000 / part))"
measure hole "$((4000 / part))MB"
measure waiting "$((2000 / part))MB"
measure syns "$((5000 / part))k"
