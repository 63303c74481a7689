"""`kc sandbox serve`, and boto3 clients of it."""
import datetime
import ipaddress
import os
import re
import signal
import subprocess

import boto3
import botocore.config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from oracle import ROOT


class Served:
    def __init__(self, folder, *arguments):
        program = os.path.join(ROOT, os.environ.get("KC") or os.path.join(os.environ.get("BUILD", "build/release"), "kc"))
        self.process = subprocess.Popen([program, "sandbox", "serve", "--listen", "127.0.0.1:0", "--sandbox-seed", "7", *arguments], cwd=folder,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.env = {}
        while "AWS_EC2_METADATA_DISABLED" not in self.env:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.env.update(re.findall(r"(AWS_\w+)=(\S+)", line))
        self.url = self.env["AWS_ENDPOINT_URL"]

    def client(self, service, keys=None, **more):
        keys = keys or {"AccessKeyId": self.env["AWS_ACCESS_KEY_ID"], "SecretAccessKey": self.env["AWS_SECRET_ACCESS_KEY"]}
        config = botocore.config.Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.url, region_name=more.pop("region", "eu-west-1"), aws_access_key_id=keys["AccessKeyId"],
                            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys.get("SessionToken"), config=config, **more)

    def close(self):
        """Ends it as Ctrl-C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


def certificate(folder, *hosts):
    """A self-signed certificate for this machine, under these names of hosts too; the files of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kc")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, hosts)]), critical=False)
            .sign(key, hashes.SHA256()))
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return str(folder / "tls.crt"), str(folder / "tls.key")


def authority(name, lifetime=datetime.timedelta(days=4), key=None):
    """A certificate that signs for itself, and its key: PEM as it is kept, and both apart."""
    key, subject = key or rsa.generate_private_key(65537, 2048), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + lifetime).add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False).sign(key, hashes.SHA256()))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (pem + made.public_bytes(serialization.Encoding.PEM)).decode(), made, key
