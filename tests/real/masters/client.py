"""A client of the API that never rests: it writes a number, reads it, and watches it, through the balancer, as client-go would.

A connection that ends while nothing is under way on it, or before any of a reply has come to a request that may be sent twice, is made anew, and counted as
such. A write that is under way while etcd's leader changes may be lost in etcd, which says after seven seconds that it does not know (500, "etcdserver: ..."):
that one is sent again, and counted apart. Anything else that is not an answer of 2xx is a failure: a refusal, a certificate that is not trusted, a reply that is cut, two connections in a row that
give nothing, a number that the watch never saw."""
import http.client
import json
import ssl
import threading
import time

PATH = "/api/v1/namespaces/default/configmaps"
NAME = "counted"
PAUSE_S = 0.05
LONGEST_S = 10
CLOSED = (http.client.HTTPException, ConnectionError, ssl.SSLEOFError)


class Client:
    def __init__(self, host, port, ca, own):
        """Files, the second with certificate and key: they are read for each connection, and so may change."""
        self.host, self.port, self.files = host, port, (ca, own)
        self.stopped, self.failures, self.requests, self.anew, self.unsure, self.watches, self.written, self.seen = threading.Event(), [], 0, 0, 0, 0, 0, 0
        self.slowest = 0.0
        self.threads = [threading.Thread(target=self.guarded, args=(work,), daemon=True) for work in (self.count, self.watch)]

    def start(self):
        self.connection = self.connect()
        self.request("POST", PATH, {"metadata": {"name": NAME}, "data": {"number": "0"}})
        for t in self.threads:
            t.start()

    def stop(self):
        """Ends it, once the watch has seen what was written last."""
        self.stopped.set()
        self.threads[0].join()
        self.threads[1].join(LONGEST_S)
        if self.seen != self.written:
            self.failures.append(f"the watch saw {self.seen} of {self.written} numbers")

    def guarded(self, work):
        try:
            work()
        except Exception as e:
            self.failures.append(f"{time.strftime('%T')} {work.__name__}: {type(e).__name__}: {e}")

    def connect(self):
        context = ssl.create_default_context(cafile=self.files[0])
        context.load_cert_chain(self.files[1])
        return http.client.HTTPSConnection(self.host, self.port, context=context, timeout=LONGEST_S)

    def request(self, method, path, body=None):
        """All that is sent may be sent twice: the number is set, not added to."""
        begun = time.monotonic()
        for last in (False, True):
            try:
                self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/merge-patch+json" if method == "PATCH" else "application/json"})
                reply = self.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
                if last:
                    raise
                self.connection = self.connect()
                self.anew += 1
        text = reply.read()
        self.requests += 1
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if reply.status == 500 and method == "PATCH" and b"etcdserver: " in text:
            self.unsure += 1
            return self.request(method, path, body)
        if not 200 <= reply.status < 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {text.decode()[:300]}")
        return json.loads(text)

    def count(self):
        while not self.stopped.is_set():
            number = self.written + 1
            self.guarded(lambda: self.write(number))
            time.sleep(PAUSE_S)

    def write(self, number):
        self.request("PATCH", f"{PATH}/{NAME}", {"data": {"number": str(number)}})
        self.written = number
        got = int(self.request("GET", f"{PATH}/{NAME}")["data"]["number"])
        if got != number:
            raise RuntimeError(f"{number} was written, {got} read")

    def watch(self):
        had = json.loads(self.one("GET", f"{PATH}/{NAME}"))
        version, self.seen, empty = had["metadata"]["resourceVersion"], int(had["data"]["number"]), 0
        while not (self.stopped.is_set() and self.seen == self.written):
            self.watches, empty = self.watches + 1, empty + 1
            try:
                for event in self.events(version):
                    empty = 0
                    if event["type"] == "ERROR":
                        raise RuntimeError(event["object"])
                    version, number = event["object"]["metadata"]["resourceVersion"], int(event["object"]["data"]["number"])
                    if number not in (self.seen, self.seen + 1):
                        raise RuntimeError(f"after {self.seen} the watch saw {number}")
                    self.seen = number
                    if self.stopped.is_set() and self.seen == self.written:
                        return
            except (*CLOSED, TimeoutError):                # it goes on where it was
                if empty > 1:
                    raise

    def one(self, method, path):
        connection = self.connect()
        connection.request(method, path)
        return connection.getresponse().read()

    def events(self, version):
        connection = self.connect()
        connection.request("GET", f"{PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}&resourceVersion={version}")
        reply = connection.getresponse()
        if reply.status != 200:
            raise RuntimeError(f"watch: {reply.status} {reply.read().decode()[:300]}")
        while line := reply.readline():
            yield json.loads(line)

    def told(self):
        return (f"{self.requests} requests, {len(self.failures)} failed, slowest {self.slowest:.2f} s; {self.seen} of {self.written} numbers seen in {self.watches} watches; "
                f"{self.anew} connections made anew, {self.unsure} writes lost in etcd")
