"""kc's keys and certificates, asked through the program pki_oracle (tests/real/pki_oracle.c)."""
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Pki:
    def __init__(self):
        program = os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "tests", "real", "pki_oracle")
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0

    def ask(self, do, **question):
        self.process.stdin.write(json.dumps(dict(question, do=do)) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert do in answer, f"{do}: {answer['why']}"
        return answer[do]

    def key(self, kind="rsa", bits=2048, curve=""):
        return self.ask("key", kind=kind, bits=bits, curve=curve)

    def certificate(self, key, authority="", **fields):
        """Of a key, by an authority's certificate and key in one text, or by itself."""
        return self.ask("certificate", key=key, authority=authority, **fields)

    def authority(self, common_name, hours=87600):
        """A key and the certificate that it signs itself, as kubeadm makes them: one text."""
        key = self.key()
        return key + self.certificate(key, common_name=common_name, is_authority=True, names=[common_name], hours=hours)
