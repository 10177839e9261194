"""Holds kept connections, each idle after one answered request: hold.py COUNT FILE HOST:PORT; FILE says that they are there."""

import resource
import socket
import sys
import time

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
count, ready, place = sys.argv[1:]
host, port = place.split(":")
held = []
for _ in range(int(count)):
    one = socket.create_connection((host, int(port)))
    one.sendall(f"GET / HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
    one.recv(4096)
    held.append(one)
open(ready, "w").close()
time.sleep(600)
