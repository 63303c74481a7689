"""kubeadm is the real one: it knows its configuration, makes the certificates, and says what it would do."""
import os

import yaml

import commands


def files(folder):
    return {os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names}


def test_a_configuration_is_validated(kubeadm, tmp_path):
    assert commands.ok("kubeadm", "config", "validate", "--config", kubeadm.config) == "ok\n"
    with open(kubeadm.config, encoding="utf-8") as f:
        text = f.read()
    wrong = tmp_path / "kubeadm.yaml"
    wrong.write_text(text.replace("certSANs", "certSANS"))
    done = commands.run("kubeadm", "config", "validate", "--config", str(wrong))
    assert done.returncode == 1 and 'unknown field "apiServer.certSANS"' in done.stderr
    wrong.write_text(text.replace("v1beta4", "v1beta3"))
    assert commands.run("kubeadm", "config", "validate", "--config", str(wrong)).returncode == 1


def test_certificates_of_a_control_plane(kubeadm):
    leaves = ["apiserver", "apiserver-etcd-client", "apiserver-kubelet-client", "etcd/healthcheck-client", "etcd/peer", "etcd/server", "front-proxy-client"]
    pairs = {f"{name}.{end}" for name in ["ca", "etcd/ca", "front-proxy-ca", *leaves] for end in ("crt", "key")}
    assert files(kubeadm.pki) == pairs | {"sa.key", "sa.pub"}


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(kubeadm):
    before = files(kubeadm.folder)
    folder = kubeadm.dry_run("--skip-phases", "preflight")
    with open(os.path.join(folder, "kube-apiserver.yaml"), encoding="utf-8") as f:
        assert "--advertise-address=192.0.2.1" in yaml.safe_load(f)["spec"]["containers"][0]["command"]
    assert {"admin.conf", "kube-controller-manager.yaml", "kube-scheduler.yaml", "config.yaml"} <= files(folder)
    assert all(name.startswith("dry-run/") for name in files(kubeadm.folder) - before)
