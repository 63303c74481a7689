"""A proxy between kc and an endpoint that answers lookups wrongly now and then, and kills kc at a request."""
import http.client
import random
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html>\n<title>Not found</title>\n<p>This page does not exist."
DENIED = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error><RequestId>0a1b2c3d-0000</RequestId></ErrorResponse>"


def refused(query):
    """AWS's own refusal, as the two kinds of protocols write it."""
    if query:
        return 403, {"Content-Type": "text/xml", "x-amzn-RequestId": "0a1b2c3d-0000"}, DENIED
    return 403, {"Content-Type": "application/json", "x-amzn-RequestId": "0a1b2c3d-0000", "x-amzn-ErrorType": "AccessDeniedException"}, b'{"message": "not authorized"}'


class Proxy:
    """`rate`: share of lookups that are spoilt. `kill_at`: which request from now on kills kc, through `kill`; before or after it has its effect."""

    def __init__(self, upstream, seed):
        self.upstream = urllib.parse.urlsplit(upstream).netloc
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.rate, self.faults, self.seen = 0.0, 0, 0
        self.kill_at, self.kill_after, self.kill = None, False, None
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def handle_one_request(self):
                try:
                    self.raw_requestline = self.rfile.readline(65537)
                except OSError:
                    self.raw_requestline = b""
                if self.raw_requestline and self.parse_request():
                    proxy.serve(self)
                else:
                    self.close_connection = True

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()

    def begin(self, kill, kill_at, kill_after, rate):
        with self.lock:
            self.kill, self.kill_at, self.kill_after, self.rate, self.seen = kill, kill_at, kill_after, rate, 0

    def serve(self, h):
        body = h.rfile.read(int(h.headers.get("Content-Length") or 0))
        action = urllib.parse.parse_qs(body.decode("latin-1")).get("Action", [""])[0] if h.command == "POST" else ""
        lookup = action.startswith(("Describe", "Get", "List")) or (not action and h.command == "GET")
        with self.lock:
            self.seen += 1
            mine = self.kill_at is not None and self.seen >= self.kill_at
            if mine:
                self.kill_at = None
            spoilt = lookup and not mine and self.random.random() < self.rate
            kind = self.random.choice(("cut", "503", "denied", "page 200", "page 404", "empty")) if spoilt else None
            self.faults += spoilt
        try:
            if mine and not self.kill_after:
                return self.die(h)
            if kind in ("cut", "empty", None):
                status, headers, reply = self.ask(h, body)
            if mine:
                return self.die(h)
            if kind == "503":
                status, headers, reply = 503, {"Content-Type": "text/html"}, b"<h1>Service Unavailable</h1>"
            elif kind == "denied":
                status, headers, reply = refused(action)
            elif kind in ("page 200", "page 404"):
                status, headers, reply = int(kind[-3:]), {"Content-Type": "text/html"}, PAGE
            elif kind == "empty":
                reply = b"{}"
            self.reply(h, status, headers, reply, kind == "cut")
        except OSError:                                    # kc is gone, or the server hung up
            h.close_connection = True

    def die(self, h):
        self.kill()
        h.close_connection = True

    def ask(self, h, body):
        c = http.client.HTTPConnection(self.upstream, timeout=60)
        c.request(h.command, h.path, body, dict(h.headers))
        r = c.getresponse()
        reply = r.read()
        headers = {k: v for k, v in r.getheaders() if k.lower() not in ("content-length", "transfer-encoding", "connection")}
        c.close()
        return r.status, headers, reply

    def reply(self, h, status, headers, body, cut):
        h.send_response_only(status)
        for k, v in headers.items():
            h.send_header(k, v)
        h.send_header("Content-Length", str(len(body)))
        h.end_headers()
        h.wfile.write(body[:len(body) // 2] if cut else body)
        h.wfile.flush()
        if cut:
            h.close_connection = True
