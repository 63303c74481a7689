"""What happens to the masters, step after step, and how long each took: `run` starts it. Steps that are named on the command line, else all."""
import os
import subprocess
import sys
import time

import enclosure

AWS = "10.0.0.2"
ENDPOINT = "10.0.1.9"
LONGEST_S = 300


class Story:
    def __init__(self):
        import account, authority, conductor, image, network  # boto3 is slow to come: not before there is something to do
        self.folder, self.rows = os.environ["KC_REAL_FOLDER"], []
        os.makedirs(f"{self.folder}/log")
        network.make()
        network.add_address(f"{AWS}/32")
        self.account = account.Account(self.folder, os.environ["KC"], AWS)
        authority.cluster(f"{self.account.project}/keys")
        image.make(f"{self.folder}/image", os.environ["PROGRAMS"], AWS, account.REGION, self.account.ca, ["kc-real-masters"])
        self.conductor = conductor.Conductor(self.account, f"{self.folder}/machines", f"{self.folder}/image", os.environ["KC_REAL_GROUP"])

    # ---- time ----
    def step(self, name, work):
        begun = time.monotonic()
        work()
        self.rows.append((name, time.monotonic() - begun))
        print(f"{self.rows[-1][1]:7.1f} s  {name}", flush=True)

    def until(self, what, holds):
        """Asks until it holds."""
        last = time.monotonic() + LONGEST_S
        while not holds():
            if self.conductor.trouble:
                raise self.conductor.trouble
            assert time.monotonic() < last, f"after {LONGEST_S} s: {what}"
            time.sleep(0.2)

    # ---- machines ----
    def machine_of(self, slot):
        return next((m for m in list(self.conductor.machines.values()) if f"SLOT={slot} " in self.conductor.services[m.id].instance.user_data), None)

    def booted(self, slot):
        m = self.machine_of(slot)
        assert not (m and m.state().startswith("failed")), f"master {slot}: {m.state()}: {m.disk}/log"
        return m is not None and m.state() == "booted"

    def apply(self, **parameters):
        self.account.apply(kubernetes=os.environ["KUBERNETES"], **parameters)

    def kubectl(self, *words):
        """As a master's administrator, through the balancer."""
        m = next(m for m in self.conductor.machines.values() if m.state() == "booted")
        done = m.inside("kubectl", "--kubeconfig", "/run/boot/super-admin.conf", *words)
        return done.stdout if not done.returncode else ""

    # ---- steps ----
    def grow(self, slots):
        self.apply(slots=",".join(slots))
        self.until(f"master {slots[-1]} has booted", lambda: self.booted(slots[-1]))

    def close(self):
        self.conductor.close()
        self.account.close()


def tell():
    story = Story()
    try:
        story.step("init", lambda: story.grow("a"))
        print(story.kubectl("get", "nodes", "-o", "wide"))
        story.step("join", lambda: story.grow("ab"))
        story.step("join", lambda: story.grow("abc"))
        print(story.kubectl("get", "nodes", "-o", "wide"))
    finally:
        story.close()


def main():
    if os.environ.get("KC_REAL_FOLDER"):
        return tell()
    why = enclosure.refusal()
    if why:
        print(f"real-full: {why}", file=sys.stderr)
        return 1
    return enclosure.enter(os.path.abspath(__file__), sys.argv[1:])


sys.exit(main())
