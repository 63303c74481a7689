"""kc's codec, endpoints and signer, asked through the program wire_oracle (tests/conformance/wire_oracle.c)."""
import base64
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Oracle:
    def __init__(self):
        program = os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "tests", "conformance", "wire_oracle")
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise RuntimeError(f"wire_oracle ended with {self.process.returncode}")

    def ask(self, do, **question):
        question["do"] = do
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"wire_oracle died on {question}")
        answer = json.loads(line)
        if "body64" in answer:
            answer["body"] = base64.b64decode(answer.pop("body64"))
        return answer
