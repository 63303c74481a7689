"""The certificate of the served AWS, by openssl."""
import os
import subprocess


def serving(folder, address, names):
    """tls.crt and tls.key for a server with these names, which is its own authority; the path of what to trust."""
    sans = ",".join([f"IP:{address}", *(f"DNS:{n}" for n in names)])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=simulated AWS", "-addext", f"subjectAltName={sans}",
                    "-keyout", os.path.join(folder, "tls.key"), "-out", os.path.join(folder, "tls.crt")], check=True, capture_output=True)
    return os.path.join(folder, "tls.crt")
