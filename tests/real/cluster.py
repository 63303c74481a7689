"""A real Kubernetes API: kube-apiserver and etcd as kubeadm would run them on a master. There is no kubelet, controller or scheduler: objects are checked and
kept, and nobody acts on them. Pods do not start, and what a controller would write, a test writes."""
import base64
import http.client
import json
import os
import ssl

import yaml

import commands
from kubeadm import Kubeadm

HERE = "127.0.0.1"


class Cluster:
    """Where it is: `server`, `ca` (a file), `client` (the files of an administrator's certificate and key), `kubeconfig` with all of these."""

    def __init__(self, folder, port=None, authentication=None):
        """`authentication`: further arguments of kube-apiserver. Certificates are made at once; it runs from start()."""
        self.folder, self.running = str(folder), []
        self.port, etcd, peer, metrics = port or commands.free_port(), commands.free_port(), commands.free_port(), commands.free_port()
        self.server = f"https://{HERE}:{self.port}"
        self.kubeadm = Kubeadm(folder, self.port, {
            "etcd": {"listen-client-urls": f"https://{HERE}:{etcd}", "advertise-client-urls": f"https://{HERE}:{etcd}", "listen-peer-urls": f"https://{HERE}:{peer}",
                     "initial-advertise-peer-urls": f"https://{HERE}:{peer}", "initial-cluster": f"master=https://{HERE}:{peer}",
                     "listen-metrics-urls": f"http://{HERE}:{metrics}", "unsafe-no-fsync": "true"},
            "kube-apiserver": {"bind-address": HERE, "etcd-servers": f"https://{HERE}:{etcd}", **(authentication or {})}})
        self.ca = os.path.join(self.kubeadm.certificates(), "ca.crt")
        self.kubeconfig = self.kubeadm.kubeconfig("super-admin")
        self.client = self.client_files()

    def client_files(self):
        with open(self.kubeconfig, encoding="utf-8") as f:
            user = yaml.safe_load(f)["users"][0]["user"]
        paths = [os.path.join(self.folder, f"super-admin.{end}") for end in ("crt", "key")]
        for path, data in zip(paths, (user["client-certificate-data"], user["client-key-data"])):
            with open(path, "wb") as f:
                f.write(base64.b64decode(data))
        return tuple(paths)

    def start(self):
        for component in ("etcd", "kube-apiserver"):
            log = os.path.join(self.folder, f"{component}.log")
            self.running.append(commands.Started(log, component, *self.kubeadm.command_line(component)))
        self.running[-1].wait_until(lambda: self.answers("/readyz"))

    def close(self):
        while self.running:
            self.running.pop().close()

    def answers(self, path):
        try:
            return self.request("GET", path)[0] == 200
        except OSError:
            return False

    def connect(self, client=None):
        """An HTTPS connection, with a client's certificate where one is given."""
        trust = ssl.create_default_context(cafile=self.ca)
        if client:
            trust.load_cert_chain(*client)
        return http.client.HTTPSConnection(HERE, self.port, context=trust, timeout=30)

    def request(self, method, path, body=None, content_type="application/json", token=None):
        """An administrator's request, or of whoever bears the token: the status, and the answer as it reads in JSON or as it came."""
        connection = self.connect(None if token else self.client)
        headers = {"Content-Type": content_type, **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            said = reply.read()
            return reply.status, json.loads(said) if reply.headers.get_content_type() == "application/json" else said.decode()
        finally:
            connection.close()

    def watch(self, path, version):
        """What changes under a path after a resource version, as it comes: its type and the object. It ends after 30 seconds."""
        connection = self.connect(self.client)
        try:
            connection.request("GET", f"{path}?watch=1&timeoutSeconds=30&resourceVersion={version}")
            for line in connection.getresponse():
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            connection.close()

    def try_kubectl(self, *arguments, kubeconfig=None, env=None, **options):
        env = {"HOME": self.folder, "PATH": os.environ["PATH"], **(env or {})}
        return commands.run("kubectl", "--kubeconfig", kubeconfig or self.kubeconfig, *arguments, env=env, **options)

    def kubectl(self, *arguments, **options):
        """Runs, wants exit code 0, gives standard output; an administrator unless `kubeconfig` says who."""
        done = self.try_kubectl(*arguments, **options)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: exit {done.returncode}\n{done.stderr[-3000:]}"
        return done.stdout

    def namespace(self, name):
        """A namespace, with the service account that pods want and a controller would make."""
        self.kubectl("create", "namespace", name)
        self.kubectl("create", "serviceaccount", "default", "-n", name)
        return name
