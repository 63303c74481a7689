"""How a cluster knows identities of AWS: aws-iam-authenticator as the API server's webhook. The STS that it asks is a served sandbox, which verifies
signatures with our own code; what stands between them is a proxy, as the authenticator takes no other name for STS than AWS's."""
import os
import select
import socket
import socketserver
import threading

import yaml

import commands

STS = "sts.eu-west-1.amazonaws.com"


class Way(socketserver.StreamRequestHandler):
    """One connection through the proxy: CONNECT to STS, and to nobody else."""

    def handle(self):
        asked = self.rfile.readline().decode().split(" ")
        while self.rfile.readline().strip():
            pass
        if asked[:2] != ["CONNECT", f"{STS}:443"]:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(self.server.there) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.relay({self.connection: there, there: self.connection})

    @staticmethod
    def relay(other):
        while True:
            for end in select.select(list(other), [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                other[end].sendall(data)


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, there):
        super().__init__(("127.0.0.1", 0), Way)
        self.there = there
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Authenticator:
    """For the cluster of that name: `webhook` is the file for the API server. `sts` is host and port of the sandbox, `certificate` the file of its own.
    `mappings`: mapRoles and mapUsers of the authenticator's configuration."""

    def __init__(self, folder, cluster, sts, certificate, mappings):
        port, config, self.webhook = commands.free_port(), os.path.join(folder, "authenticator.yaml"), os.path.join(folder, "webhook.conf")
        server = {"port": port, "address": "127.0.0.1", "stateDir": str(folder), "generateKubeconfig": self.webhook}
        with open(config, "w", encoding="utf-8") as f:
            yaml.safe_dump({"clusterID": cluster, "server": {**server, **mappings}}, f)
        self.proxy = Proxy(sts)
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true", "SSL_CERT_FILE": certificate,
               "HTTPS_PROXY": "http://127.0.0.1:{}".format(self.proxy.server_address[1])}
        self.running = commands.Started(os.path.join(folder, "authenticator.log"), "aws-iam-authenticator", "server", "--config", config, env=env)
        self.running.wait_until(lambda: os.path.exists(self.webhook) and self.listens(port))

    def said(self):
        return self.running.said()

    @staticmethod
    def listens(port):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    def close(self):
        self.running.close()
        self.proxy.close()
