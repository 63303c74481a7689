"""`kc sandbox serve`, and boto3 clients of it."""
import os
import re
import signal
import subprocess

import boto3
import botocore.config

from oracle import ROOT


class Served:
    def __init__(self, folder, *arguments):
        program = os.path.join(ROOT, os.environ.get("KC") or os.path.join(os.environ.get("BUILD", "build/release"), "kc"))
        self.process = subprocess.Popen([program, "sandbox", "serve", "--listen", "127.0.0.1:0", "--sandbox-seed", "7", *arguments], cwd=folder,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.env = {}
        while "AWS_EC2_METADATA_DISABLED" not in self.env:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.env.update(re.findall(r"(AWS_\w+)=(\S+)", line))
        self.url = self.env["AWS_ENDPOINT_URL"]

    def client(self, service, keys=None, **more):
        keys = keys or {"AccessKeyId": self.env["AWS_ACCESS_KEY_ID"], "SecretAccessKey": self.env["AWS_SECRET_ACCESS_KEY"]}
        config = botocore.config.Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.url, region_name=more.pop("region", "eu-west-1"), aws_access_key_id=keys["AccessKeyId"],
                            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys.get("SessionToken"), config=config, **more)

    def close(self):
        """Ends it as Ctrl-C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process.stderr.close()
        return code
