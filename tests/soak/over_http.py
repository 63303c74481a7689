"""kc over real HTTP against the conformance server, with a proxy that spoils lookups and kills it: the account must come out right.

    over_http.py [KILLS [SEED]]            30 kills, seed 1
Prints a line of the table and "N passed, N failed"."""
import os
import random
import signal
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
CONFORMANCE = os.path.join(os.path.dirname(HERE), "conformance")
sys.path[:0] = [HERE, CONFORMANCE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools")]

from account import Account  # noqa: E402
from conftest import make_client  # noqa: E402
from kc import Kc, example  # noqa: E402
from kcmoto.server import Server  # noqa: E402
from proxy import Proxy  # noqa: E402
from test_quickstart import MADE, difference  # noqa: E402

LISTED = {0, 1, 3, 4, 5, 6}


class Finding(Exception):
    pass


class Campaign:
    def __init__(self, folder, kills, seed):
        self.random = random.Random(seed)
        self.server = Server()
        client = make_client(self.server)
        client("iam").create_role(RoleName="platform", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
        self.account = Account(client)
        self.before = self.account.counts()
        self.proxy = Proxy(self.server.url, seed)
        self.kc = Kc(folder, self.proxy.url)
        self.kc.write("cluster.kcl", example("quickstart.kcl"))
        self.wanted, self.kills, self.runs, self.codes = kills, 0, 0, {}

    def run(self, verb, kill, rate):
        """The exit code; None: killed."""
        known, running = threading.Event(), []

        def end():
            known.wait()
            running[0].kill()
        self.proxy.begin(end, self.random.randint(1, 150) if kill else None, self.random.random() < 0.5, rate)
        running.append(self.kc.start(verb, "--yes"))
        known.set()
        code = running[0].wait(300)
        self.runs += 1
        if os.environ.get("VERBOSE"):
            print(f"==== run {self.runs}: {verb}, rate {rate}: {code}, {self.proxy.seen} requests\n{self.kc.said()}", flush=True)
            print("calls:", [(n, s) for _, n, s in self.server.calls if not n.startswith(("Describe", "Get", "List"))], flush=True)
            self.server.calls = []
        if code == -signal.SIGKILL:
            self.kills += 1
            return None
        self.codes[code] = self.codes.get(code, 0) + 1
        if code not in LISTED:
            raise Finding(f"{verb} ended with {code}:\n{self.kc.said()[-3000:]}")
        return code

    def check(self, verb):
        have = difference(self.account.counts(), self.before)
        want = MADE if verb == "apply" else dict.fromkeys(have, 0)
        if have != want:
            raise Finding(f"after {verb} the account has {have}, and should have {want}\n{self.kc.said()[-3000:]}")

    def settle(self, verb):
        for _ in range(3):
            if self.run(verb, False, 0) == 0:
                return self.check(verb)
        raise Finding(f"three undisturbed runs of {verb} did not come to an end:\n{self.kc.said()[-3000:]}")

    def tell(self):
        verb = "apply"
        while self.kills < self.wanted:
            for _ in range(6):
                if self.run(verb, True, self.random.choice((0, 0.02, 0.1, 0.5))) == 0:
                    break
            self.settle(verb)
            if verb == "apply":
                self.kc.ok("plan", "--exit-code")
            verb = "destroy" if verb == "apply" else "apply"
        self.settle("destroy")


def main():
    kills, seed = (int(x) for x in (sys.argv[1:] + ["30", "1"][len(sys.argv) - 1:])[:2])
    with tempfile.TemporaryDirectory() as folder:
        c = Campaign(folder, kills, seed)
        found = ""
        try:
            c.tell()
        except (Finding, AssertionError) as e:
            found = str(e)
            print(f"FINDING over HTTP, seed {seed}: {found}")
        codes = ", ".join(f"{k}: {v}" for k, v in sorted(c.codes.items()))
        print(f"h over HTTP against moto     {1:6} {c.kills:7} {c.proxy.faults:7} {0:6} {c.runs:7}  {codes:<40} {int(bool(found))}")
        print(f"{int(not found)} passed, {int(bool(found))} failed")
        c.proxy.close()
        c.server.close()
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
