"""Control groups of machines: each gets one in every hierarchy, and a namespace in which it is the root."""
import glob
import os

HIERARCHIES = "/sys/fs/cgroup"


def hierarchies():
    """Folders of the mounted hierarchies of version 1."""
    return [os.path.dirname(f) for f in glob.glob(f"{HIERARCHIES}/*/cgroup.procs") if os.path.exists(os.path.join(os.path.dirname(f), "tasks"))]


def make(name):
    for root in hierarchies():
        own = os.path.join(root, name)
        os.makedirs(own, exist_ok=True)
        for setting in glob.glob(f"{root}/cpuset.cpus") + glob.glob(f"{root}/cpuset.mems"):  # empty in a new one, and then nothing may join
            with open(setting, encoding="ascii") as have, open(os.path.join(own, os.path.basename(setting)), "w", encoding="ascii") as give:
                give.write(have.read())


def join(name):
    """Puts the calling process into it."""
    for root in hierarchies():
        with open(os.path.join(root, name, "cgroup.procs"), "w", encoding="ascii") as procs:
            procs.write(str(os.getpid()))


def remove(pattern):
    """Those that fit, with all below; no process is in them any more."""
    for root in hierarchies():
        for own in glob.glob(os.path.join(root, pattern)):
            for folder, _, _ in os.walk(own, topdown=False):
                os.rmdir(folder)
