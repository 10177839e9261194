#!/usr/bin/env bash
# Runs the end-to-end tests: bash e2e/run.sh [FILE]...
#
# It needs node from 20.10 on, npm's registry for the first run, and cargo for guard. Chromium is installed from Debian
# where it is missing and can be. Everything that it makes stands in e2e/.work and e2e/node_modules.
#
#   E2E_GUARD    the program to put in front; without it, it is built from this checkout
#   E2E_CORPUS   the program that writes the regression corpus; without E2E_GUARD it is built too
#   E2E_ROUTES   `direct guard` (default), or one of both
#   E2E_QUICK    1: what behaves alike on both routes is tried behind guard only
#   E2E_MAJORS   `14 15 16` (default), or some of them
#   E2E_SECONDS  when the tests are ended, 1500 by default
#   E2E_REQUIRED 1: fail instead of skipping where the browser cannot be installed, or nginx or Redis is missing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

skip() {
  echo "e2e skipped: $1"
  [ "${E2E_REQUIRED:-}" = 1 ] && exit 1
  exit 0
}

command -v node >/dev/null || skip 'node is missing'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 10) ? 0 : 1)' \
  || skip "node $(node --version) is older than 20.10"

browser=${E2E_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$browser" ]; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo -n)
  export DEBIAN_FRONTEND=noninteractive
  command -v apt-get >/dev/null && "${root[@]}" apt-get update -qq \
    && "${root[@]}" apt-get install -qq -y --no-install-recommends chromium >/dev/null \
    || skip 'chromium is missing and could not be installed; install it, or set E2E_CHROMIUM'
  browser=$(command -v chromium)
fi
export E2E_CHROMIUM=$browser
export E2E_ROUTES=${E2E_ROUTES:-direct guard}
export NEXT_TELEMETRY_DISABLED=1

if [[ " $E2E_ROUTES " == *' guard '* && -z ${E2E_GUARD:-} ]]; then
  (cd .. && cargo build --quiet --package portcullis && cargo build --quiet --package portcullis-guard --example corpus)
  target=$(cd .. && cargo metadata --no-deps --format-version 1 | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')
  export E2E_GUARD=$target/debug/portcullis E2E_CORPUS=$target/debug/examples/corpus
fi

rm -rf .work/state-* .work/*.log .work/pictures
cmp -s package-lock.json node_modules/.lock || { npm ci --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.lock; }
node lib/prepare.mjs

[ $# -gt 0 ] || set -- tests/*.test.mjs
timeout --kill-after=20 "${E2E_SECONDS:-1500}" node --test --test-concurrency="${E2E_AT_ONCE:-2}" --test-reporter=spec "$@"
