"""The metadata service of an instance, version 2: what the instance is, its user data, its role's credentials. No tags: EC2 has none there for instances of Kubernetes."""
import datetime
import http.server
import json
import secrets
import socketserver
import threading
import time

LONGEST_S = 21600
RENEW_S = 300                                              # before they end


class Instance:
    """What EC2 knows of it: `shown` is DescribeInstances' answer, `assume` gives fresh credentials of the role (STS's Credentials)."""

    def __init__(self, shown, region, account, user_data, role, assume):
        self.shown, self.region, self.account, self.user_data, self.role, self.assume = shown, region, account, user_data, role, assume
        self.keys, self.lock = None, threading.Lock()

    def document(self):
        s = self.shown
        return {"accountId": self.account, "architecture": s.get("Architecture", "x86_64"), "availabilityZone": s["Placement"]["AvailabilityZone"], "imageId": s["ImageId"],
                "instanceId": s["InstanceId"], "instanceType": s["InstanceType"], "pendingTime": s["LaunchTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                "privateIp": s["PrivateIpAddress"], "region": self.region, "version": "2017-09-30"}

    def credentials(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        with self.lock:
            if not self.keys or (self.keys["Expiration"] - now).total_seconds() < RENEW_S:
                self.keys, self.updated = self.assume(), now
            k = self.keys
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        return {"Code": "Success", "LastUpdated": self.updated.strftime(stamp), "Type": "AWS-HMAC", "AccessKeyId": k["AccessKeyId"], "SecretAccessKey": k["SecretAccessKey"],
                "Token": k["SessionToken"], "Expiration": k["Expiration"].strftime(stamp)}

    def answer(self, path):
        """The text at a path below /latest/, or none."""
        s = self.shown
        texts = {
            "meta-data/ami-id": s["ImageId"],
            "meta-data/instance-id": s["InstanceId"],
            "meta-data/instance-type": s["InstanceType"],
            "meta-data/local-hostname": s["PrivateDnsName"],
            "meta-data/local-ipv4": s["PrivateIpAddress"],
            "meta-data/mac": s["NetworkInterfaces"][0]["MacAddress"],
            "meta-data/placement/availability-zone": s["Placement"]["AvailabilityZone"],
            "meta-data/placement/region": self.region,
            "user-data": self.user_data,
        }
        if self.role:
            texts["meta-data/iam/security-credentials/"] = self.role
            texts["meta-data/iam/security-credentials"] = self.role
        if path == "dynamic/instance-identity/document":
            return json.dumps(self.document(), indent=2)
        if self.role and path == f"meta-data/iam/security-credentials/{self.role}":
            return json.dumps(self.credentials(), indent=2)
        return texts.get(path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "EC2ws", ""

    def reply(self, code, text="", **headers):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if self.path != "/latest/api/token":
            self.reply(404)
        elif self.headers.get("X-Forwarded-For"):          # somebody was talked into asking for another
            self.reply(403)
        elif not seconds.isdigit() or not 1 <= int(seconds) <= LONGEST_S:
            self.reply(400)
        else:
            token = secrets.token_urlsafe(40)
            self.server.tokens[token] = time.monotonic() + int(seconds)
            self.reply(200, token, X_Aws_Ec2_Metadata_Token_Ttl_Seconds=seconds)

    def do_GET(self):
        if self.server.tokens.get(self.headers.get("X-aws-ec2-metadata-token"), 0) < time.monotonic():
            return self.reply(401)
        text = self.server.instance.answer(self.path.removeprefix("/latest/")) if self.path.startswith("/latest/") else None
        return self.reply(404) if text is None else self.reply(200, text)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, listening, instance):
        """Serves on a socket that listens already."""
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.instance, self.tokens = listening, instance, {}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
