"""The kc binary, run in a project of its own against an endpoint."""
import os
import subprocess

from kcmoto.server import KEY, SECRET
from oracle import ROOT

WAIT_SCALE = 1000                                          # kc waits a thousandth; the server's minutes are as short (Server)


class Kc:
    def __init__(self, folder, endpoint):
        self.folder = folder
        self.program = os.path.join(ROOT, os.environ.get("KC") or os.path.join(os.environ.get("BUILD", "build/release"), "kc"))
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
                    "AWS_EC2_METADATA_DISABLED": "true", "KC_WAIT_SCALE": str(WAIT_SCALE), "NO_COLOR": "1"}
        os.makedirs(os.path.join(folder, ".kc"), exist_ok=True)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def run(self, *arguments, **env):
        return subprocess.run([self.program, *arguments], cwd=self.folder, env=dict(self.env, **env), capture_output=True, text=True, timeout=100, check=False)

    def start(self, *arguments, **how):
        """Begins a run and does not wait; what it says goes to the file `said`."""
        with open(os.path.join(self.folder, "said"), "wb") as said:
            return subprocess.Popen([self.program, *arguments], cwd=self.folder, env=self.env, stdout=said, stderr=subprocess.STDOUT, **how)

    def said(self):
        with open(os.path.join(self.folder, "said"), encoding="utf-8") as f:
            return f.read()

    def ok(self, *arguments, **env):
        """Runs, wants exit code 0, gives standard output."""
        done = self.run(*arguments, **env)
        assert done.returncode == 0, f"kc {' '.join(arguments)}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


def example(name):
    with open(os.path.join(ROOT, "examples", name), encoding="utf-8") as f:
        return f.read()
