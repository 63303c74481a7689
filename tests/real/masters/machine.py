"""One machine: processes in namespaces of their own that have what an instance of EC2 has, and nothing that outlives them but their disk."""
import hashlib
import os
import signal
import subprocess

import cgroups
import network
from enclosure import first_of
from image import lay_down

HERE = os.path.dirname(os.path.abspath(__file__))


class Machine:
    def __init__(self, folder, image, group, instance, address, router):
        """Starts it; `instance` is a metadata.Instance, `address` has its subnet's length."""
        self.id = instance.shown["InstanceId"]
        self.disk, self.cable = os.path.join(folder, self.id), "v" + hashlib.sha256(self.id.encode()).hexdigest()[:10]
        self.address = instance.shown["PrivateIpAddress"]
        self.group, self.user_data = f"{group}-{self.id}", instance.user_data or ""
        os.makedirs(os.path.join(self.disk, "log"))
        with open(os.path.join(self.disk, "user-data"), "w", encoding="utf-8") as f:
            f.write(self.user_data or "#!/bin/sh\n")
        lay_down(image, os.path.join(self.disk, "containerd"))
        cgroups.make(self.group)
        env = {"PATH": os.environ["PATH"], "IMAGE": image, "DISK": self.disk, "NAME": instance.shown["PrivateDnsName"].split(".")[0]}
        with open(os.path.join(self.disk, "log", "machine.log"), "wb") as log:
            self.process = subprocess.Popen(["unshare", "-m", "-n", "-u", "-i", "-p", "-C", "--fork", "--kill-child", "--mount-proc", "bash", os.path.join(HERE, "machine.sh")],
                                            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=lambda: cgroups.join(self.group))
        self.first = first_of(self.process)
        network.plug(self.cable, self.first, instance.shown["NetworkInterfaces"][0]["MacAddress"], address, router)

    def state(self):
        """"booting", "booted", "failed: ..."; "" before."""
        try:
            with open(os.path.join(self.disk, "state"), encoding="utf-8") as f:
                return f.read().strip().rsplit("\n", 1)[-1]
        except OSError:
            return ""

    def inside(self, *command, **more):
        """Runs a command in it."""
        return subprocess.run(["nsenter", "-t", str(self.first), "-a", *command], capture_output=True, text=True, check=False, **more)

    def kill(self):
        """As when the power goes; its files stay for whoever wants to look."""
        if self.process.poll() is None:
            os.kill(self.first, signal.SIGKILL)
        self.process.wait()
        network.unplug(self.cable)
        cgroups.remove(self.group)
