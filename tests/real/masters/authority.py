"""Certificates of the run's own making, by openssl: of the served AWS, and the authorities of the cluster."""
import os
import subprocess

AUTHORITIES = {"kubernetes": "kubernetes", "etcd": "etcd-ca", "front-proxy": "front-proxy-ca", "break-glass": "break-glass"}


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def serving(folder, address, names):
    """tls.crt and tls.key for a server with these names, which is its own authority; the path of what to trust."""
    sans = ",".join([f"IP:{address}", *(f"DNS:{n}" for n in names)])
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=simulated AWS", "-addext", f"subjectAltName={sans}",
            "-keyout", os.path.join(folder, "tls.key"), "-out", os.path.join(folder, "tls.crt"))
    return os.path.join(folder, "tls.crt")


def read(*paths):
    text = ""
    for path in paths:
        with open(path, encoding="ascii") as f:
            text += f.read()
    return text


def cluster(folder):
    """What the secrets of a cluster hold, a file each: a private key and, of an authority, its certificate."""
    os.makedirs(folder)
    for name, subject in AUTHORITIES.items():
        key, certificate = (os.path.join(folder, f"{name}.{kind}") for kind in ("key", "crt"))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={subject}", "-addext", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign",
                "-keyout", key, "-out", certificate)
        with open(os.path.join(folder, f"{name}.pem"), "w", encoding="ascii") as f:
            f.write(read(key, certificate))
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", os.path.join(folder, "service-account.pem"))
