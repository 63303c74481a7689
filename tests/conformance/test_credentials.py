"""The same files and variables, read by botocore and by kc: the same principal, or a clear error; where they differ, DIFFERENCES says why."""
import json
import os
import subprocess
from unittest import mock

import botocore.credentials
import botocore.session
import botocore.tokens
import botocore.utils
import pytest

from credential_server import CredentialServer, principal
from oracle import ROOT
from situations import all_situations

KC = os.path.join(ROOT, os.environ.get("KC") or os.path.join(os.environ.get("BUILD", "build/release"), "kc"))
SITUATIONS = list(all_situations())
DIFFERENCES = {                                            # name: (what kc finds or says, why)
    "a profile that is not there, and keys in the environment": ("user/AKIAENV+", "keys in the environment come before any file; botocore refuses before it looks for keys"),
    "a key written twice": ("user/AKIATWO+", "the last one counts, as in the SDKs other than botocore, whose parser refuses the file"),
    "a section written twice": ("user/AKIATWO+", "sections are joined, as in the SDKs other than botocore, whose parser refuses the file"),
    "a length that is no number": ("`duration_seconds = long` (~/.aws/config, line 4) is not a number", "botocore leaves out what it cannot read, and the session is shorter"),
    "a web identity's token ends in a line break": ("user/ASIA", "a line break is no part of a token, and STS refuses it; botocore sends it"),
}


@pytest.fixture(scope="module")
def credential_server():
    server = CredentialServer()
    yield server
    server.shutdown()


class Home:
    """A home folder with a situation's files; a fresh one for each reader, since both write caches."""

    def __init__(self, folder, situation, url):
        self.folder = str(folder)
        self.url = url
        texts = {".aws/config": situation.get("config"), ".aws/credentials": situation.get("keys"), **situation.get("files", {})}
        for name, text in texts.items():
            if text is None:
                continue
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as f:
                f.write(self.fill(text))
            os.chmod(path, 0o700)
        self.env = {"HOME": self.folder, "PATH": os.environ["PATH"], "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "NO_COLOR": "1",
                    "AWS_EC2_METADATA_DISABLED": "true", "AWS_EC2_METADATA_SERVICE_ENDPOINT": url + "/imds",
                    "AWS_ENDPOINT_URL_STS": url, "AWS_ENDPOINT_URL_SSO": url, "AWS_ENDPOINT_URL_SSO_OIDC": url,
                    **{k: self.fill(v) for k, v in situation.get("env", {}).items()}}

    def fill(self, text):
        return text.replace("{URL}", self.url).replace("{HOME}", self.folder)


def with_botocore(home, profile):
    """(principal, None) or (None, what is wrong)."""
    cache = os.path.join(home.folder, ".aws", "sso", "cache")
    with mock.patch.dict(os.environ, home.env, clear=True), \
         mock.patch.object(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", cache), \
         mock.patch.object(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", cache), \
         mock.patch.object(botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0), \
         mock.patch("getpass.getpass", side_effect=EOFError("no terminal")):
        try:
            found = botocore.session.Session(profile=profile).get_credentials()
            keys = found.get_frozen_credentials() if found else None
        except Exception as e:                             # whatever a user would see as a traceback
            return None, f"{type(e).__name__}: {e}"
    return (principal(keys.access_key, keys.token), None) if keys else (None, "no credentials")


def with_kc(home, profile):
    words = [KC, "whoami", "--json"] + (["--profile", profile] if profile else [])
    done = subprocess.run(words, cwd=home.folder, env=home.env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        return json.loads(done.stdout)["arn"], None
    assert done.returncode == 5 and not done.stdout, f"kc whoami: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    said = json.loads(done.stderr.splitlines()[0])
    assert said["code"] == "E0702" and len(said["message"]) > 20, done.stderr
    return None, said["message"]


def test_there_are_enough_situations():
    names = [s["name"] for s in SITUATIONS]
    assert len(set(names)) == len(names) >= 150
    assert set(DIFFERENCES) <= set(names)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: s["name"])
def test_kc_finds_what_botocore_finds(credential_server, tmp_path, situation):
    found = []
    for reader, name in ((with_botocore, "theirs"), (with_kc, "ours")):
        credential_server.reset(**situation.get("modes", {}))
        home = Home(tmp_path / name, situation, credential_server.url)
        found.append(reader(home, situation.get("profile")))
    (theirs, their_error), (ours, our_error) = found
    if situation["name"] in DIFFERENCES:
        expected, why = DIFFERENCES[situation["name"]]
        assert theirs != ours, f"no difference any more: {why}"
        assert expected in (our_error or ours), f"{why}\nkc: {ours or our_error}"
    else:
        assert theirs == ours, f"botocore: {theirs or their_error}\nkc: {ours or our_error}"


def test_caches_are_ours_alone(credential_server, tmp_path):
    situation = next(s for s in SITUATIONS if s["name"] == "SSO, the token ended and is renewed")
    home = Home(tmp_path, situation, credential_server.url)
    cache = tmp_path / ".aws" / "sso" / "cache"
    before = next(cache.glob("*.json"))
    os.chmod(before, 0o644)
    credential_server.reset()
    assert with_kc(home, None)[0]
    assert json.loads(before.read_text(encoding="utf-8"))["refreshToken"] == "next"
    assert [oct(p.stat().st_mode & 0o777) for p in cache.iterdir()] == ["0o600"] * len(list(cache.iterdir()))
