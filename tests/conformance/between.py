"""A proxy between kc and AWS: it knows every secret that goes through, and stops the world at a request, before AWS has it or before kc has the answer."""
import http.client
import json
import sys
import threading
import urllib.parse
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Stop:
    """`then` is called with the request's body while kc waits; what it returns says whether the connection is cut."""
    op: str | None                                         # None: any
    then: object
    before: bool = True                                    # AWS has the request; else: AWS has it, kc has no answer
    skip: int = 0


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # kc was killed
            super().handle_error(request, client_address)


class Between:
    def __init__(self, url):
        self.target = urllib.parse.urlsplit(url)
        self.secrets, self.calls, self.stops, self.lock = [], [], [], threading.Lock()
        self.http = Listener(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def stopped(self, op, before, body):
        """Whether the connection is to be cut here."""
        with self.lock:
            met = [s for s in self.stops if s.op in (None, op) and s.before == before]
            due = next((s for s in met if s.skip == 0), None)
            for stop in met:
                stop.skip -= 1
            if due:
                self.stops.remove(due)
        return bool(due and due.then(body))

    def forward(self, head, body):
        there = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=60)
        there.request(head.command, head.path, body, dict(head.headers))
        reply = there.getresponse()
        return reply.status, reply.getheaders(), reply.read()

    def handler(between):                                  # pylint: disable=no-self-argument
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                op = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                secret = json.loads(body).get("SecretString") if op else None
                with between.lock:
                    between.calls.append(op)
                    between.secrets += [secret] if secret else []
                if between.stopped(op, True, body):
                    return self.cut()
                status, headers, reply = between.forward(self, body)
                if between.stopped(op, False, body):
                    return self.cut()
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def cut(self):
                self.close_connection = True

            def log_message(self, *_):
                pass
        return Handler
