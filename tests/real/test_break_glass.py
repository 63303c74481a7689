"""kc kubeconfig --admin and a real kube-apiserver that trusts the break-glass authority beside its own: kubectl goes in, until nobody trusts it any more."""
import json
import os
import time

import pytest

from cluster import Cluster
from kc import Kc
from served import Served, authority


@pytest.fixture
def trusting(tmp_path):
    """A cluster that takes certificates of clients from whoever stands in the file `clients`."""
    folder, clients = tmp_path / "cluster", tmp_path / "clients.pem"
    folder.mkdir()
    made = Cluster(folder, authentication={"client-ca-file": str(clients)})
    made.clients = clients
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def served(tmp_path):
    s = Served(tmp_path)
    yield s
    assert s.close() == 0


def pem(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def test_kubectl_goes_in_until_the_authority_is_distrusted(trusting, served, tmp_path):
    text, _, _ = authority("prod-break-glass")
    trusting.clients.write_text(pem(trusting.ca) + text[text.index("-----BEGIN CERTIFICATE-----"):])
    trusting.start()
    trusting.kubectl("create", "clusterrolebinding", "break-glass", "--clusterrole=cluster-admin", "--group=prod:admins")
    kc = Kc(tmp_path / "project", served.url)
    kc.env.update(served.env, AWS_REGION="eu-west-1")
    kc.write("ca.pem", pem(trusting.ca))
    secret = served.client("secretsmanager").create_secret(Name="prod/break_glass", SecretString=text)["ARN"]
    kc.write("cluster.kcl", f'out break_glass = {{ cluster = "prod", server = "{trusting.server}", trusted = file("ca.pem"), secret = "{secret}", groups = ["prod:admins"] }}\n')
    kc.ok("apply", "--yes")
    config = os.path.join(tmp_path, "prod-admin")
    with open(config, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
        f.write(kc.ok("kubeconfig", "--admin", "--for", "10m"))
    who = json.loads(trusting.kubectl("auth", "whoami", "-o", "json", kubeconfig=config))["status"]["userInfo"]
    assert who["username"] == "arn:aws:iam::111122223333:user/sandbox" and set(who["groups"]) == {"prod:admins", "system:authenticated"}
    trusting.kubectl("create", "namespace", "rescued", kubeconfig=config)
    assert "namespace/rescued" in trusting.kubectl("get", "namespaces", "-o", "name", kubeconfig="/dev/stdin", input=kc.ok("kubeconfig", "--admin"))

    trusting.clients.write_text(pem(trusting.ca))          # kube-apiserver reads the file anew when it changes
    end = time.monotonic() + 100
    while (refused := trusting.try_kubectl("get", "namespaces", kubeconfig=config)).returncode == 0:
        assert time.monotonic() < end, "it is admitted still"
        time.sleep(0.2)
    assert "You must be logged in to the server" in refused.stderr, refused.stderr
    assert "namespace/rescued" in trusting.kubectl("get", "namespaces", "-o", "name")        # the cluster's own administrator is
