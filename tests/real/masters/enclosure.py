"""The run's own world: namespaces in which it is alone, so that nothing of it is on the host while it runs or after it. Refuses where it cannot."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import cgroups

NEEDS = ("bash", "cc", "containerd", "containerd-shim-runc-v2", "ctr", "curl", "ip", "losetup", "mkfs.ext4", "nsenter", "openssl", "runc", "unshare")


def refusal():
    """Why it cannot be done here; none: it can."""
    if os.getuid():
        return "it makes namespaces and devices, and so runs as root alone"
    lacking = [p for p in NEEDS if not shutil.which(p)]
    if lacking:
        return f"this machine has no {', '.join(lacking)}: `sh tools/deps masters` installs it"
    if subprocess.run(["unshare", "-m", "-n", "-p", "--fork", "true"], check=False).returncode:
        return "this machine gives no namespaces"
    if not cgroups.hierarchies():
        return "there is no cgroup hierarchy of version 1 at /sys/fs/cgroup; version 2 was never tried"
    if not all(os.access(h, os.W_OK) for h in cgroups.hierarchies()):
        return "cgroups cannot be written"
    if not os.path.exists("/dev/loop-control"):
        return "this machine has no loop devices"
    return None


def first_of(unshare):
    """The pid of the process that `unshare --fork` has started."""
    children = f"/proc/{unshare.pid}/task/{unshare.pid}/children"
    while unshare.poll() is None:
        with open(children, encoding="ascii") as f:
            pids = f.read().split()
        if pids:
            return int(pids[0])
        time.sleep(0.01)
    raise ChildProcessError(f"unshare ended with {unshare.returncode}")


def enter(program, arguments):
    """Runs a Python program inside, waits for it, takes away what it left in cgroups; its exit code."""
    folder = tempfile.mkdtemp(prefix="kc-real-")
    env = dict(os.environ, KC_REAL_FOLDER=folder, KC_REAL_GROUP=os.path.basename(folder))
    inside = subprocess.Popen(["unshare", "-m", "-n", "-u", "-i", "-p", "--fork", "--kill-child", "--mount-proc", sys.executable, program, *arguments], env=env)
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda number, _: os.kill(first_of(inside), number))  # `unshare` itself heeds none
    code = inside.wait()
    cgroups.remove(os.path.basename(folder) + "-*")
    if code or os.environ.get("KEEP"):
        print(f"real-full: what it wrote is in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return code
