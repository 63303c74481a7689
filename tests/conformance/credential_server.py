"""What credentials are asked for from, on one local port: STS, SSO and its OIDC, an agent of containers, instance metadata.

Keys that it gives tell the whole way to them: who holds keys and a token is principal(key, token), and an assumed role's key is made from the role, the
arguments and the key that asked. So two programs have the same principal when they went the same way. `modes` says what is broken for the moment.
"""
import hashlib
import http.server
import json
import re
import threading
import time
import urllib.parse

ACCOUNT = "111122223333"


def principal(key, token):
    return f"arn:aws:iam::{ACCOUNT}:user/{key}+{token or ''}"


def minted(*way):
    """An access key id and a session token of their own for each way."""
    digest = hashlib.sha1(repr(way).encode()).hexdigest().upper()
    return "ASIA" + digest[:16], "token-" + digest[16:24]


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, text, kind="application/json", **headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "x-amzn-RequestId": "req-1", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code):
        self.reply(status, json.dumps({"message": "no"}), **{"x-amzn-ErrorType": code})

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def do_PUT(self):
        self.body()
        self.server.seen.append("PUT " + self.path)
        if self.path != "/imds/latest/api/token" or self.server.modes.get("imds") in (None, "v1"):
            self.reply(404, "")
        else:
            self.reply(200, "imds-token", "text/plain")

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.server.seen.append("GET " + path)
        if path == "/federation/credentials":
            self.sso_keys(dict(urllib.parse.parse_qsl(query)))
        elif path == "/container":
            self.container()
        elif path.startswith("/imds/latest/meta-data/iam/security-credentials/"):
            self.instance(path.rsplit("/", 1)[1])
        else:
            self.reply(404, "")

    def do_POST(self):
        body = self.body()
        self.server.seen.append("POST " + self.path)
        if self.path == "/token":
            self.sso_token(json.loads(body))
        else:
            self.sts(dict(urllib.parse.parse_qsl(body)))

    # ---- SSO ----
    def sso_keys(self, args):
        token = self.headers.get("x-amz-sso_bearer_token")
        if self.server.modes.get("sso") == "unauthorized" or not token:
            self.refuse(401, "UnauthorizedException")
            return
        if self.server.modes.get("sso") == "forbidden":
            self.refuse(403, "ForbiddenException")
            return
        key, session = minted("sso", args["role_name"], args["account_id"], token)
        self.reply(200, json.dumps({"roleCredentials": {"accessKeyId": key, "secretAccessKey": "s", "sessionToken": session,
                                                        "expiration": int(time.time() + self.server.life) * 1000}}))

    def sso_token(self, args):
        if self.server.modes.get("refresh") == "fails" or args.get("grantType") != "refresh_token":
            self.refuse(400, "InvalidGrantException")
            return
        self.reply(200, json.dumps({"accessToken": "fresh-from-" + args["refreshToken"], "expiresIn": 28800, "tokenType": "Bearer", "refreshToken": "next"}))

    # ---- the machine ----
    def container(self):
        mode = self.server.modes.get("container")
        if mode == "missing":
            self.reply(404, "")
        elif mode == "text":
            self.reply(200, "no json")
        else:
            key, token = minted("container", self.headers.get("Authorization") or "")
            self.reply(200, json.dumps({"AccessKeyId": key, "SecretAccessKey": "s", "Token": token, "Expiration": stamp(self.server.life)}))

    def instance(self, role):
        mode = self.server.modes.get("imds")
        if mode is None or (mode != "v1" and self.headers.get("x-aws-ec2-metadata-token") != "imds-token"):
            self.reply(401 if mode else 404, "")
        elif not role:
            self.reply(200, "node-role", "text/plain")
        elif mode == "no role":
            self.reply(200, json.dumps({"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role"}))
        else:
            key, token = minted("instance", role)
            self.reply(200, json.dumps({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "s", "Token": token, "Expiration": stamp(self.server.life)}))

    # ---- STS ----
    def caller(self):
        found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization") or "")
        return (found.group(1) if found else "", self.headers.get("X-Amz-Security-Token") or "")

    def sts_error(self, code):
        self.reply(403, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>", "text/xml")

    def sts(self, args):
        op, (key, token) = args.get("Action"), self.caller()
        self.server.calls.append((op, args))
        if op == "GetCallerIdentity":
            inside = f"<Arn>{principal(key, token)}</Arn><UserId>u</UserId><Account>{ACCOUNT}</Account>"
        elif "denied" in args.get("RoleArn", ""):
            self.sts_error("AccessDenied")
            return
        else:
            name = args["RoleSessionName"]
            way = [op, key, token, args["RoleArn"], args.get("ExternalId"), args.get("DurationSeconds"), args.get("SerialNumber"), args.get("WebIdentityToken"),
                   None if re.match(r"(botocore-session|kc)-\d+$", name) else name]
            key, token = minted(*way)
            inside = (f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>{token}</SessionToken>"
                      f"<Expiration>{stamp(self.server.life)}</Expiration></Credentials>")
        self.reply(200, f"<{op}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{op}Result>{inside}</{op}Result>"
                        f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{op}Response>", "text/xml")


class CredentialServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.reset()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def reset(self, **modes):
        self.modes, self.life, self.seen, self.calls = modes, 3600, [], []
