# SPDX-License-Identifier: Apache-2.0
"""A resolver that knows Amazon's names in this small world, and a proxy that may eat what it gets."""

import socket
import struct
import threading
import time

from serve import Answer, Service

ADDRESSES = {".s3.us-west-2.amazonaws.com": "10.9.1.1", ".s3.us-east-1.amazonaws.com": "10.9.1.1",
             "eks.us-west-2.amazonaws.com": "10.9.1.2", "eks.us-east-1.amazonaws.com": "10.9.1.2",
             ".gr7.us-west-2.eks.amazonaws.com": "10.9.1.3", "proxy.corp": "10.9.1.4"}


class Resolver(Service):
    """Troubles: "drop", "servfail", "nxdomain", "wrong" (to), "late" (delay)."""

    def __init__(self):
        super().__init__("10.9.1.53", 53)

    def start(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((self.address, self.port))
        threading.Thread(target=self.loop, args=(s,), daemon=True).start()

    def loop(self, s):
        while True:
            query, peer = s.recvfrom(4096)
            threading.Thread(target=self.reply, args=(s, query, peer), daemon=True).start()

    @staticmethod
    def name_of(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        return ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5

    def reply(self, s, query, peer):
        name, kind, end = self.name_of(query)
        trouble = self.trouble_for(f"A {name}" if kind == 1 else f"OTHER {name}")
        ill = trouble.kind if trouble else None
        address = next((a for n, a in ADDRESSES.items() if name.endswith(n)), None)
        code = 0 if address else 3
        if ill == "drop":
            return
        if ill == "late":
            time.sleep(trouble.more["delay"])
        if ill == "wrong":
            address = trouble.more["to"]
        code = {"servfail": 2, "nxdomain": 3}.get(ill, code)
        body = b""
        if kind == 1 and address and code == 0:
            body = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, bool(body), 0, 0)
        s.sendto(head + query[12:end] + body, peer)


class Proxy(Service):
    """CONNECT alone, by names of its own."""

    def __init__(self):
        super().__init__("10.9.1.4", 3128)

    def answer(self, request):
        host, port = request.path.rsplit(":", 1)
        address = next((a for n, a in ADDRESSES.items() if host.endswith(n)), None)
        if not address:
            return Answer(502)
        with socket.create_connection((address, int(port)), 5) as far:
            request.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=carry, args=(far, request.connection), daemon=True)
            back.start()
            carry(request.connection, far)
            back.join(5)
        return None


def eat(request):
    """Says yes to a CONNECT and swallows everything."""
    request.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    request.wait_for_close()


def carry(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
