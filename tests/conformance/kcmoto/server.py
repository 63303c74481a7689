"""The server: a WSGI application around moto's, in a thread of the test process."""
import io
import os
import re
import socket
import threading
import time
import traceback
from dataclasses import dataclass

ACCOUNT = "111122223333"
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from moto.backends import get_backend  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from . import checks, clock, public, rules, signature, tokens, wire  # noqa: E402
from .eks import Eks  # noqa: E402

PAGE = b"<!doctype html><html><body><h1>Guests only</h1></body></html>"
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@dataclass
class Fault:
    """Hits requests of an operation: an error reply; or, before or after the effect, the connection cut or a web page in place of the reply;
    or the reply with an empty body. `then` is called just before the cut."""
    op: str
    kind: str = "error"                                    # "error", "reset before", "reset after", "page before", "page after", "empty"
    code: str = "ServiceUnavailable"
    status: int = 503
    times: int = 1
    skip: int = 0
    then: object = None


@dataclass
class Keys:
    """What a key id stands for. Temporary ones have a session token, and end: at a time, and before it once `serves` requests were signed with them."""
    secret: str
    account: str = ACCOUNT
    token: str | None = None
    ends: float | None = None                              # Server.now()
    serves: int | None = None


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.server.app.now() if timestamp is None else timestamp)


class Server:
    def __init__(self, seconds_per_minute=0.06):
        clock.seconds_per_minute = seconds_per_minute
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock, self.touched = threading.RLock(), set()
        self.reset()
        self.http = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def reset(self):
        """An empty account."""
        with self.lock:
            for service in sorted(self.touched):
                get_backend(service).reset()
            self.touched = set()
            self.eks, self.tokens, self.faults, self.calls = {}, tokens.Tokens(), [], []
            self.keys = {KEY: Keys(SECRET)}
            self.down = set()                              # regions that nobody reaches
            self.ahead = 0                                 # seconds by which the time here is more than the time of the machine

    def close(self):
        self.http.shutdown()

    def now(self):
        return time.time() + self.ahead

    def use(self, keys):
        """A request more. Keys that have served end, as the time goes on to their end, for all that ask."""
        with self.lock:
            if keys.serves == 0:
                self.ahead = max(self.ahead, keys.ends - time.time())
            elif keys.serves:
                keys.serves -= 1

    # ---- a request ----

    def __call__(self, environ, start):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        service, region = signature.scope(environ)
        call = None
        try:
            call = wire.decode(environ, body, service or "sts", region or "us-east-1")
            status, headers, reply = self.answer(environ, body, call)
        except wire.Refusal as refusal:
            status, headers, reply = wire.refuse(call, refusal) if call else plain_refusal(refusal)
        except Exception:                                  # a fault of this server: say where, answer as a broken AWS would
            traceback.print_exc()
            status, headers, reply = 500, {"Content-Type": "text/html"}, b"<html><body>the conformance server failed</body></html>"
        if status is None:
            return cut(environ)
        self.calls.append((call.service if call else service, call.name if call else environ["RAW_URI"], status))
        head = environ["REQUEST_METHOD"] == "HEAD"
        size = next((v for k, v in headers.items() if head and k.lower() == "content-length"), len(reply))
        headers = {k: str(v) for k, v in headers.items() if k.lower() not in ("content-length", "connection", "status")}
        start(f"{status} X", [*headers.items(), ("Content-Length", str(size))])
        return [b"" if head else reply]

    def account_of(self, environ, body):
        """Whose request it is, once it is known to be rightly signed."""
        keys = self.keys.get(signature.key_of(environ))
        signature.verify(environ, body, {key: k.secret for key, k in self.keys.items()})
        if keys.token and signature.header(environ, "x-amz-security-token") != keys.token:
            raise wire.Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        self.use(keys)
        if keys.ends and self.now() >= keys.ends:
            raise wire.Refusal("ExpiredToken", "The security token included in the request is expired", 403)
        return keys.account

    def learn(self, call, reply):
        """The keys that STS has just handed out."""
        text = reply[2].decode()
        if call.name not in ("AssumeRole", "AssumeRoleWithWebIdentity") or reply[0] != 200:
            return reply
        key, secret, token = (re.search(f"<{name}>([^<]+)</{name}>", text)[1] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        ends = self.now() + call.params.get("DurationSeconds", 3600)
        self.keys[key] = Keys(secret, call.params["RoleArn"].split(":")[4], token, ends)
        shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        return reply[0], reply[1], re.sub("<Expiration>[^<]+<", f"<Expiration>{shown}<", text).encode()

    def answer(self, environ, body, call):
        if call and call.region in self.down:
            return None, {}, b""
        account = ACCOUNT if call and call.name in signature.UNSIGNED else self.account_of(environ, body)
        fault = self.fault(call)
        if fault and fault.kind == "error":
            raise wire.Refusal(fault.code, "injected", fault.status)
        reply = None if fault and fault.kind.endswith("before") else self.perform(environ, call, account)
        if not fault:
            return reply
        if fault.then:
            fault.then()
        if fault.kind.startswith("page"):
            return fault.status, {"Content-Type": "text/html"}, PAGE
        if fault.kind == "empty":
            return reply[0], reply[1], b""
        return None, {}, b""

    def fault(self, call):
        with self.lock:
            for fault in self.faults:
                if call and fault.op == call.name and fault.times > 0:
                    if fault.skip > 0:
                        fault.skip -= 1
                        return None
                    fault.times -= 1
                    return fault
        return None

    def perform(self, environ, call, account):
        if call is None:
            return self.ask_moto(environ)
        with self.lock:
            os.environ["MOTO_ACCOUNT_ID"] = account        # moto reads it at each request, before anything else
            self.touched |= {"ec2"} if call.service == "eks" else {call.service}
            eks = self.eks.setdefault(account, Eks(account))
            eks.clusters(call.region)                      # what is due to be gone goes
            checks.check(call)
            reply = self.tokens.replay(call)
            if reply is None:
                rules.apply(call, account, eks)
                reply = self.learn(call, self.execute(environ, call, eks))
                rules.besides(call, account, reply[0])
                self.tokens.remember(call, reply)
        return reply

    def execute(self, environ, call, eks):
        found = public.parameter(call)
        if found:
            return wire.serialize(call, found)
        if call.service != "eks":
            return wire.typed(call, self.ask_moto(environ))
        method = getattr(eks, call.name, None)
        if method is None:
            raise wire.Refusal("UnsupportedOperation", f"{call.name} is not simulated", 501)
        return wire.serialize(call, method(call))

    def ask_moto(self, environ):
        kept = {}

        def start(status, headers, exc_info=None):
            kept["status"], kept["headers"] = int(status.split()[0]), dict(headers)
        body = b"".join(self.moto(environ, start))
        return kept["status"], kept["headers"], body


def plain_refusal(refusal):
    text = f"<ErrorResponse><Error><Code>{refusal.code}</Code><Message>{refusal.message}</Message></Error><RequestId>{wire.REQUEST_ID}</RequestId></ErrorResponse>"
    return refusal.status, {"Content-Type": "text/xml"}, text.encode()


def cut(environ):
    """The connection ends without a reply."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
