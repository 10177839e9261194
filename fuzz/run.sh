#!/usr/bin/env bash
# Fuzzes one target with coverage guidance, on stable Rust: what cargo-fuzz asks of the compiler, without the address
# sanitizer, whose runtime stable Rust does not have (there is no unsafe code in the crates under test).
#
#   fuzz/run.sh PACKAGE TARGET [SECONDS] [OPTION...]     for instance: fuzz/run.sh flight multipart 900
#   fuzz/run.sh --minimise PACKAGE TARGET                adds the few inputs that reach what all of them reach to the seeds
#
# The package is `scan`, `flight` or `gate`; options go to libFuzzer. It needs a C++ compiler and Linux on x86-64 or arm64.
# New inputs go to `corpus/TARGET`, findings to `found/`, both beside the package and outside of version control.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
minimise=
if [ "${1-}" = --minimise ]; then minimise=1; shift; fi
package=${1:?the package: scan, flight or gate} target=${2:?the target} seconds=${3:-60}
shift $(($# < 3 ? $# : 3))
case $package in
  scan) folder=$here seeds=$here/seeds ;;
  *) folder=$here/$package seeds=$here/$package/seeds/$target ;;
esac
features=()
grep -q '^libfuzzer = ' "$folder/Cargo.toml" && features=(--features libfuzzer)

host=$(rustc -vV | sed -n 's/^host: //p')
flags=(-Cpasses=sancov-module -Ccodegen-units=1 -Cdebug-assertions --cfg fuzzing)
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  flags+=("-Cllvm-args=-sanitizer-coverage-$option")
done
# A target triple keeps the flags away from build scripts; a folder of its own, from other builds.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder/target}/libfuzzer
RUSTC_BOOTSTRAP=1 RUSTFLAGS="${flags[*]}" cargo build --release --quiet --manifest-path "$folder/Cargo.toml" \
  "${features[@]}" --target "$host" --bin "$target"
program=$CARGO_TARGET_DIR/$host/release/$target

corpus=$folder/corpus/$target
mkdir -p "$corpus" "$folder/found"
if [ -n "$minimise" ]; then
  # As few as reach every place of the code that all of them reach.
  smallest=$(mktemp -d)
  trap 'rm -rf "$smallest"' EXIT
  "$program" -set_cover_merge=1 -use_counters=0 -max_len=1024 "$smallest" "$seeds" "$corpus"
  for input in "$smallest"/*; do
    name=$(basename "$input")
    cmp -s "$input" "$seeds/corpus-${name:0:12}" || cp "$input" "$seeds/corpus-${name:0:12}"
  done
  exit
fi
options=(-max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1)
options+=(-artifact_prefix="$folder/found/$target-")
[ -f "$folder/words.dict" ] && options+=(-dict="$folder/words.dict")
exec "$program" "${options[@]}" "$@" "$corpus" "$seeds"
