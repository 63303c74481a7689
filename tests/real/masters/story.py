"""What happens to the masters, one thing after the other, and how long each took: `run` starts it; a word names the last thing to happen."""
import os
import sys
import time

import enclosure

AWS = "10.0.0.2"
LONGEST_S = 300
READY = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'


class Story:
    def __init__(self):
        import account, authority, conductor, image, network  # boto3 is slow to come: not before there is something to do
        self.folder, self.rows = os.environ["KC_REAL_FOLDER"], []
        os.makedirs(f"{self.folder}/log")
        network.make()
        network.add_address(f"{AWS}/32")
        self.account = account.Account(self.folder, os.environ["KC"], AWS)
        authority.cluster(f"{self.account.project}/keys")
        self.pause = image.make(f"{self.folder}/image", os.environ["PROGRAMS"], AWS, account.REGION, self.account.ca, ["kc-real-masters"])
        self.conductor = conductor.Conductor(self.account, f"{self.folder}/machines", f"{self.folder}/image", os.environ["KC_REAL_GROUP"])

    def close(self):
        self.conductor.close()
        self.account.close()

    def until(self, what, holds):
        """Asks until it holds."""
        last = time.monotonic() + LONGEST_S
        while not holds():
            if self.conductor.trouble:
                raise self.conductor.trouble
            assert time.monotonic() < last, f"after {LONGEST_S} s: {what}"
            time.sleep(0.2)

    # ---- machines ----
    def apply(self, **parameters):
        self.account.apply(kubernetes=os.environ["KUBERNETES"], **parameters)

    def machine_of(self, slot):
        return next((m for m in list(self.conductor.machines.values()) if f"SLOT={slot} " in m.user_data), None)

    def booted(self, slot):
        m = self.machine_of(slot)
        assert not (m and m.state().startswith("failed")), f"master {slot}: {m.state()}: {m.disk}/files/var/log"
        return m is not None and m.state() == "booted"

    def until_booted(self, slots):
        self.until(f"masters {slots} have booted", lambda: all(self.booted(s) for s in slots))
        self.until(f"etcd has {len(slots)} members that are well", lambda: self.members() == len(slots))

    def terminate(self, slots):
        """As AWS takes instances away; gives their ids back when they are gone."""
        gone = [self.machine_of(s).id for s in slots]
        self.account.client("ec2").terminate_instances(InstanceIds=gone)
        self.until(f"{gone} are gone", lambda: not set(gone) & set(self.conductor.machines))
        return gone

    def inside(self, slot, *words):
        done = self.machine_of(slot).inside(*words)
        assert not done.returncode, f"{slot}: {' '.join(words)}: {done.stderr}"
        return done.stdout

    def kubectl(self, *words, slot="a"):
        """As an administrator, through the balancer."""
        return self.inside(slot, "kubectl", "--kubeconfig", "/run/boot/super-admin.conf", *words)

    def members(self):
        """Members of etcd that are well."""
        pki = "/etc/kubernetes/pki/etcd"
        done = self.machine_of("a").inside("etcdctl", "--endpoints", "https://127.0.0.1:2379", "--cacert", f"{pki}/ca.crt", "--cert", f"{pki}/healthcheck-client.crt",
                                           "--key", f"{pki}/healthcheck-client.key", "endpoint", "health", "--cluster")
        return (done.stdout + done.stderr).count("is healthy")

    # ---- what happens ----
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
        self.apply(slots="a,b,c", workers="1")
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
        groups, ec2 = self.account.client("autoscaling"), self.account.client("ec2")
        groups.suspend_processes(AutoScalingGroupName="real-master-c", ScalingProcesses=["Launch"])
        volume = next(v for v, (m, _) in self.conductor.disks.items() if m is self.machine_of("c"))
        self.terminate("c")
        self.until("the volume is free", lambda: ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available")
        ec2.delete_volume(VolumeId=volume)
        self.apply(slots="a,b,c")
        self.until_booted("abc")


def tell(last):
    story, rows = Story(), []
    try:
        for chapter in (Story.first, Story.second, Story.third, Story.worker, Story.one_killed, Story.all_killed, Story.volume_lost):
            begun = time.monotonic()
            chapter(story)
            rows.append((time.monotonic() - begun, chapter.__doc__))
            print("%6.1f s  %s" % rows[-1], flush=True)
            if chapter.__name__ == last:
                break
    finally:
        story.close()


def main():
    if os.environ.get("KC_REAL_FOLDER"):
        return tell(*sys.argv[1:] or [None])
    why = enclosure.refusal()
    if why:
        print(f"real-full: {why}", file=sys.stderr)
        return 1
    return enclosure.enter(os.path.abspath(__file__), sys.argv[1:])


sys.exit(main())
