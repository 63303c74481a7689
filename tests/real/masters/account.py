"""The account of the run: a served sandbox over HTTPS at one address of the bridge, what kc applies to it, and clients of it."""
import os
import re
import shutil
import subprocess

import boto3
import botocore.config

import authority

HERE = os.path.dirname(os.path.abspath(__file__))
REGION = "eu-west-1"
SPEED = 20                                                 # the account's minutes are three seconds


class Account:
    def __init__(self, folder, kc, address):
        self.folder, self.kc, self.address = folder, kc, address
        self.project, self.served = os.path.join(folder, "project"), os.path.join(folder, "served")
        os.makedirs(self.project)
        os.makedirs(self.served)
        self.ca = authority.serving(self.served, address, [f"*.{REGION}.amazonaws.com", f"*.s3.{REGION}.amazonaws.com", "*.amazonaws.com"])
        self.serve()

    def serve(self):
        with open(os.path.join(self.served, "log"), "wb") as log:
            self.process = subprocess.Popen([self.kc, "sandbox", "serve", "--listen", f"{self.address}:443", "--sandbox-speed", str(SPEED),
                                             "--tls-certificate", "tls.crt", "--tls-key", "tls.key"], cwd=self.served, stdout=subprocess.PIPE, stderr=log, text=True)
        self.env = {}
        while "AWS_EC2_METADATA_DISABLED" not in self.env:
            line = self.process.stdout.readline()
            assert line, open(os.path.join(self.served, "log"), encoding="utf-8").read()
            self.env.update(re.findall(r"(AWS_\w+)=(\S+)", line))

    def client(self, service):
        return boto3.client(service, endpoint_url=self.env["AWS_ENDPOINT_URL"], region_name=REGION, verify=self.ca, aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
                            config=botocore.config.Config(retries={"max_attempts": 3}, s3={"addressing_style": "path"}))

    def apply(self, **parameters):
        """`kc apply` of the project."""
        for name in ("cluster.kcl", "boot.sh", "worker.sh"):
            shutil.copy(os.path.join(HERE, name), self.project)
        said = [word for name, value in parameters.items() for word in ("--set", f"{name}={value}")]
        done = self.run("apply", "--yes", "cluster.kcl", *said)
        with open(os.path.join(self.folder, "log", "apply.log"), "a", encoding="utf-8") as log:
            log.write(done.stdout + done.stderr)
        assert not done.returncode, f"kc apply: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    def kubeconfig(self):
        """`kc kubeconfig --admin`: the way in by the break-glass authority."""
        done = self.run("kubeconfig", "--admin", "--for", "8h", "--stack", "cluster")
        assert not done.returncode, f"kc kubeconfig --admin: exit {done.returncode}\n{done.stderr}"
        return done.stdout

    def run(self, *words):
        """kc in the project, as a user of the account."""
        env = dict(self.env, PATH=os.environ["PATH"], HOME=self.folder, AWS_CA_BUNDLE=self.ca, KC_WAIT_SCALE=str(SPEED), KC_REGION=REGION, NO_COLOR="1")
        return subprocess.run([self.kc, *words], cwd=self.project, env=env, capture_output=True, text=True, check=False)

    def close(self):
        self.process.terminate()
        self.process.wait()
