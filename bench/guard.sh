#!/usr/bin/env bash
# Guard beside nginx as a plain proxy, nginx with ModSecurity and the OWASP rules, and nothing, in one run, in front of the
# same application: pages, and calls of an action with 1 KB of arguments. CPU per request of the proxy, p50 and p99, and
# memory with idle connections. Ratios are what counts: absolute numbers are this machine's. With a build of the
# end-to-end tests (bash e2e/run.sh), also what Next.js itself spends on such a call.
#
#   bench/guard.sh [SECONDS] [CONNECTIONS] [IDLE] [ROUNDS]
#
# Needs nginx, wrk, python3 and node, for ModSecurity the Debian packages libnginx-mod-http-modsecurity and modsecurity-crs,
# and a release build: cargo build --release -p portcullis
set -euo pipefail
seconds=${1:-5}
connections=${2:-32}
idle=${3:-10000}
rounds=${4:-5}
root=$(cd "$(dirname "$0")/.." && pwd)
portcullis=${PORTCULLIS:-${CARGO_TARGET_DIR:-$root/target}/release/portcullis}
next=${NEXT:-$root/e2e/.work/next16}
folder=$(mktemp -d)
started=()
end() {
  for id in "${started[@]}"; do kill "$id" 2>/dev/null || true; done
  sleep 0.3
  rm -rf "$folder"
}
trap end EXIT
ulimit -n "$(ulimit -Hn)"

# The application: 1 KB a page, and no work of its own. Node would hide what is measured.
page=$(head -c 1024 /dev/zero | tr '\0' x)
modsecurity=$(find /usr/lib/nginx/modules /usr/share/nginx/modules -name ngx_http_modsecurity_module.so 2>/dev/null | head -1)
nginx_conf() { # name, port, workers, before everything, in the server
  mkdir -p "$folder/$1"
  cat > "$folder/$1/nginx.conf" <<CONF
$4
daemon off; pid $folder/$1/pid; error_log $folder/$1/error.log; worker_processes $3; worker_rlimit_nofile 65536;
events { worker_connections 30000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 75s;
  geo \$dollar { default "\$"; }
  client_body_temp_path $folder/$1/b; proxy_temp_path $folder/$1/p; fastcgi_temp_path $folder/$1/f;
  uwsgi_temp_path $folder/$1/u; scgi_temp_path $folder/$1/s;
  upstream app { server 127.0.0.1:18001; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:$2 backlog=4096; $5 }
}
CONF
  nginx -c "$folder/$1/nginx.conf" 2> /dev/null &
  started+=($!)
}
proxied="proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off; \
proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-For \$remote_addr;"
answer='0:{"a":"${dollar}@1","f":"","b":"build"}\n1:{"saved":true,"id":"item-7","title":"A title"}\n'
nginx_conf app 18001 1 '' "location / { default_type text/html; return 200 '$page'; }
  location = /action { default_type text/x-component; return 200 '$answer'; }"
nginx_conf nginx 18002 2 '' "location / { $proxied }"
names=(nginx guard)
declare -A port=([direct]=18001 [nginx]=18002 [guard]=18003 [modsecurity]=18004)
declare -A process
if [ -n "$modsecurity" ] && [ -e /usr/share/modsecurity-crs/owasp-crs.load ]; then
  # The rules as they come, and told that an action's body is JSON: otherwise none of them looks into it.
  cat > "$folder/rules" <<RULES
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "@rx ^text/plain" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecAction "id:2,phase:1,pass,nolog,setvar:'tx.allowed_request_content_type=|text/plain|multipart/form-data|'"
SecAction "id:3,phase:1,pass,nolog,setvar:tx.paranoia_level=1,setvar:tx.crs_setup_version=334"
Include /usr/share/modsecurity-crs/rules/*.conf
RULES
  nginx_conf modsecurity 18004 2 "load_module $modsecurity;" \
    "modsecurity on; modsecurity_rules_file $folder/rules; location / { $proxied }"
  names+=(modsecurity)
else
  echo "without ModSecurity: its packages are not installed" >&2
fi

id=60$(printf '7%.0s' $(seq 40))
secret=a-secret-of-the-benchmark-0123456789abcdef
echo '{"node":{"'"$id"'":{"workers":{},"filename":"app/actions.ts","exportedName":"save"}},"edge":{}}' > "$folder/manifest.json"
cat > "$folder/save.json" <<'SCHEMA'
{"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{"type": "string", "maxLength": 64}, {"type": "object",
 "properties": {"title": {"type": "string", "maxLength": 100}, "number": {"type": "integer", "minimum": 0},
 "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 10}, "text": {"type": "string", "maxLength": 2000}},
 "required": ["title", "number", "tags", "text"], "additionalProperties": false}]}
SCHEMA
python3 - "$folder/app.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("create table items (id text primary key, owner_id text)")
db.executemany("insert into items values (?, 'ann')", [(f"item-{number}",) for number in range(50)])
db.commit()
PY
cat > "$folder/portcullis.toml" <<POLICY
[guard]
listen = "127.0.0.1:18003"
upstream = "http://127.0.0.1:18001"
public-origins = ["http://127.0.0.1:18003"]
manifest = "manifest.json"
[guard.limits]
requests-per-address = "1000000000/1s"
connections-per-address = 100000
connections = 100000
[guard.actions]
next = "16"
[session]
provider = "authjs"
[database]
url = "sqlite:app.db"
[store]
url = "memory:"
[audit]
file = "audit.jsonl"
[actions."app/actions.ts#save"]
access = "authenticated"
rate = "100000000/1m per user"
schema = "save.json"
owns = { arg = "/0", query = "select 1 from items where id = \$1 and owner_id = \$user" }
replay = "once"
replay-window = "10s"
POLICY
(cd "$folder" && AUTH_SECRET=$secret PORTCULLIS_SECRET=$secret exec "$portcullis" guard --quiet --config portcullis.toml) &
started+=($!)
process[guard]=$!
sleep 2
for name in nginx modsecurity; do
  [ ! -e "$folder/$name/pid" ] || process[$name]=$(cat "$folder/$name/pid")
done
process[direct]=$(cat "$folder/app/pid")
cookie=$(node "$root/bench/guard/session.mjs" "$secret" ann)
words=$(printf 'some words of a text %.0s' $(seq 50) | head -c 930)

# Ticks of CPU of a process and its children.
ticks() {
  local total=0
  for one in "$1" $(pgrep -P "$1" || true); do
    total=$((total + $(awk '{ print $14 + $15 }' "/proc/$one/stat")))
  done
  echo "$total"
}
# Resident memory in kilobytes, children included.
memory() {
  local total=0
  for one in "$1" $(pgrep -P "$1" || true); do
    total=$((total + $(awk '/VmRSS/ { print $2 }' "/proc/$one/status")))
  done
  echo "$total"
}
load() { # kind, port, seconds, id
  local place=http://127.0.0.1:$2
  if [ "$1" = page ]; then
    wrk -t1 -c"$connections" -d"${3}s" --latency "$place/"
  else
    wrk -t1 -c"$connections" -d"${3}s" --latency -s "$root/bench/guard/action.lua" "$place${path:-/action}" -- "$4" "$place" \
      "$cookie" "$words"
  fi
}
measure() { # kind, name
  load "$1" "${port[$2]}" 1 "$id" > /dev/null
  local before after
  before=$(ticks "${process[$2]}")
  load "$1" "${port[$2]}" "$seconds" "$id" > "$folder/wrk"
  after=$(ticks "${process[$2]}")
  awk -v kind="$1" -v name="$2" -v used=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    /50%/ { p50 = $2 } /99%/ { p99 = $2 } /requests in/ { requests = $1 } /Requests\/sec/ { rate = $2 }
    /Non-2xx/ { bad = $NF }
    END { printf "%-7s %-12s %9.0f requests/s  p50 %8s  p99 %8s  %8.2f us of CPU a request%s\n", kind, name, rate, p50, p99,
          used / hz / requests * 1e6, bad ? "  NOT 2xx: " bad : "" }' "$folder/wrk" | tee -a "$folder/results"
}
echo "load $(cut -d' ' -f1-3 /proc/loadavg), $("$portcullis" --version), $(nginx -v 2>&1 | cut -d/ -f2), $connections connections, ${seconds} s a row"
for kind in page action; do
  measure "$kind" direct
  for _ in $(seq "$rounds"); do
    for name in "${names[@]}"; do measure "$kind" "$name"; done
  done
done
echo "median CPU per request, and of nginx's:"
awk '{ values[$1 " " $2] = values[$1 " " $2] " " $9 }
  function median(list, count, sorted, i, j, t) { count = split(list, sorted, " ");
    for (i = 2; i <= count; i++) for (j = i; j > 1 && sorted[j - 1] + 0 > sorted[j] + 0; j--) { t = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = t }
    return sorted[int((count + 1) / 2)] }
  END { for (key in values) { split(key, part, " "); middle = median(values[key]); base = median(values[part[1] " nginx"]);
    if (part[2] != "direct") printf "  %-7s %-12s %8.2f us  %5.2f\n", part[1], part[2], middle, middle / base } }' "$folder/results" | sort

if [ -e "$next/.next/server/server-reference-manifest.json" ]; then
  # The same calls to an action of a real Next.js that does nothing with them.
  real=$(node -p 'Object.entries(JSON.parse(require("fs").readFileSync(process.argv[1])).node).find(([, one]) => one.exportedName === "swallow")[0]' \
    "$next/.next/server/server-reference-manifest.json")
  (cd "$next" && exec node node_modules/next/dist/bin/next start -p 18005 -H 127.0.0.1 > "$folder/next.log" 2>&1) &
  started+=($!)
  process[next]=$!
  port[next]=18005
  for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:18005/ && break || sleep 0.2; done
  id=$real path=/fetch measure action next
fi

for name in "${names[@]}"; do
  before=$(memory "${process[$name]}")
  if [ "$idle" -gt 0 ]; then
    python3 "$root/bench/guard/hold.py" "$idle" "$folder/held-$name" "127.0.0.1:${port[$name]}" &
    holder=$!
    started+=("$holder")
    while [ ! -e "$folder/held-$name" ] && kill -0 "$holder" 2> /dev/null; do sleep 0.2; done
    after=$(memory "${process[$name]}")
    kill "$holder" 2>/dev/null || true
  fi
  echo "memory, KB: $name $before, with $idle idle connections ${after:-$before}: $(((${after:-$before} - before) * 1024 / (idle > 0 ? idle : 1))) bytes a connection"
done
