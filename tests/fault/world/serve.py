# SPDX-License-Identifier: Apache-2.0
"""What the stand-ins have in common: HTTP that can misbehave in every way, a window of time or of
requests in which it does, and a count of what is asked meanwhile."""

import http.server
import json
import ssl
import threading
import time


class Trouble:
    """A fault of one service: `kind` for requests in whose "METHOD PATH" one of `match` is (and for
    which `when` is true), for the first `times` of them, or for `seconds` from the first on; with
    neither, for ever."""

    def __init__(self, kind, match="", times=None, seconds=None, when=None, **more):
        self.kind, self.match, self.when = kind, match.split("|"), when
        self.times, self.seconds, self.more = times, seconds, more
        self.lock = threading.Lock()
        self.answered, self.begun, self.last, self.moments = 0, None, None, []

    def takes(self, line):
        """Whether this request is answered badly."""
        if not any(m in line for m in self.match) or (self.when and not self.when()):
            return False
        now = time.monotonic()
        with self.lock:
            self.begun = self.begun or now
            if self.times is not None and self.answered >= self.times:
                return False
            if self.seconds is not None and now >= self.begun + self.seconds:
                return False
            self.answered += 1
            self.last = now
            self.moments.append(now)
            return True

    def good_from(self):
        """When the world was well again; None where it was never ill."""
        if self.begun is None:
            return None
        lasts = self.more.get("gone", self.seconds)
        return self.begun + lasts if lasts is not None else self.last


class Answer:
    """cut: the connection ends after so many bytes of the body; stall: nothing comes after them;
    endless: the body is repeated for ever; declared: the length that is claimed."""

    def __init__(self, status, body=b"", headers=(), **odd):
        self.status, self.headers = status, list(headers)
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.odd = odd


def broken(trouble, request, good):
    """The Answer of a service in trouble, None where the connection has been dealt with. `good`
    makes the honest one."""
    more, kind = trouble.more, trouble.kind
    if kind == "status":
        return Answer(more["status"], more.get("body", b"no"), more.get("headers", ()))
    if kind == "body":
        return Answer(200, more["body"])
    if kind == "hang":
        request.wait_for_close()
        return None
    if kind == "close":
        return None
    if kind == "act":
        return more["act"](request)
    if kind == "noise":
        request.connection.sendall(b"\x16\x03\x01 220 smtp.example ESMTP\r\n" * 8)
        return None
    if kind == "gone":
        request.server.service.world.cut_cable(more["gone"])
        return good()
    if kind == "slow":
        time.sleep(more["delay"])
        return good()
    answer = good()
    if kind in ("cut", "stall"):
        answer.odd = {kind: more["at"]}
    elif kind == "endless":
        answer.odd = {"endless": True}
        answer.body = (answer.body or b"x") * (1 + (1 << 16) // max(1, len(answer.body)))
    elif kind == "change":
        answer.body = more["change"](answer.body)
    else:
        raise ValueError(kind)
    return answer


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (OSError, ssl.SSLError, ValueError):
            self.close_connection = True

    def wait_for_close(self):
        self.connection.settimeout(120)
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass

    def serve(self):
        service = self.server.service
        service.hosts.add(self.headers.get("Host", ""))
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        trouble = service.trouble_for(f"{self.command} {self.path}")
        if trouble:
            answer = broken(trouble, self, lambda: service.answer(self))
        else:
            answer = service.answer(self)
        if answer is None:
            self.close_connection = True
        else:
            self.send(answer)

    do_GET = do_PUT = do_POST = do_PATCH = do_CONNECT = serve

    def send(self, a):
        names = {k.lower() for k, _ in a.headers}
        self.send_response(a.status)
        for key, value in a.headers:
            self.send_header(key, value)
        if a.odd.get("endless"):
            self.send_header("Connection", "close")
        elif "content-length" not in names and a.status != 204:
            self.send_header("Content-Length", str(len(a.body)))
        self.end_headers()
        at = a.odd.get("cut", a.odd.get("stall"))
        self.wfile.write(a.body[:at])
        if "cut" in a.odd:
            self.close_connection = True
        elif "stall" in a.odd:
            self.wait_for_close()
            self.close_connection = True
        while a.odd.get("endless"):
            self.wfile.write(a.body[:1 << 16])
            time.sleep(0.001)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, service):
        self.service = service
        super().__init__(address, Request)

    def finish_request(self, request, client_address):
        if self.service.tls:
            request.settimeout(20)
            request = self.service.context().wrap_socket(request, server_side=True)
            request.settimeout(None)
            try:
                super().finish_request(request, client_address)
            finally:
                request.close()
            return
        super().finish_request(request, client_address)

    def shutdown_request(self, request):
        """Of a connection that TLS has taken over, what was wrapped has been closed already."""
        try:
            super().shutdown_request(request)
        except OSError:
            pass

    def handle_error(self, *_):
        pass


class Service:
    """One address. `answer` of a subclass is what it says in good times."""

    def __init__(self, address, port, cert=None):
        self.address, self.port, self.world = address, port, None
        self.troubles, self.hosts = [], set()
        self.tls = cert

    def context(self):
        """Of this connection: a trouble of kind "cert" has another certificate."""
        name = next((t.more["cert"] for t in self.troubles if t.kind == "cert" and t.takes("TLS")),
                    "good")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.tls}/{name}.crt", f"{self.tls}/key.pem")
        return context

    def trouble_for(self, line):
        return next((t for t in self.troubles if t.kind != "cert" and t.takes(line)), None)

    def start(self):
        server = Server((self.address, self.port), self)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request):
        raise NotImplementedError

