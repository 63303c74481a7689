"""kubeadm: the certificates it makes, and what it would write for a control plane, in a folder of ours."""
import os

import yaml

import commands

ADDRESS = "192.0.2.1"                                      # kubeadm takes no loopback address as a master's; nothing listens there


class Kubeadm:
    """`arguments` of components, by their names: {"kube-apiserver": {"etcd-servers": "..."}}; they win over kubeadm's own. `port` is the API server's."""

    def __init__(self, folder, port=6443, arguments=None):
        self.folder, self.pki, self.config = str(folder), os.path.join(folder, "pki"), os.path.join(folder, "kubeadm.yaml")
        extra = {name: [{"name": k, "value": str(v)} for k, v in given.items()] for name, given in (arguments or {}).items()}
        api = {"apiVersion": "kubeadm.k8s.io/v1beta4"}
        init = dict(api, kind="InitConfiguration", localAPIEndpoint={"advertiseAddress": ADDRESS, "bindPort": port}, nodeRegistration={"name": "master"})
        cluster = dict(api, kind="ClusterConfiguration", kubernetesVersion=commands.ok("kubeadm", "version", "-o", "short").strip(), certificatesDir=self.pki,
                       controlPlaneEndpoint=f"127.0.0.1:{port}",
                       apiServer={"certSANs": ["127.0.0.1"], "extraArgs": extra.get("kube-apiserver", [])},
                       etcd={"local": {"dataDir": os.path.join(folder, "etcd"), "extraArgs": extra.get("etcd", [])}})
        with open(self.config, "w", encoding="utf-8") as f:
            yaml.safe_dump_all([init, cluster], f)

    def phase(self, *words):
        """kubeadm init phase WORDS..., for good."""
        commands.ok("kubeadm", "init", "phase", *words, "--config", self.config)

    def certificates(self):
        """All that `kubeadm init` makes, keys too: the folder that holds them."""
        self.phase("certs", "all")
        return self.pki

    def kubeconfig(self, who):
        """admin, super-admin, kubelet, controller-manager, scheduler: the file's path."""
        self.phase("kubeconfig", who, "--kubeconfig-dir", self.folder)
        return os.path.join(self.folder, f"{who}.conf")

    def dry_run(self, *words):
        """The folder with what `kubeadm init WORDS...` would write."""
        folder = os.path.join(self.folder, "dry-run")
        os.makedirs(folder, exist_ok=True)
        commands.ok("kubeadm", "init", *words, "--config", self.config, "--dry-run", env=dict(os.environ, KUBEADM_INIT_DRYRUN_DIR=folder))
        return folder

    def command_line(self, component):
        """The arguments with which kubeadm has a component of the control plane run."""
        phase = {"etcd": ("etcd", "local"), "kube-apiserver": ("control-plane", "apiserver")}[component]
        with open(os.path.join(self.dry_run("phase", *phase), f"{component}.yaml"), encoding="utf-8") as f:
            program, *arguments = yaml.safe_load(f)["spec"]["containers"][0]["command"]
        assert program == component
        return arguments
