"""Every key that kc makes is a canary: while it is made, when kc is killed over it, and afterwards it is nowhere but in Secrets Manager (docs/secrets.md)."""
import base64
import json
import os
import queue
import re
import resource
import signal
import subprocess
import tempfile
import urllib.parse

import pytest

import canaries
from between import Between, Stop
from kc import Kc
from served import Served

KEYS = {"rsa": 'kind = "rsa-2048"', "p256": "", "p384": 'kind = "ec-p384"', "ed25519": 'kind = "ed25519"', "aes": 'kind = "aes-256"'}
ROTATION = [(1, [1]), (1, [1, 2]), (2, [1, 2]), (2, [2])]
LIMIT = 60
SOMEBODY = 65534


def stack(current, valid, only=None):
    blocks = [f'sm.GeneratedKey {name} {{ name = "canary/{name}", current = {current}, valid = {valid}\n  {fields}\n}}' for name, fields in KEYS.items() if only in (None, name)]
    if only is None:
        blocks += [f'sm.GeneratedPassword {name} {{ name = "canary/{name}", turn = {current}\n  {fields}\n}}' for name, fields in (("token", ""), ("door", 'username = "admin"'))]
        blocks += [f"out {name}_public = {name}.public_keys" for name in KEYS]
    return "\n".join(['import "std/aws/secretsmanager" as sm', *blocks, ""])


class Scene:
    """kc in a project, a served account in another folder, and what stands between them."""

    def __init__(self, folder):
        self.folder, self.account = folder / "project", folder / "account"
        for path in (self.folder, self.account):
            path.mkdir()
        self.served = Served(self.account)
        self.between = Between(self.served.url)
        self.kc = self.project(self.folder)
        self.values = self.served.client("secretsmanager")
        self.running = None

    def project(self, folder):
        kc = Kc(folder, self.between.url)
        kc.env.update(self.served.env, AWS_ENDPOINT_URL=self.between.url, AWS_REGION="eu-west-1", TMPDIR=str(folder))
        return kc

    def close(self):
        self.between.close()
        assert self.served.close() == 0

    def write(self, *step, **more):
        self.kc.write("cluster.kcl", stack(*step, **more))

    def secrets(self):
        """The texts that are secret, of those that went to AWS."""
        texts = [json.loads(s)["password"] if s.startswith("{") else s for s in self.between.secrets]
        assert len(set(texts)) == len(texts)
        return texts

    def stop(self, op, then, **more):
        self.between.stops.append(Stop(op, then, **more))

    def start(self, *arguments, **how):
        with self.between.lock:                            # no request gets through before the process is known
            self.running = self.kc.start(*arguments, **how)

    def left(self):
        """All that is left behind of kc: its files, what it printed among them."""
        return canaries.files(self.folder)

    def nothing(self, places):
        assert self.secrets() and places
        assert canaries.found_in(places, self.secrets()) == []


@pytest.fixture
def scene(tmp_path):
    s = Scene(tmp_path)
    yield s
    s.close()


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **more).stdout


@pytest.mark.parametrize("kind", [("genrsa", "2048"), ("ecparam", "-genkey", "-noout", "-name", "prime256v1"), ("ecparam", "-genkey", "-noout", "-name", "secp384r1"),
                                  ("genpkey", "-algorithm", "ed25519"), ("rand", "-base64", "32")], ids=lambda k: k[0] + k[-1])
def test_what_is_there_is_found(kind, tmp_path):
    """The search, tried with what others write of keys."""
    secret, other = (openssl(*kind).decode() for _ in range(2))
    forms = {"text": secret, "json": json.dumps(secret), "json in json": json.dumps({"said": json.dumps(secret)}), "url": "SecretString=" + urllib.parse.quote(secret),
             "base64": base64.encodebytes(secret.encode()), "in a line": f"error: {secret!r}"}
    if kind[0] == "rand":
        secret, raw = secret.strip(), base64.b64decode(secret)
        forms |= {"bytes": b"{" + raw, "hex": raw.hex(), "base64 of more": base64.b64encode(b"12" + raw)}
    else:
        der, shown = (openssl("pkey", *form, input=secret.encode()) for form in (("-outform", "DER"), ("-text", "-noout")))
        forms |= {"DER": der, "shown": shown, "hex": der.hex(), "base64url": base64.urlsafe_b64encode(b"1" + der)}
        public = openssl("pkey", "-pubout", input=secret.encode())
        assert canaries.found_in({"public": public, "base64": base64.b64encode(public)}, [secret]) == []
    if kind[0] == "genrsa":
        forms["a part"] = secret[len(secret) // 2:]
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = {os.path.basename(where) for where, i in canaries.found_in(canaries.files(tmp_path), [secret, other.strip()]) if i == 0}
    assert found == set(forms)


def test_a_rotation_leaves_nothing(scene):
    for step in ROTATION:
        scene.write(*step)
        scene.kc.write("planned", scene.kc.ok("plan", "--json", "--all"))
        done = scene.kc.run("apply", "--yes", "--json")
        assert done.returncode == 0, done.stderr
        scene.kc.write("applied", done.stdout + done.stderr)
        scene.nothing({**scene.left(), **canaries.told(scene.kc)})
        assert scene.kc.run("plan", "--exit-code").returncode == 0
    assert {"state.json", "journal", "history"} <= set(os.listdir(scene.folder / ".kc" / "stacks" / "cluster"))
    current = [scene.values.get_secret_value(SecretId=f"canary/{name}")["SecretString"] for name in (*KEYS, "token", "door")]
    assert len(scene.between.secrets) == 14 and set(current) < set(scene.between.secrets)      # what was looked for is what AWS has
    assert scene.served.close() == 0
    scene.nothing(canaries.files(scene.account))                                               # the account seals what no listing shows


def ended(process, number):
    """Kills it; how it ended, as the kernel says."""
    os.kill(process.pid, number)
    how = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT).si_code
    process.wait(LIMIT)
    return how


@pytest.fixture
def cores(tmp_path):
    """Programs leave cores here, where this machine lets them."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    pattern = canaries.read("/proc/sys/kernel/core_pattern")
    if before[1] and pattern.strip() and not pattern.startswith(b"|"):
        assert ended(subprocess.Popen(["sleep", str(LIMIT)], cwd=tmp_path), signal.SIGABRT) == os.CLD_DUMPED
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


# In which step of the rotation: operation, AWS has it, how many go before, how kc is killed
MOMENTS = [(0, "CreateSecret", False, 0, signal.SIGABRT), (0, "CreateSecret", True, 0, signal.SIGKILL), (0, "DescribeSecret", False, 3, signal.SIGSEGV),
           (1, "PutSecretValue", False, 0, signal.SIGSEGV), (1, "PutSecretValue", True, 2, signal.SIGABRT), (2, "UpdateSecretVersionStage", True, 1, signal.SIGKILL),
           (3, "UpdateSecretVersionStage", False, 0, signal.SIGABRT)]


def die_at(scene, op, after, skip, number):
    """Kills kc there; gives what could be seen of it before, and how it ended."""
    met = queue.Queue()

    def then(_):
        met.put((canaries.of_process(scene.running.pid), ended(scene.running, number)))
        return True
    scene.stop(op, then, before=not after, skip=skip)
    scene.start("apply", "--yes")
    seen = met.get(timeout=LIMIT)
    assert scene.running.wait(LIMIT) == -number
    return seen


@pytest.mark.usefixtures("cores")
def test_who_is_killed_leaves_nothing(scene):
    for at, step in enumerate(ROTATION):
        scene.write(*step)
        for moment in [m[1:] for m in MOMENTS if m[0] == at]:
            seen, how = die_at(scene, *moment)
            assert how == os.CLD_KILLED                    # CLD_DUMPED: with a core
            scene.nothing({**seen, **scene.left()})
            assert not [path for path in scene.left() if os.path.basename(path).startswith("core")]
        scene.kc.ok("apply", "--yes")
        scene.nothing({**scene.left(), **canaries.told(scene.kc)})
        assert scene.kc.run("plan", "--exit-code").returncode == 0


def test_the_program_is_not_dumpable(scene):
    """Of a program that is, /proc belongs to who runs it; and it sets itself the limit that keeps cores off elsewhere."""
    user = os.geteuid() or SOMEBODY
    seen = []

    def then(_):
        there = f"/proc/{scene.running.pid}"
        seen.append((os.stat(f"{there}/mem").st_uid, re.search(r"^Uid:\s+(\d+)", canaries.read(f"{there}/status").decode(), re.M)[1]))
        assert re.search(rb"^Max core file size +0 +0 ", canaries.read(f"{there}/limits"), re.M)
    scene.stop("CreateSecret", then)
    with tempfile.TemporaryDirectory() as folder:
        scene.kc = scene.project(folder)
        scene.write(1, [1], only="p256")
        for path in (folder, *(os.path.join(folder, name) for name in os.listdir(folder))):
            os.chown(path, user, -1)
        scene.start("apply", "--yes", user=None if os.geteuid() else SOMEBODY)
        assert scene.running.wait(LIMIT) == 0, scene.kc.said()
    assert seen == [(0, str(user))]


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody but root reads its memory")
@pytest.mark.parametrize("name", KEYS)
def test_memory_that_holds_a_key_is_in_no_core(scene, name):
    """While it is sent: in pages that no core has, and once where libcurl copied it to; no more when AWS has answered."""
    held, after = [], []

    def look(into):
        if scene.between.secrets:
            into.append(canaries.in_memory(scene.running.pid, scene.secrets()[-1]))
    for op in ("CreateSecret", "PutSecretValue"):
        for before in (True, False):
            scene.stop(op, lambda _: look(held), before=before)
        for request in range(6):
            scene.stop("GetResourcePolicy", lambda _: look(after), skip=request)
        scene.write(*ROTATION[op == "PutSecretValue"], only=name)
        scene.start("apply", "--yes")
        assert scene.running.wait(LIMIT) == 0, scene.kc.said()
    assert len(held) == 4 and len(after) >= 2
    for copies in held:
        assert any("dd" in flags for _, flags in copies)
        assert [name for name, flags in copies if "dd" not in flags] in ([], ["[heap]"])
    for copies in after:
        assert not [name for name, flags in copies if "dd" not in flags]
