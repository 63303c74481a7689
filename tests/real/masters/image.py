"""What the machines' image has that this host has not: programs, units, container images, settings that this kernel needs."""
import glob
import os
import shutil
import subprocess
import time

import images

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ("kubeadm", "kubelet", "kubectl", "etcdctl", "aws-iam-authenticator")
PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
AWS = ("autoscaling", "ec2", "elasticloadbalancing", "s3", "secretsmanager", "ssm", "sts")

CONTAINERD = """version = 2
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "{pause}"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "/etc/cni/net.d"
"""
KUBELET_UNIT = """[Service]
ExecStart=/usr/bin/kubelet
Restart=always
RestartSec=1
"""
KUBEADM_UNIT = """[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
"""
KUBELET_ARGS = "KUBELET_EXTRA_ARGS=--cgroup-driver=cgroupfs --fail-cgroupv1=false --fail-swap-on=false --local-storage-capacity-isolation=false\n"


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def container_images(folder, programs):
    """The archives; the name of pause's."""
    listed = subprocess.run([f"{programs}/kubeadm", "config", "images", "list", "--kubernetes-version", os.environ["KUBERNETES"]], capture_output=True, text=True, check=True).stdout.split()
    for reference in listed:
        name = reference.rsplit("/", 1)[1].split(":")[0]
        if name in PARTS:
            images.write(f"{folder}/{name}.tar", reference, {f"usr/local/bin/{name}": f"{programs}/{name}"}, [f"/usr/local/bin/{name}"])
        elif name == "pause":
            pause = reference
    subprocess.run(["cc", "-Os", "-static", "-o", f"{folder}/pause", f"{HERE}/pause.c"], check=True)
    images.write(f"{folder}/pause.tar", pause, {"pause": f"{folder}/pause"}, ["/pause"])
    return pause


def load(folder):
    """What /var/lib/containerd of each machine begins with: there is no registry."""
    root, state = f"{folder}/containerd", f"{folder}/containerd-state"
    with open(f"{folder}/containerd.log", "wb") as log:
        daemon = subprocess.Popen(["containerd", "--root", root, "--state", state, "--address", f"{state}/it.sock"], stdout=log, stderr=log)
    ctr = ["ctr", "--address", f"{state}/it.sock", "-n", "k8s.io"]
    while subprocess.run([*ctr, "version"], capture_output=True, check=False).returncode:
        assert daemon.poll() is None, f"containerd does not start: {folder}/containerd.log"
        time.sleep(0.1)
    for archive in glob.glob(f"{folder}/archives/*.tar"):
        subprocess.run([*ctr, "images", "import", archive], stdout=subprocess.DEVNULL, check=True)
    daemon.terminate()
    daemon.wait()


def lay_down(folder, root):
    """A machine's own /var/lib/containerd: the layers are the image's, for nobody writes to them; what is written to is copied."""
    subprocess.run(["cp", "-al", f"{folder}/containerd", root], check=True)
    for path in glob.glob(f"{root}/**/*.db", recursive=True):
        shutil.copy(path, f"{path}.own")
        os.replace(f"{path}.own", path)


def hosts(aws, region, buckets):
    names = [*(f"{s}.{region}.amazonaws.com" for s in AWS), "iam.amazonaws.com", "sts.amazonaws.com", *(f"{b}.s3.{region}.amazonaws.com" for b in buckets)]
    return f"127.0.0.1 localhost\n{aws} {' '.join(names)}\n"


def make(folder, programs, aws, region, ca, buckets):
    """Fills the folder; the name of the image of pause."""
    os.makedirs(f"{folder}/usr/bin")
    for name in PROGRAMS:
        shutil.copy(f"{programs}/{name}", f"{folder}/usr/bin/{name}")
    shutil.copy(f"{HERE}/systemctl", f"{folder}/usr/bin/systemctl")
    os.makedirs(f"{folder}/archives")
    pause = container_images(f"{folder}/archives", programs)
    load(folder)
    write(f"{folder}/etc/containerd/config.toml", CONTAINERD.format(pause=pause))
    write(f"{folder}/etc/systemd/system/kubelet.service", KUBELET_UNIT)
    write(f"{folder}/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", KUBEADM_UNIT)
    write(f"{folder}/etc/default/kubelet", KUBELET_ARGS)
    write(f"{folder}/etc/resolv.conf", "")                 # there is no DNS
    write(f"{folder}/etc/hosts", hosts(aws, region, buckets))
    with open("/etc/ssl/certs/ca-certificates.crt", encoding="ascii") as usual, open(ca, encoding="ascii") as ours:
        write(f"{folder}/etc/ssl/certs/ca-certificates.crt", usual.read() + ours.read())
    return pause
