"""A cluster of EKS, as kc makes one, whose control plane answers: the account is a served sandbox that names our API server as the cluster's endpoint, with its
certificate authority, and whoever has a token of an identity of that account gets in as EKS would let it in."""
import base64
import os

from authenticator import STS, Authenticator
from cluster import Cluster
from kc import Kc
from oracle import ROOT
from served import Served, certificate

CLUSTER = """
import "std/cluster"

cluster payments {
  region = "eu-west-1"
  control_plane eks { version = v1.34, public_access = [203.0.113.0/24] }
  network { cidr = 10.20.0.0/16, zones = 2, nat = "single" }
}
"""
# Who is who in the cluster; EKS does this by access entries and by what it knows of node roles.
NODE = {"rolearn": "arn:aws:iam::111122223333:role/node", "username": "system:node:{{SessionName}}", "groups": ["system:bootstrappers", "system:nodes"]}
ADMIN = {"userarn": "arn:aws:iam::111122223333:user/sandbox", "username": "sandbox", "groups": ["system:masters"]}


def behaviour(folder, cluster):
    """The simulated EKS, but for what it says of a cluster's API."""
    with open(os.path.join(ROOT, "stdlib", "sandbox", "eks.kcl"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    with open(cluster.ca, "rb") as f:
        ca = base64.b64encode(f.read()).decode()
    instead = {"endpoint": f'"{cluster.server}"', "certificateAuthority": f'{{ data = "{ca}" }}'}
    found = [i for i, line in enumerate(lines) if line.partition("=")[0].strip() in instead]
    assert len(found) == len(instead)
    for i in found:
        word = lines[i].partition("=")[0].strip()
        lines[i] = f"{word} = {instead[word]}"
    (folder / "eks.kcl").write_text("\n".join(lines) + "\n")
    return str(folder)


class Eks:
    """`cluster`: the API server. `served`: the account. `kc`: kc in the project that made the cluster; `keys`: who runs it."""

    def __init__(self, folder):
        rooms = {name: folder / name for name in ("cluster", "account", "behaviour", "authenticator", "project", "bin")}
        for room in rooms.values():
            room.mkdir()
        self.closing, self.folder = [], str(folder)
        try:
            self.start(rooms)
        except BaseException:
            self.close()
            raise

    def start(self, rooms):
        webhook = str(rooms["authenticator"] / "webhook.conf")
        self.cluster = Cluster(rooms["cluster"], authentication={"authentication-token-webhook-config-file": webhook})
        self.crt, key = certificate(rooms["account"], STS)
        self.served = Served(rooms["account"], "--tls-certificate", self.crt, "--tls-key", key, "--sandbox-speed", "3000",
                             "--sandbox-behaviour", behaviour(rooms["behaviour"], self.cluster))
        self.closing.append(self.served)
        there = ("127.0.0.1", int(self.served.url.rpartition(":")[2]))
        self.authenticator = Authenticator(rooms["authenticator"], "payments", there, self.crt, {"mapRoles": [NODE], "mapUsers": [ADMIN]})
        self.closing.append(self.authenticator)
        self.closing.append(self.cluster)
        self.cluster.start()
        self.kc = Kc(rooms["project"], self.served.url)
        self.keys = {name: self.served.env[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        self.kc.env.update(self.keys, AWS_CA_BUNDLE=self.crt, AWS_REGION="eu-west-1")
        os.symlink(self.kc.program, rooms["bin"] / "kc")                                     # kubectl finds kc by its name
        self.path = f"{rooms['bin']}:{os.environ['PATH']}"
        self.kc.write("cluster.kcl", CLUSTER)
        self.kc.ok("apply", "--yes")
        self.kubeconfig = os.path.join(self.folder, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as f:
            f.write(self.kc.ok("kubeconfig", "payments"))

    def assume(self, role, session):
        """Keys of a session of a role, as environment variables."""
        keys = self.served.client("sts", verify=self.crt).assume_role(RoleArn=f"arn:aws:iam::111122223333:role/{role}", RoleSessionName=session)["Credentials"]
        return {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}

    def kubectl(self, *arguments, keys=None, **options):
        """kubectl by the kubeconfig that kc wrote: it runs `kc token` itself."""
        return self.cluster.try_kubectl(*arguments, kubeconfig=self.kubeconfig, env={"PATH": self.path, **(keys or self.keys)}, **options)

    def close(self):
        while self.closing:
            self.closing.pop().close()
