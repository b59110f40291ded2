#!/usr/bin/env bash
# Compares wsblame with other tools on the same captures, in one run, and prints Markdown tables.
#
#   benches/against.sh [MEGABYTES [ROUNDS]]
#
# MEGABYTES is the size of each capture (256); mixed is four times as large. In each of ROUNDS (3)
# every tool has its turn on the same file, so that whatever else the machine does slows all alike,
# and the fastest turn of each counts. All files are in the page cache. tcpflow writes its files
# into a folder that is deleted after each turn. Standard error says how far it is.
#
# tshark, tcpflow and GNU time have to be installed. TMPDIR needs room for ten times MEGABYTES.
set -euo pipefail

megabytes=${1:-256}
rounds=${2:-3}
captures=(mixed small large deflate flows)

cd "$(dirname "$0")/.."
for needed in tshark tcpflow /usr/bin/time; do
  command -v "$needed" >/dev/null || { echo "$needed is missing" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The executable of the bench, which writes captures and has the bare loop in it.
whole=$(cargo bench --bench whole --no-run 2>&1 | sed -n 's/.*benches\/whole\.rs (\(.*\))$/\1/p')
# Last, for a bench builds the program too, in its own profile.
cargo build --release --quiet
wsblame=target/release/wsblame
tools=(cat bare wsblame tshark tcpflow)
one=()
if "$wsblame" --help | grep -q -- '--threads'; then
  one=(--threads 1)
  tools+=(wsblame2)
fi

declare -A best cpu peak size

# Gives a tool its turn on a capture, and keeps the figures if it was its fastest.
turn() {
  local tool=$1 name=$2 capture=$work/$2.pcap line=() begin microseconds status=0
  case $tool in
    cat) line=(cat "$capture") ;;
    bare) line=("$whole" bare "$capture") ;;
    wsblame) line=("$wsblame" "${one[@]}" "$capture") ;;
    wsblame2) line=("$wsblame" --threads 2 "$capture") ;;
    tshark) line=(tshark -r "$capture" -Y 'websocket.opcode==8' -T fields
      -e frame.number -e websocket.payload.close.status_code) ;;
    tcpflow) line=(tcpflow -r "$capture" -o "$work/flows") ;;
  esac
  begin=${EPOCHREALTIME//[^0-9]/}
  /usr/bin/time --quiet -f '%U %S %M' -o "$work/used" "${line[@]}" >/dev/null 2>"$work/log" || status=$?
  microseconds=$((${EPOCHREALTIME//[^0-9]/} - begin))
  rm -rf "$work/flows"
  # wsblame says with 1 that it has found something.
  if ((status > 1)) || { ((status == 1)) && [[ $tool != wsblame* ]]; }; then
    echo "$tool failed on $name with $status:" >&2
    cat "$work/log" >&2
    exit 1
  fi
  echo "$name: $tool $((microseconds / 1000)) ms" >&2
  if ((microseconds < ${best[$name,$tool]:-microseconds + 1})); then
    best[$name,$tool]=$microseconds
    read -r user system peak[$name,$tool] <"$work/used"
    cpu[$name,$tool]=$(awk "BEGIN { print $user + $system }")
  fi
}

for name in "${captures[@]}"; do
  scale=1
  [[ $name == mixed ]] && scale=4
  "$whole" write "$name" "$((megabytes * scale))MB" "$work/$name.pcap" 2>/dev/null
  size[$name]=$(stat -c %s "$work/$name.pcap")
  cat "$work/$name.pcap" >/dev/null
  for ((round = 0; round < rounds; round++)); do
    for tool in "${tools[@]}"; do
      turn "$tool" "$name"
    done
  done
  rm "$work/$name.pcap"
done

# How many times the time of the second the first takes.
ratio() {
  awk "BEGIN { r = $1 / $2; printf r < 10 ? \"%.1f\" : \"%.0f\", r }"
}

version() {
  "$@" --version 2>/dev/null | head -n 1 | grep -o '[0-9][0-9.]*[0-9]' | head -n 1
}

cat <<END
$(date +%F), $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $(nproc) cores, \
load $(cut -d ' ' -f 1 /proc/loadavg); wsblame $(version "$wsblame"), tshark $(version tshark), \
tcpflow $(version tcpflow), the fastest of $rounds turns each.

| capture | MB | wsblame, MB/s | times as fast as tshark | as tcpflow | time, to bare loop's | to cat's | two threads against one |
|---|--:|--:|--:|--:|--:|--:|--:|
END
for name in "${captures[@]}"; do
  own=${best[$name,wsblame]}
  gain=–
  [[ -n ${best[$name,wsblame2]:-} ]] && gain=$(ratio "$own" "${best[$name,wsblame2]}")
  echo "| $name | $((size[$name] / 1000000)) | $((size[$name] / own))" \
    "| $(ratio "${best[$name,tshark]}" "$own") | $(ratio "${best[$name,tcpflow]}" "$own")" \
    "| $(ratio "$own" "${best[$name,bare]}") | $(ratio "$own" "${best[$name,cat]}") | $gain |"
done

echo
echo "Seconds, of them on a processor, and the peak of resident memory in MiB:"
echo
echo "| capture |$(printf ' %s |' "${tools[@]}")"
echo "|---|$(printf -- '---|%.0s' "${tools[@]}")"
for name in "${captures[@]}"; do
  printf '| %s |' "$name"
  for tool in "${tools[@]}"; do
    awk "BEGIN { printf \" %.2f, %.2f, %d |\", ${best[$name,$tool]} / 1e6, \
      ${cpu[$name,$tool]}, ${peak[$name,$tool]} / 1024 }"
  done
  echo
done
