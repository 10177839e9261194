#!/usr/bin/env bash
# Visits the example with a real browser: bash examples/acme-axum/web/browser.sh
#
# It needs node, npm's registry for the first run, and cargo. Chromium is installed from Debian where it is missing and can
# be; otherwise it says that it is skipped.
#
#   ACME_SERVER   the example's program; without it, it is built from this checkout
#   CHROMIUM      the browser's program
#   PICTURES      a folder for pictures of what was seen
#   E2E_REQUIRED  1: fail instead of skipping
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

skip() {
  echo "SKIPPED: the browser does not visit acme-axum: $1"
  [ "${E2E_REQUIRED:-}" = 1 ] && exit 1
  exit 0
}

command -v node >/dev/null || skip 'node is missing'
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$browser" ]; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo -n)
  export DEBIAN_FRONTEND=noninteractive
  command -v apt-get >/dev/null && "${root[@]}" apt-get update -qq \
    && "${root[@]}" apt-get install -qq -y --no-install-recommends chromium >/dev/null \
    || skip 'chromium is missing and could not be installed; install it, or set CHROMIUM'
  browser=$(command -v chromium)
fi
export CHROMIUM=$browser

if [ -z "${ACME_SERVER:-}" ]; then
  (cd ../../.. && cargo build --quiet --package acme-axum)
  target=$(cd ../../.. && cargo metadata --no-deps --format-version 1 | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')
  ACME_SERVER=$target/debug/acme-axum
fi
cmp -s package-lock.json node_modules/.lock || { npm ci --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.lock; }
npm run --silent build
SERVER=$ACME_SERVER timeout --kill-after=10 180 npm run --silent test:browser
