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


def write(path, text):
    """At once: who reads it meanwhile has the former text."""
    with open(f"{path}.part", "w", encoding="ascii") as f:
        f.write(text)
    os.replace(f"{path}.part", path)


def cluster(folder, number):
    """What the secrets of a cluster hold, a file each: a private key and, of an authority, its certificate. They are numbered."""
    os.makedirs(folder, exist_ok=True)
    for name, subject in AUTHORITIES.items():
        path = os.path.join(folder, f"{name}-{number}")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={subject}", "-addext", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign",
                "-keyout", f"{path}.key", "-out", f"{path}.crt")
        write(f"{path}.pem", read(f"{path}.key", f"{path}.crt"))
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", os.path.join(folder, f"service-account-{number}.pem"))


def client(folder, keys, number):
    """client.crt and client.key of an administrator, by the break-glass authority of this number."""
    signer, own = os.path.join(keys, f"break-glass-{number}"), os.path.join(folder, "client")
    write(f"{own}.ext", "extendedKeyUsage=clientAuth\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=system:masters/CN=watcher", "-keyout", f"{own}.new", "-out", f"{own}.csr")
    openssl("x509", "-req", "-in", f"{own}.csr", "-CA", f"{signer}.crt", "-CAkey", f"{signer}.key", "-CAcreateserial", "-days", "1", "-extfile", f"{own}.ext", "-out", f"{own}.signed")
    write(f"{own}.pem", read(f"{own}.signed", f"{own}.new"))
