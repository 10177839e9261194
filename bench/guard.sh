#!/bin/sh
# Guard beside nginx as a plain proxy, and beside nothing, in one run, before the same application: requests a second,
# p50 and p99, CPU per request of the proxy, and memory with idle connections. Ratios are what counts: absolute numbers
# are this machine's.
#
#   bench/guard.sh [SECONDS] [CONNECTIONS] [IDLE]
#
# Needs nginx and wrk (Debian packages) and a release build: cargo build --release -p portcullis
set -eu
seconds=${1:-10}
connections=${2:-32}
idle=${3:-10000}
root=$(cd "$(dirname "$0")/.." && pwd)
portcullis=${PORTCULLIS:-${CARGO_TARGET_DIR:-$root/target}/release/portcullis}
folder=$(mktemp -d)
started=""
trap 'for id in $started; do kill "$id" 2>/dev/null || true; done; rm -rf "$folder"' EXIT

# The application: 1 KB, no work of its own. Node would hide what is measured.
page=$(head -c 1024 /dev/zero | tr '\0' x)
nginx_conf() { # name, port, location
  mkdir -p "$folder/$1"
  cat > "$folder/$1/nginx.conf" <<CONF
daemon off; pid $folder/$1/pid; error_log $folder/$1/error.log; worker_processes ${4:-1};
worker_rlimit_nofile 65536;
events { worker_connections 30000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 75s;
  client_body_temp_path $folder/$1/b; proxy_temp_path $folder/$1/p; fastcgi_temp_path $folder/$1/f;
  uwsgi_temp_path $folder/$1/u; scgi_temp_path $folder/$1/s;
  upstream app { server 127.0.0.1:18001; keepalive 256; }
  server { listen 127.0.0.1:$2 backlog=4096; location / { $3 } }
}
CONF
  nginx -c "$folder/$1/nginx.conf" 2> /dev/null &
  started="$started $!"
}
nginx_conf app 18001 "default_type text/html; return 200 '$page';"
nginx_conf proxy 18002 "proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off; \
proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-For \$remote_addr;" 2
cat > "$folder/portcullis.toml" <<POLICY
[guard]
listen = "127.0.0.1:18003"
upstream = "http://127.0.0.1:18001"
public-origins = ["http://127.0.0.1:18003"]
[guard.limits]
requests-per-address = "1000000000/1s"
connections-per-address = 100000
connections = 100000
[store]
url = "memory:"
POLICY
ulimit -n "$(ulimit -Hn)"
"$portcullis" guard --quiet --config "$folder/portcullis.toml" &
guard=$!
started="$started $guard"
sleep 2
proxy=$(cat "$folder/proxy/pid")

# Ticks of CPU of a process and its children.
ticks() {
  total=0
  for id in "$1" $(pgrep -P "$1" || true); do
    total=$((total + $(awk '{ print $14 + $15 }' "/proc/$id/stat")))
  done
  echo "$total"
}
# Resident memory in kilobytes, children included.
memory() {
  total=0
  for id in "$1" $(pgrep -P "$1" || true); do
    total=$((total + $(awk '/VmRSS/ { print $2 }' "/proc/$id/status")))
  done
  echo "$total"
}
measure() { # name, port, process
  wrk -t1 -c"$connections" -d2s "http://127.0.0.1:$2/" > /dev/null
  before=$(ticks "$3")
  wrk -t1 -c"$connections" -d"${seconds}s" --latency "http://127.0.0.1:$2/" > "$folder/wrk"
  after=$(ticks "$3")
  awk -v name="$1" -v used=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    /50%/ { p50 = $2 } /99%/ { p99 = $2 } /requests in/ { requests = $1 } /Requests\/sec/ { rate = $2 }
    /Non-2xx/ { bad = $NF }
    END { printf "%-8s %9.0f requests/s  p50 %8s  p99 %8s  %7.2f us of CPU a request%s\n", name, rate, p50, p99,
          used / hz / requests * 1e6, bad ? "  NOT 2xx: " bad : "" }' "$folder/wrk"
}
measure direct 18001 "$(cat "$folder/app/pid")"
for round in 1 2 3; do
  measure nginx 18002 "$proxy"
  measure guard 18003 "$guard"
done
echo "memory at rest, KB: nginx $(memory "$proxy"), guard $(memory "$guard")"
python3 - "$idle" "$folder" <<'PY' &
import socket, sys, time, resource
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = []
for port in (18002, 18003):
    for _ in range(int(sys.argv[1])):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
        one.recv(4096)
        held.append(one)
open(sys.argv[2] + "/held", "w").close()
time.sleep(30)
PY
holder=$!
started="$started $holder"
while [ ! -e "$folder/held" ] && kill -0 "$holder" 2> /dev/null; do sleep 1; done
echo "memory with $idle idle connections, KB: nginx $(memory "$proxy"), guard $(memory "$guard")"
