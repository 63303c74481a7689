"""kc's certificates are those of kubeadm, field by field, and a control plane runs on them."""
import base64
import datetime
import hashlib
import json
import os
import ssl

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtensionOID

from cluster import Cluster
from pki import Pki

AUTHORITIES = {"ca": "kubernetes", "etcd/ca": "etcd-ca", "front-proxy-ca": "front-proxy-ca"}
NODE, ADDRESS = "master", "192.0.2.1"
API_NAMES = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", NODE, "10.96.0.1", ADDRESS, "127.0.0.1"]
ETCD = {"common_name": NODE, "usages": ["server", "client"], "names": ["localhost", NODE, ADDRESS, "127.0.0.1", "::1"]}
CLIENT = {"usages": ["client"]}
# What kubeadm makes below the authorities: by which of them, and what it says. Each for a year.
LEAVES = {
    "apiserver": ("ca", {"common_name": "kube-apiserver", "usages": ["server"], "names": API_NAMES}),
    "apiserver-kubelet-client": ("ca", {"common_name": "kube-apiserver-kubelet-client", **CLIENT}),
    "apiserver-etcd-client": ("etcd/ca", {"common_name": "kube-apiserver-etcd-client", **CLIENT}),
    "etcd/server": ("etcd/ca", ETCD),
    "etcd/peer": ("etcd/ca", ETCD),
    "etcd/healthcheck-client": ("etcd/ca", {"common_name": "kube-etcd-healthcheck-client", **CLIENT}),
    "front-proxy-client": ("front-proxy-ca", {"common_name": "front-proxy-client", **CLIENT}),
}
KUBECONFIGS = {
    "admin": {"common_name": "kubernetes-admin", "organizations": ["kubeadm:cluster-admins"]},
    "super-admin": {"common_name": "kubernetes-super-admin", "organizations": ["system:masters"]},
    "controller-manager": {"common_name": "system:kube-controller-manager"},
    "scheduler": {"common_name": "system:kube-scheduler"},
    "kubelet": {"common_name": f"system:node:{NODE}", "organizations": ["system:nodes"]},
}


@pytest.fixture(scope="module")
def pki():
    made = Pki()
    yield made
    made.close()


@pytest.fixture(scope="module")
def authorities(pki):
    return {path: pki.authority(name) for path, name in AUTHORITIES.items()}


def parsed(pem):
    return x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem)[-1]


def key_id(certificate):
    """The first 160 bits of the SHA-256 of the key."""
    pkcs1 = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return hashlib.sha256(pkcs1).digest()[:20]


def name(n):
    return [[(a.oid.dotted_string, a._type.name, a.value) for a in rdn] for rdn in n.rdns]


def extension(e, own, issuers):
    """As it is written; ids of keys by whose they are."""
    told = e.value.public_bytes()
    if e.oid == ExtensionOID.SUBJECT_KEY_IDENTIFIER:
        assert e.value.digest == own
        told = "its own key"
    elif e.oid == ExtensionOID.AUTHORITY_KEY_IDENTIFIER:
        assert (e.value.key_identifier, e.value.authority_cert_issuer, e.value.authority_cert_serial_number) == (issuers, None, None)
        told = "its issuer's key"
    return e.oid._name, e.critical, told


def fields(certificate, issuer):
    """All that stands in it, but what is another one each time."""
    certificate.verify_directly_issued_by(issuer)
    assert 0 < certificate.serial_number < 2 ** 159
    return {
        "version": certificate.version, "signature": (certificate.signature_algorithm_oid._name, certificate.signature_algorithm_parameters.name),
        "issuer": name(certificate.issuer), "subject": name(certificate.subject), "key": (type(certificate.public_key()).__name__, certificate.public_key().key_size),
        "span": certificate.not_valid_after_utc - certificate.not_valid_before_utc,
        "extensions": [extension(e, key_id(certificate), key_id(issuer)) for e in certificate.extensions],
    }


def kubeadms(kubeadm, path):
    with open(os.path.join(kubeadm.pki, f"{path}.crt"), "rb") as f:
        return parsed(f.read())


@pytest.mark.parametrize("path", AUTHORITIES)
def test_an_authority_is_as_kubeadm_makes_it(kubeadm, authorities, path):
    ours, theirs = parsed(authorities[path]), kubeadms(kubeadm, path)
    assert fields(ours, ours) == fields(theirs, theirs)


@pytest.mark.parametrize("path", LEAVES)
def test_a_leaf_is_as_kubeadm_makes_it(kubeadm, pki, authorities, path):
    by, said = LEAVES[path]
    ours = parsed(pki.certificate(pki.key(), authorities[by], hours=8760, **said))
    assert fields(ours, parsed(authorities[by])) == fields(kubeadms(kubeadm, path), kubeadms(kubeadm, by))


@pytest.mark.parametrize("who", KUBECONFIGS)
def test_a_kubeconfigs_certificate_is_as_kubeadm_makes_it(kubeadm, pki, authorities, who):
    with open(kubeadm.kubeconfig(who), encoding="utf-8") as f:
        theirs = parsed(base64.b64decode(yaml.safe_load(f)["users"][0]["user"]["client-certificate-data"]))
    ours = fields(parsed(pki.certificate(pki.key(), authorities["ca"], hours=8760, **CLIENT, **KUBECONFIGS[who])), parsed(authorities["ca"]))
    theirs = fields(theirs, kubeadms(kubeadm, "ca"))
    late = theirs.pop("span") - ours.pop("span")               # kubeadm begins these with their authority, not five minutes ago
    assert datetime.timedelta(0) <= late < datetime.timedelta(minutes=15)
    assert ours == theirs


def test_every_certificate_of_kubeadm_is_compared(kubeadm):
    made = {os.path.relpath(os.path.join(where, f), kubeadm.pki) for where, _, files in os.walk(kubeadm.pki) for f in files if f.endswith(".crt")}
    assert made == {f"{path}.crt" for path in [*AUTHORITIES, *LEAVES]}


# ---- a control plane on them ----

def place(folder, path, text, end):
    path = os.path.join(folder, "pki", f"{path}.{end}")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def public(key):
    made = serialization.load_pem_private_key(key.encode(), None).public_key()
    return made.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def control_plane(pki, authorities, tmp_path_factory):
    """The authorities and the key of service accounts are kc's; what is below them kubeadm signs, as on a master."""
    folder, sa = str(tmp_path_factory.mktemp("ours")), pki.key()
    for path, text in authorities.items():
        cut = text.index("-----BEGIN CERTIFICATE-----")
        place(folder, path, text[:cut], "key")
        place(folder, path, text[cut:], "crt")
    place(folder, "sa", sa, "key")
    place(folder, "sa", public(sa), "pub")
    made = Cluster(folder)
    try:
        made.start()
        yield made, public(sa)
    finally:
        made.close()


def test_kubeadm_takes_our_authorities(control_plane, authorities):
    made, _ = control_plane
    for path in AUTHORITIES:
        assert kubeadms(made.kubeadm, path) == parsed(authorities[path])


def test_a_certificate_of_ours_says_who_one_is(control_plane, pki, authorities, tmp_path, monkeypatch):
    made, _ = control_plane
    key = pki.key("ec", curve="P-256")
    certificate = pki.certificate(key, authorities["ca"], common_name="ada", organizations=["system:masters", "break-glass"], hours=8, **CLIENT)
    one = tmp_path / "ada.pem"
    one.write_text(key + certificate)
    monkeypatch.setattr(made, "client", (str(one),))
    status, said = made.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    assert (status, said["status"]["userInfo"]["username"]) == (201, "ada")
    assert {"system:masters", "break-glass"} <= set(said["status"]["userInfo"]["groups"])
    one.write_text(key + pki.certificate(key, common_name="ada", organizations=["system:masters"], hours=8, **CLIENT))   # by nobody
    assert made.request("GET", "/api")[0] == 401


def test_the_key_set_is_the_one_that_the_api_server_shows(control_plane, pki):
    made, key = control_plane
    status, theirs = made.request("GET", "/openid/v1/jwks")
    assert status == 200
    assert json.loads(pki.ask("jwks", keys=[key])) == (theirs if isinstance(theirs, dict) else json.loads(theirs))


# ---- and TLS ----

def handshake(pem, trust, host):
    """Between a server with that certificate and key, and a client that calls it `host`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [trust.wrap_bio(back, there, server_hostname=host), server.wrap_bio(there, back, server_side=True)]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass


def test_a_client_trusts_a_server_of_ours_by_its_names(pki, authorities, tmp_path):
    key, pem = pki.key(), tmp_path / "server.pem"
    trust = ssl.create_default_context(cadata=authorities["ca"])
    pem.write_text(key + pki.certificate(key, authorities["ca"], common_name="api", usages=["server"], names=["api.example.com", "192.0.2.7"], hours=8))
    for host in ("api.example.com", "192.0.2.7"):
        handshake(pem, trust, host)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(pem, trust, "other.example.com")
