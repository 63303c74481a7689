"""Volumes of EC2 as files, and their devices: a loop device that lives as long as somebody holds it."""
import os
import subprocess


class Disk:
    """A volume that is attached."""

    def __init__(self, path, gib):
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.truncate(gib << 30)
        if subprocess.run(["losetup", "-j", path], capture_output=True, text=True, check=True).stdout:
            raise BlockingIOError(f"{path} is still in use")
        self.device = subprocess.run(["losetup", "--find", "--show", path], capture_output=True, text=True, check=True).stdout.strip()
        self.held = os.open(self.device, os.O_RDWR)
        subprocess.run(["losetup", "--detach", self.device], check=True)  # when the last one lets go of it

    def appear(self, machine, number, volume, name):
        """In /dev of the machine as an NVMe device, as on Nitro, and under the names that udev gives it."""
        minor = os.minor(os.fstat(self.held).st_rdev)
        node = f"/dev/nvme{number}n1"
        self.names = [node, f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '')}", name]
        made = machine.inside("sh", "-c", f'mknod -m 660 {node} b 7 {minor} && ln -s {node} "$1" && ln -s {node} "$2"', "sh", *self.names[1:])
        if made.returncode:
            raise RuntimeError(f"{volume} does not appear in {machine.id}: {made.stderr}")

    def vanish(self, machine):
        machine.inside("rm", "-f", *self.names)
        self.release()

    def release(self):
        os.close(self.held)
