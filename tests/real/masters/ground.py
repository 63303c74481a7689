"""The ground of the story: the account, the machines of its instances, and what is asked of them."""
import json
import os
import subprocess
import time

import account
import conductor
import image
import network

AWS = "10.0.0.2"
LONGEST_S = 300
GROUP = "real"
KEYS = ("kubernetes", "etcd", "front_proxy", "break_glass", "service_account")


class Ground:
    def __init__(self):
        self.folder, self.parameters = os.environ["KC_REAL_FOLDER"], {"kubernetes": os.environ["KUBERNETES"]}
        os.makedirs(f"{self.folder}/log")
        network.make()
        network.add_address(f"{AWS}/32")
        self.account = account.Account(self.folder, os.environ["KC"], AWS)
        self.moved = 0                                         # how often etcd's leader was
        self.numbers = {name: (1, [1]) for name in KEYS}
        self.pause = image.make(f"{self.folder}/image", os.environ["PROGRAMS"], AWS, account.REGION, self.account.ca, ["kc-real-masters"])
        self.conductor = conductor.Conductor(self.account, f"{self.folder}/machines", f"{self.folder}/image", os.environ["KC_REAL_GROUP"])
        self.ec2, self.groups, self.balancers = (self.account.client(s) for s in ("ec2", "autoscaling", "elbv2"))

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

    def apply(self, **changed):
        """`kc apply` of the file, with parameters as before but for these, and the keys as they are to be."""
        self.parameters.update(changed)
        keys = "".join(f'  {name} = {{ current = {current}, valid = {valid} }}\n' for name, (current, valid) in self.numbers.items())
        with open(f"{self.account.project}/numbers.kcl", "w", encoding="ascii") as f:
            f.write(f"let keys = {{\n{keys}}}\n")
        self.account.apply(**self.parameters)

    # ---- machines ----
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
        """As AWS takes instances away."""
        gone = {self.machine_of(s).id for s in slots}
        self.ec2.terminate_instances(InstanceIds=list(gone))
        self.until(f"{gone} are gone", lambda: not gone & set(self.conductor.machines))

    def drain(self, slot):
        """Out of the balancer, as its last connection ends."""
        gone, group = self.machine_of(slot).id, self.balancers.describe_target_groups(Names=[GROUP])["TargetGroups"][0]["TargetGroupArn"]
        self.balancers.deregister_targets(TargetGroupArn=group, Targets=[{"Id": gone}])
        self.until(f"{gone} is drained", lambda: gone not in str(self.balancers.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]))

    # ---- the cluster ----
    def inside(self, slot, *words):
        done = self.machine_of(slot).inside(*words)
        assert not done.returncode, f"{slot}: {' '.join(words)}: {done.stderr}"
        return done.stdout

    def kubectl(self, *words, slot="a"):
        """As an administrator, through the balancer."""
        return self.inside(slot, "kubectl", "--kubeconfig", "/run/boot/super-admin.conf", *words)

    def etcdctl(self, slot, *words):
        pki = "/etc/kubernetes/pki/etcd"
        return self.machine_of(slot).inside("etcdctl", "--endpoints", "https://127.0.0.1:2379", "--cacert", f"{pki}/ca.crt", "--cert", f"{pki}/healthcheck-client.crt",
                                            "--key", f"{pki}/healthcheck-client.key", *words)

    def members(self):
        """How many members of etcd are well."""
        done = self.etcdctl("a", "endpoint", "health", "--cluster")
        return (done.stdout + done.stderr).count("is healthy")

    def move_leader(self, slot):
        """Another member leads etcd, if this one does."""
        status = json.loads(self.etcdctl(slot, "endpoint", "status", "--cluster", "-w", "json").stdout)
        ids = {e["Endpoint"]: e["Status"]["header"]["member_id"] for e in status}
        own = ids[f"https://{self.machine_of(slot).address}:2379"]
        if status[0]["Status"]["leader"] == own:
            done = self.etcdctl(slot, "move-leader", f"{next(i for i in ids.values() if i != own):x}")
            assert not done.returncode, done.stderr
            self.moved += 1

    # ---- keys ----
    def lines_of_keys(self):
        """A line from the middle of each private key that any secret has or had."""
        client, lines = self.account.client("secretsmanager"), []
        for secret in client.list_secrets()["SecretList"]:
            for version in client.list_secret_version_ids(SecretId=secret["ARN"], IncludeDeprecated=True)["Versions"]:
                text = client.get_secret_value(SecretId=secret["ARN"], VersionId=version["VersionId"])["SecretString"]
                lines.append(text.split("\n")[12] if "PRIVATE KEY" in text else text)
        return lines

    def places_of(self, lines):
        """Files of the run in which one of them stands; what the account and the container images hold is not looked into."""
        left_out = ("served", "image", "containerd")
        found = subprocess.run(["grep", "-rlaF", "-f", "-", "--devices=skip", *(f"--exclude-dir={d}" for d in left_out), self.folder], input="\n".join(lines), capture_output=True, text=True, check=False)
        assert found.returncode < 2, found.stderr
        told = [f"/proc/{p}/{what}" for p in os.listdir("/proc") if p.isdigit() for what in ("cmdline", "environ") if any(line.encode() in self.read(f"/proc/{p}/{what}") for line in lines)]
        return found.stdout.split() + told

    @staticmethod
    def read(path):
        try:
            with open(path, "rb") as f:
                return f.read()
        except OSError:                                    # it has ended
            return b""
