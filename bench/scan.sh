#!/usr/bin/env bash
# Portcullis, the floor and its peers on the same trees, in one run: bench/scan.sh [TREE]...
#
# Without arguments: the example app, and a generated project of 7,000 files. Each command runs RUNS times (default 5),
# one at a time, without a cache of its own; the best wall time counts. Prints a Markdown table for each tree.
# docs/measurements.md says how to read it. A tool that is not there is left out, and said to be.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$bench")
runs=${RUNS:-5}
target=${CARGO_TARGET_DIR:-$root/target}
# Peers must not send anything anywhere.
export DO_NOT_TRACK=1 FALLOW_TELEMETRY=0 CI=1 NO_COLOR=1

note() { printf '%s\n' "$*" >&2; }

note 'building the floor and the runner'
cargo build --release --quiet --locked --manifest-path "$bench/floor/Cargo.toml" --target-dir "$target/bench"
measure="$target/bench/release/measure"
floor="$target/bench/release/portcullis-floor"

portcullis="$target/release/portcullis"
if ! cargo build --release --quiet --locked --manifest-path "$root/Cargo.toml" --package portcullis --target-dir "$target"; then
  note 'portcullis does not build: left out'
  portcullis=''
elif ! "$portcullis" scan --help >/dev/null 2>&1; then
  note 'portcullis has no scan: left out'
  portcullis=''
fi

if [ ! -d "$bench/node_modules" ]; then
  note 'installing the peers'
  # Not `npm ci`: the lock file holds the native packages of Linux on x64, and npm has to add those of other machines.
  npm install --no-save --ignore-scripts --no-audit --no-fund --prefix "$bench" >&2 \
    || note 'the peers cannot be installed: left out'
fi
# The programs themselves: what a launcher in JavaScript adds is not the analyser's.
fallow=$(find "$bench/node_modules/@fallow-cli" -type f -name fallow 2>/dev/null | head -n 1 || true)
oxlint="$bench/node_modules/.bin/oxlint"
react_doctor="$bench/node_modules/.bin/react-doctor"

if [ $# -eq 0 ]; then
  # Outside of this work tree: some peers honour the `.gitignore` files above a tree, and would skip it.
  large="${TMPDIR:-/tmp}/portcullis-bench/large"
  note 'generating the large tree'
  node "$bench/generate.mjs" "$large" 7000 1 >&2
  set -- "$root/examples/acme-next" "$large"
fi

version() { node -p "require('$bench/node_modules/$1/package.json').version" 2>/dev/null || echo '?'; }
lines() { cat /proc/cpuinfo 2>/dev/null | sed -n 's/^model name[^:]*: //p' | head -n 1; }

# One row: measure it, and relate it to the floor.
row() {
  local name=$1 tree=$2 out best median peak code
  shift 2
  if ! out=$("$measure" "$runs" "$tree" "$@"); then
    printf '| %s | could not run | | | | |\n' "$name"
    return
  fi
  read -r best median peak code <<<"$out"
  [ -n "$base" ] || base=$best
  printf '| %s | %s | %s | %s | %s | %s |\n' "$name" "$best" "$median" \
    "$(awk -v a="$best" -v b="$base" 'BEGIN { printf "%.1f", a / b }')" "$peak" "$code"
}

printf 'Machine: %s, %s cores, %s, %s\n' "$(lines)" "$(nproc)" "$(uname -sr)" "$(rustc --version | cut -d' ' -f1-2)"
printf 'Runs: %s, best counts. Load before: %s\n' "$runs" "$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo '?')"

for tree in "$@"; do
  tree=$(cd "$tree" && pwd)
  base=''
  size=$("$floor" "$tree")
  printf '\n### %s: %s\n\n' "$(basename "$tree")" "$size"
  printf '| tool | best s | median s | of the floor | peak MB | exit |\n| --- | ---: | ---: | ---: | ---: | ---: |\n'
  row 'floor (walk and parse)' "$tree" "$floor" .
  [ -z "$portcullis" ] || row 'portcullis scan' "$tree" "$portcullis" scan --format json
  [ ! -x "$oxlint" ] || row "oxlint $(version oxlint)" "$tree" "$oxlint"
  [ -z "$fallow" ] || row "fallow security $(version fallow)" "$tree" "$fallow" security --no-cache
  [ ! -x "$react_doctor" ] || row "react-doctor $(version react-doctor)" "$tree" \
    "$react_doctor" --yes --no-cache --no-telemetry --no-supply-chain --blocking none
done
