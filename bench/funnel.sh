#!/bin/sh
# What the gates of the library cost over a bare axum handler with the same SQL, in one run, and each gate by itself.
# Ratios are what counts: absolute numbers are this machine's.
#
#   bench/funnel.sh
set -eu
cd "$(dirname "$0")/.."
cargo bench --quiet -p acme-axum --bench funnel
