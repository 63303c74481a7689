"""boto3 clients of the simulated AWS: each request goes through the pipe of sim_oracle instead of the network."""
import base64
import datetime
import io
import json
import os
import subprocess
from unittest import mock

import boto3
import botocore.config
from botocore.awsrequest import AWSResponse

from oracle import ROOT


class Raw(io.BytesIO):
    """What botocore reads a body from."""

    def stream(self, **_):
        yield self.read()


class Simulated:
    def __init__(self):
        program = os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "tests", "conformance", "sim_oracle")
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        hello = json.loads(self.process.stdout.readline())
        self.key, self.secret, self.wall_ms = hello["key"], hello["secret"], hello["wall_ms"]
        self.patch = mock.patch("botocore.auth.get_current_datetime", self.now)
        self.patch.start()

    def close(self):
        self.patch.stop()
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise RuntimeError(f"sim_oracle ended with {self.process.returncode}")

    def now(self):
        return datetime.datetime.fromtimestamp(self.wall_ms / 1000, datetime.timezone.utc)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("sim_oracle died")
        answer = json.loads(line)
        self.wall_ms = answer["wall_ms"]
        return answer

    def pass_time(self, seconds):
        self.ask(**{"pass": seconds * 1000})

    def send(self, request, **_):
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body if isinstance(body, (bytes, bytearray)) else body.read()
        headers.setdefault("Host", request.url.split("/")[2])
        got = self.ask(method=request.method, url=request.url, headers=headers, body64=base64.b64encode(body).decode())
        return AWSResponse(request.url, got["status"], {k: v for k, v in got["headers"]}, Raw(base64.b64decode(got["body64"])))

    def client(self, service, secret=None, region="eu-west-1"):
        config = botocore.config.Config(retries={"max_attempts": 0})
        client = boto3.client(service, region_name=region, aws_access_key_id=self.key, aws_secret_access_key=secret or self.secret, config=config)
        client.meta.events.register("before-send", self.send)
        return client
