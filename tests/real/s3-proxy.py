#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between muster-net and a real S3 and makes what that does not do on demand.

s3-proxy.py PORT-FILE TARGET-PORT [--cut BYTES] [--before TEXT COMMAND] [--move REGION]

--cut      closes a connection once it has carried so many bytes of answers; the first only
--before   runs COMMAND before the first request that has TEXT in it is handed on
--move     answers the first request with 301 to that region; later ones must be signed for it
"""

import argparse
import socket
import subprocess
import sys
import threading

parser = argparse.ArgumentParser()
parser.add_argument("port_file")
parser.add_argument("target", type=int)
parser.add_argument("--cut", type=int, default=0)
parser.add_argument("--before", nargs=2, default=None)
parser.add_argument("--move")
args = parser.parse_args()
lock = threading.Lock()
done = set()


def first(what):
    with lock:
        fresh = what not in done
        done.add(what)
    return fresh


def moved(client, data):
    if first("move"):
        client.sendall(
            b"HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: %s\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n" % args.move.encode())
        return True
    if b"/%s/s3/aws4_request" % args.move.encode() not in data:
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return True
    return False


def requests(client, server):
    while data := client.recv(65536):
        if args.before and args.before[0].encode() in data and first("before"):
            subprocess.run(args.before[1], shell=True, check=True)
        if args.move and moved(client, data):
            break
        server.sendall(data)
    for s in (client, server):
        s.shutdown(socket.SHUT_RDWR)


def answers(client, server):
    carried = 0
    while data := server.recv(65536):
        carried += len(data)
        client.sendall(data)
        if args.cut and carried > args.cut and first("cut"):
            break
    for s in (client, server):
        s.shutdown(socket.SHUT_RDWR)


def quietly(direction, *sockets):
    try:
        direction(*sockets)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
with open(args.port_file, "w", encoding="ascii") as f:
    f.write(str(listener.getsockname()[1]) + "\n")
while True:
    peer, _ = listener.accept()
    try:
        target = socket.create_connection(("127.0.0.1", args.target))
    except OSError as e:
        sys.exit(f"s3-proxy: {e}")
    for way in (requests, answers):
        threading.Thread(target=quietly, args=(way, peer, target), daemon=True).start()
