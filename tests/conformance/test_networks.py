"""What stands between kc and AWS: proxies of the environment, certificates of one's own, and nobody who listens."""
import json
import os
import shutil
import ssl
import subprocess

import pytest

from credential_server import CredentialServer, principal
from test_credentials import KC

ME = principal("AKIAME", "")


@pytest.fixture
def sts():
    server = CredentialServer()
    yield server
    server.shutdown()


def whoami(folder, *words, **env):
    base = {"HOME": str(folder), "PATH": os.environ["PATH"], "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1",
            "AWS_ACCESS_KEY_ID": "AKIAME", "AWS_SECRET_ACCESS_KEY": "s", "AWS_MAX_ATTEMPTS": "1"}
    env = {k: v for k, v in {**base, **env}.items() if v is not None}
    return subprocess.run([KC, "whoami", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_is_used_and_its_password_is_not_shown(sts, tmp_path, variable):
    proxy = sts.url.replace("http://", "http://ann:pa55word@")
    done = whoami(tmp_path, "--json", AWS_ENDPOINT_URL_STS="http://sts.invalid", **{variable: proxy})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["arn"] == ME and sts.seen == ["POST http://sts.invalid/"]
    done = whoami(tmp_path, AWS_ENDPOINT_URL_STS="http://sts.invalid", HTTPS_PROXY=proxy, **{variable: proxy})
    assert f"note: proxy: {sts.url} (" in done.stdout and "pa55word" not in done.stdout + done.stderr


def test_a_proxy_may_be_left_out(sts, tmp_path):
    done = whoami(tmp_path, AWS_ENDPOINT_URL_STS="http://sts.invalid", HTTP_PROXY=sts.url, NO_PROXY=".example,.invalid")
    assert done.returncode == 1 and "E0710" in done.stderr and not sts.seen


def test_the_machine_is_never_asked_through_a_proxy(sts, tmp_path):
    sts.reset(imds="v2")
    proxy = CredentialServer()
    done = whoami(tmp_path, "--json", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_EC2_METADATA_DISABLED="false", HTTP_PROXY=proxy.url,
                  AWS_EC2_METADATA_SERVICE_ENDPOINT=sts.url + "/imds", AWS_ENDPOINT_URL_STS="http://sts.invalid")
    assert done.returncode == 0, done.stderr
    assert proxy.seen == ["POST http://sts.invalid/"] and len(sts.seen) == 3
    proxy.reset()
    done = whoami(tmp_path, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, HTTP_PROXY=proxy.url, AWS_CONTAINER_CREDENTIALS_FULL_URI=sts.url + "/container",
                  AWS_ENDPOINT_URL_STS="http://sts.invalid")
    assert done.returncode == 0 and proxy.seen == ["POST http://sts.invalid/"]
    proxy.shutdown()


@pytest.fixture
def certificate(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl program")
    files = [str(tmp_path / name) for name in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def test_certificates_of_ones_own_and_nobody_who_listens(sts, tmp_path, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    sts.socket = context.wrap_socket(sts.socket, server_side=True)
    url, log = sts.url.replace("http://127.0.0.1", "https://localhost"), tmp_path / "keys.log"
    done = whoami(tmp_path, AWS_ENDPOINT_URL_STS=url)
    assert done.returncode == 1 and "certificate" in done.stderr
    done = whoami(tmp_path, AWS_ENDPOINT_URL_STS=url, AWS_CA_BUNDLE=certificate[0], SSLKEYLOGFILE=str(log))
    assert done.returncode == 0, done.stderr
    assert not log.exists()
    os.makedirs(tmp_path / ".aws")
    (tmp_path / ".aws" / "config").write_text(f"[default]\nca_bundle = {certificate[0]}\n[profile other]\nca_bundle = /no/such/file\n", encoding="utf-8")
    assert whoami(tmp_path, AWS_ENDPOINT_URL_STS=url).returncode == 0
    assert whoami(tmp_path, AWS_ENDPOINT_URL_STS=url, AWS_PROFILE="other").returncode == 1
