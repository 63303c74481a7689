"""kc kubeconfig --admin at the served sandbox: the certificate as `cryptography` and openssl read it, and that its key and the authority's are nowhere else."""
import base64
import datetime
import os
import re
import subprocess

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import canaries
from kc import Kc
from served import Served, authority

NOW = datetime.datetime.now(datetime.timezone.utc)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def served(tmp_path):
    s = Served(tmp_path)
    yield s
    assert s.close() == 0


@pytest.fixture
def kc(served, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    kc = Kc(folder, served.url)
    kc.env.update(served.env, AWS_REGION="us-east-1")
    return kc


@pytest.fixture
def secrets(served):
    return served.client("secretsmanager", region="eu-west-1")  # not where kc is: the ARN says it


def recorded(kc, arn, trusted="none"):
    kc.write("cluster.kcl", f"""
        component Cluster {{
          out break_glass = {{ cluster = "prod", server = "https://127.0.0.1:6443", trusted = {trusted}, secret = "{arn}", groups = ["prod:admins", "ops"] }}
        }}
        Cluster prod {{ }}
        """)
    kc.ok("apply", "--yes")


def entered(kc, *arguments):
    """The kubeconfig, its certificate and key, and what was said."""
    done = kc.run("kubeconfig", "--admin", *arguments)
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load(done.stdout)
    user = config["users"][0]["user"]
    pem, key = (base64.b64decode(user[f"client-{what}-data"]) for what in ("certificate", "key"))
    return config, x509.load_pem_x509_certificate(pem), serialization.load_pem_private_key(key, None), done.stderr


def test_a_certificate_for_a_client(kc, secrets, tmp_path):
    text, ca, _ = authority("prod-break-glass")
    made = secrets.create_secret(Name="prod/break_glass", SecretString=text)
    recorded(kc, made["ARN"])
    config, certificate, key, said = entered(kc, "prod", "--for", "8h")
    assert (config["kind"], config["current-context"]) == ("Config", "prod-admin")
    assert config["clusters"] == [{"name": "prod", "cluster": {"server": "https://127.0.0.1:6443"}}]
    assert config["contexts"] == [{"name": "prod-admin", "context": {"cluster": "prod", "user": "prod-admin"}}]
    certificate.verify_directly_issued_by(ca)
    assert certificate.public_key() == key.public_key() and isinstance(key.curve, ec.SECP256R1)
    names = {name: [n.value for n in certificate.subject.get_attributes_for_oid(name)] for name in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)}
    assert names[NameOID.COMMON_NAME] == ["arn:aws:iam::111122223333:user/sandbox"] and sorted(names[NameOID.ORGANIZATION_NAME]) == ["ops", "prod:admins"]
    extensions = {e.oid: e for e in certificate.extensions}
    assert list(extensions[x509.ExtendedKeyUsage.oid].value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert extensions[x509.BasicConstraints.oid].value.ca is False and extensions[x509.BasicConstraints.oid].critical
    assert extensions[x509.KeyUsage.oid].value.digital_signature and not extensions[x509.KeyUsage.oid].value.key_cert_sign
    assert x509.SubjectAlternativeName.oid not in extensions
    ends = certificate.not_valid_after_utc
    assert 7.9 * HOUR < ends - datetime.datetime.now(datetime.timezone.utc) <= 8 * HOUR and HOUR > NOW - certificate.not_valid_before_utc
    assert f"note: read secret {made['ARN']}, version {made['VersionId']}\n" in said and f"until {ends:%Y-%m-%dT%H:%M:%SZ}\n" in said
    files = [tmp_path / name for name in ("ca.pem", "client.pem")]
    for path, what in zip(files, (ca, certificate)):
        path.write_bytes(what.public_bytes(serialization.Encoding.PEM))
    subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", *files], check=True, capture_output=True)


def test_the_current_version_signs_for_whoever_asks(kc, secrets):
    arn = secrets.create_secret(Name="prod/break_glass", SecretString=authority("one")[0])["ARN"]
    recorded(kc, arn)
    text, ca, _ = authority("two", 2 * HOUR, ec.generate_private_key(ec.SECP384R1()))
    version = secrets.put_secret_value(SecretId=arn, SecretString=text)["VersionId"]
    _, certificate, _, said = entered(kc, "--for", "24h", "--role", "arn:aws:iam::111122223333:role/operators")
    certificate.verify_directly_issued_by(ca)
    assert certificate.not_valid_after_utc == ca.not_valid_after_utc and said.rstrip().endswith(", when the authority itself ends")
    assert f"version {version}\n" in said
    assert re.fullmatch(r"arn:aws:sts::111122223333:assumed-role/operators/\S+", certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    gone = kc.run("kubeconfig", "--admin")
    assert gone.returncode == 1 and not gone.stdout and "error[E0701]" in gone.stderr and "ResourceNotFoundException" in gone.stderr


def test_keys_are_nowhere_else(kc, secrets, tmp_path):
    text, _, _ = authority("prod-break-glass")
    recorded(kc, secrets.create_secret(Name="prod/break_glass", SecretString=text)["ARN"])
    before = {path: os.stat(path).st_mtime_ns for path in canaries.files(kc.folder)}
    done = kc.run("kubeconfig", "--admin")
    assert before == {path: os.stat(path).st_mtime_ns for path in canaries.files(kc.folder)}   # nothing is recorded
    client = base64.b64decode(yaml.safe_load(done.stdout)["users"][0]["user"]["client-key-data"]).decode()
    assert "-----BEGIN PRIVATE KEY-----" in client
    places = {**canaries.files(tmp_path), "stdout": done.stdout.encode(), "stderr": done.stderr.encode()}  # the served account, which seals what it keeps, among them
    assert canaries.found_in(places, [text, client]) == [("stdout", 1)]
