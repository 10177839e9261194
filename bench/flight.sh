#!/usr/bin/env bash
# The reader of request bodies beside serde_json (the floor) and React's own decoder, on the same bodies, in one run.
# usage: bench/flight.sh. It needs Node 20 and npm.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node=$here/../crates/gate/flight/tests/react/node

cp "$node"/package*.json "$here/flight/react.mjs" "$folder"
(cd "$folder" && npm ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund --silent)
cargo build --release --quiet --manifest-path "$here/flight/Cargo.toml"
target=${CARGO_TARGET_DIR:-$here/flight/target}
uname -m; nproc; uptime
"$target/release/portcullis-bench-flight" "$folder"
echo
"$target/release/memory"
echo
(cd "$folder" && node --conditions=react-server react.mjs)
