"""What happens to the masters, one thing after the other, and how long each took: `run` starts it; words name what is to happen to the three, else all does."""
import base64
import os
import re
import signal
import sys
import time

import enclosure
from client import Client
from ground import KEYS, Ground

ENDPOINT = "10.0.1.9"
READY = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'


class Story(Ground):
    def first(self):
        """Init: a master in a new cluster."""
        self.apply(slots="a")
        self.until_booted("a")

    def second(self):
        """A second master joins."""
        self.apply(slots="a,b")
        self.until_booted("ab")

    def third(self):
        """A third master joins."""
        self.apply(slots="a,b,c")
        self.until_booted("abc")
        assert self.kubectl("get", "nodes", "-o", "name").split() == ["node/a", "node/b", "node/c"]

    def worker(self):
        """A worker joins by its role, and a pod runs on it."""
        self.apply(workers="1")
        self.until("a worker is ready", lambda: "True" in self.kubectl("get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-o", READY))
        self.until("pods have an account", lambda: self.kubectl("get", "serviceaccount", "default", "--ignore-not-found"))
        self.kubectl("run", "one", f"--image={self.pause}", "--restart=Always")
        self.until("the pod runs", lambda: self.kubectl("get", "pod", "one", "-o", "jsonpath={.status.phase} {.status.podIP}").startswith("Running 10.200.0."))

    def one_killed(self):
        """A master is killed; its group brings it back with its volume and its address."""
        self.kubectl("create", "configmap", "kept", "-n", "default", "--from-literal=by=etcd")
        self.terminate("b")
        self.until_booted("abc")

    def all_killed(self):
        """All masters are killed at once and come back."""
        self.terminate("abc")
        self.until_booted("abc")
        assert self.kubectl("get", "configmap", "kept", "-n", "default", "-o", "jsonpath={.data.by}") == "etcd"

    def volume_lost(self):
        """A master and its volume are lost: kc makes another volume, its member is removed, it joins anew."""
        self.groups.suspend_processes(AutoScalingGroupName="real-master-c", ScalingProcesses=["Launch"])
        volume = next(v for v, (m, _) in self.conductor.disks.items() if m is self.machine_of("c"))
        self.terminate("c")
        self.until("the volume is free", lambda: self.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available")
        self.ec2.delete_volume(VolumeId=volume)
        self.apply()
        self.until_booted("abc")

    # ---- keys ----
    def trust(self):
        """What the client trusts, and who it is: as kc says at this moment."""
        kubeconfig = self.account.kubeconfig()
        trusted, certificate, key = (base64.b64decode(re.search(f"{name}-data: *[\"']?([A-Za-z0-9+/=]+)", kubeconfig).group(1)) for name in ("authority", "client-certificate", "client-key"))
        for name, text in (("trusted", trusted), ("client", certificate + key)):
            with open(f"{self.folder}/{name}.part", "wb") as f:
                f.write(text)
            os.replace(f"{self.folder}/{name}.part", f"{self.folder}/{name}.pem")

    def take(self, slot):
        """A master is replaced while the others serve: the new one reads the keys as they are now."""
        self.drain(slot)
        self.move_leader(slot)
        self.terminate(slot)
        self.until_booted("abc")
        self.until("all three are well", lambda: self.conductor.well() == 3)

    def rotated(self, names):
        """Each master three times: the new keys are trusted, are used, the old ones are trusted no more."""
        self.trust()
        client = Client(ENDPOINT, 6443, f"{self.folder}/trusted.pem", f"{self.folder}/client.pem")
        client.start()
        moved = self.moved
        for numbers in ((1, [1, 2]), (2, [1, 2]), (2, [2])):
            self.numbers.update((name, numbers) for name in names)
            self.apply()
            if numbers[1] == [1, 2]:
                self.trust()
            for slot in "abc":
                self.take(slot)
                print(f"          {slot} has {numbers}: {client.told()} {client.failures[:1]}", flush=True)
            self.trust()
        client.stop()
        print(f"          {client.told()}; the leader of etcd was moved {self.moved - moved} times")
        assert not client.failures, "\n".join(client.failures)
        assert client.unsure <= self.moved - moved

    def all_rotated(self):
        """The keys of the cluster are rotated while a client works: all of them, or those that ROTATE names."""
        self.rotated(os.environ.get("ROTATE", " ".join(KEYS)).split())

    def nothing_told(self):
        """Nowhere in what was written, said or run stands a private key of the cluster."""
        self.trust()
        lines = self.lines_of_keys()
        assert len(lines) >= len(KEYS)
        with open(f"{self.folder}/trusted.pem", encoding="ascii") as f:
            assert self.places_of([f.read().split("\n")[2]])   # what is public is found
        places = self.places_of(lines)
        assert not places, places


BEGINNING = (Story.first, Story.second, Story.third)
CHAPTERS = (Story.worker, Story.one_killed, Story.all_killed, Story.volume_lost, Story.all_rotated, Story.nothing_told)


def tell(names):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the first process of a namespace hears only what it listens to
    story = Story()
    try:
        for chapter in BEGINNING + tuple(c for c in CHAPTERS if not names or c.__name__ in names):
            begun = time.monotonic()
            chapter(story)
            print(f"{time.monotonic() - begun:6.1f} s  {chapter.__doc__}", flush=True)
    finally:
        story.close()


def main():
    if os.environ.get("KC_REAL_FOLDER"):
        return tell(sys.argv[1:])
    why = enclosure.refusal()
    if why:
        print(f"real-full: {why}", file=sys.stderr)
        return 1
    return enclosure.enter(os.path.abspath(__file__), sys.argv[1:])


sys.exit(main())
