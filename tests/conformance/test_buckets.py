"""std/aws/s3 against moto: buckets that are full, and what becomes of what is in them."""
import base64
import hashlib
import signal
import subprocess
import sys

import pytest

from kc import Kc
from kcmoto.server import Fault

REGION = ["--region", "eu-west-1"]
BUCKET = """import "std/aws/s3" as s3
s3.Bucket it {{ name = "kc-full", versioning = true{more} }}
"""


@pytest.fixture
def kc(server, tmp_path):
    return Kc(tmp_path, server.url)


def fill(versions, markers):
    from kcmoto.server import ACCOUNT
    from moto.s3.models import s3_backends
    backend = s3_backends[ACCOUNT]["aws"]
    for i in range(versions):
        backend.put_object("kc-full", f"k/{i % 10}", b"x")
    for i in range(markers):
        backend.delete_object("kc-full", f"k/{i % 10}")


def test_a_full_bucket_goes_only_when_its_block_says_so(kc, server, client):
    kc.write("cluster.kcl", BUCKET.format(more=""))
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    fill(2990, 10)
    refused = kc.run("destroy", "--yes", *REGION)
    assert refused.returncode == 1 and "E0616" in refused.stderr and "k/0" in refused.stderr
    assert not [c for c in server.calls if c[1] in ("DeleteObjects", "DeleteBucket")]
    kc.write("cluster.kcl", BUCKET.format(more=", force = true"))
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    done = kc.run("destroy", "--yes", *REGION)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [c[2] for c in server.calls if c[1] == "DeleteObjects"] == [200, 200, 200]
    assert client("s3").list_buckets()["Buckets"] == []


OBJECT = """import "std/aws/s3" as s3
s3.Bucket shelf { name = "kc-files" }
s3.Object it { bucket = shelf.name, key = "image.bin", body = file_blob("image.bin") }
"""
SIZE = 192 << 20


def sparse(folder, size, mark=b"kc"):
    """A file that has so many bytes and takes no room."""
    with open(folder / "image.bin", "wb") as f:
        f.write(mark)
        f.truncate(size)
    whole = hashlib.sha256(mark)
    zeros, left = bytes(1 << 20), size - len(mark)
    while left:
        whole.update(zeros[:min(left, len(zeros))])
        left -= min(left, len(zeros))
    return whole


def most_memory(kc, *arguments):
    """Runs kc; its exit code and the most memory that it had, in MiB. From a small process: what the one that forks has counts for its child."""
    small = "import resource, subprocess, sys; c = subprocess.call(sys.argv[1:], stdout=2); print(c, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-S", "-c", small, kc.program, *arguments], cwd=kc.folder, env=kc.env, capture_output=True, text=True, check=True)
    code, most = done.stdout.split()
    return int(code), int(most) / 1024, done.stderr


def test_a_large_file_needs_little_memory(kc, tmp_path, client):
    whole = sparse(tmp_path, SIZE)
    kc.write("cluster.kcl", OBJECT)
    code, most, said = most_memory(kc, "apply", "--yes", *REGION)
    assert code == 0, said
    assert most < 64, f"kc took {most:.0f} MiB for a file of {SIZE >> 20} MiB"
    head = client("s3").head_object(Bucket="kc-files", Key="image.bin", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ChecksumSHA256"]) == (SIZE, base64.b64encode(whole.digest()).decode())
    kept = "".join(p.read_text() for p in (tmp_path / ".kc" / "stacks").rglob("*") if p.is_file())
    assert f'{{"$digest":["{whole.hexdigest()}",{SIZE}]}}' in kept and str(tmp_path) not in kept
    assert kc.run("plan", "--exit-code", *REGION).returncode == 0


def test_a_file_that_changes_meanwhile_is_not_sent(kc, tmp_path, server, client):
    sparse(tmp_path, 1 << 20)
    kc.write("cluster.kcl", OBJECT)
    server.faults.append(Fault("CreateBucket", kind="reset after", then=lambda: sparse(tmp_path, 1 << 20, b"another")))
    refused = kc.run("apply", "--yes", *REGION)
    assert refused.returncode == 1 and "it was changed meanwhile. It was not sent; run kc again" in refused.stdout, refused.stdout
    assert [b["Name"] for b in client("s3").list_buckets()["Buckets"]] == ["kc-files"]
    assert "Contents" not in client("s3").list_objects_v2(Bucket="kc-files")
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    assert client("s3").get_object(Bucket="kc-files", Key="image.bin")["Body"].read(7) == b"another"


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_file_is_sent_again_only_where_it_did_not_arrive(kc, tmp_path, server, client, phase):
    whole = sparse(tmp_path, 1 << 20)
    kc.write("cluster.kcl", OBJECT)
    server.faults.append(Fault("PutObject", kind=f"reset {phase}"))
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    assert len([c for c in server.calls if c[1] == "PutObject"]) == (1 if phase == "before" else 0)     # beside the one that was cut off
    assert client("s3").head_object(Bucket="kc-files", Key="image.bin", ChecksumMode="ENABLED")["ChecksumSHA256"] == base64.b64encode(whole.digest()).decode()


@pytest.mark.parametrize("phase", ["before", "after"])
def test_killed_while_a_file_is_sent(kc, tmp_path, server, client, phase):
    sparse(tmp_path, 1 << 20)
    kc.write("cluster.kcl", OBJECT.replace('"kc-files"', '"kc-files", versioning = true, force = true'))
    running = []
    server.faults.append(Fault("PutObject", kind=f"reset {phase}", then=lambda: running[0].kill()))
    with server.lock:                                      # no request gets through before the process is known
        running.append(kc.start("apply", "--yes", *REGION))
    assert running[0].wait(60) == -signal.SIGKILL
    journal = "".join(p.read_text() for p in (tmp_path / ".kc" / "stacks").rglob("*") if p.is_file())
    assert '"t":"intent"' in journal and str(tmp_path) not in journal
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    assert len(client("s3").list_object_versions(Bucket="kc-files")["Versions"]) == 1
    assert kc.run("destroy", "--yes", *REGION).returncode == 0


def test_somebody_elses_object_is_not_overwritten(kc, tmp_path, server, client):
    kc.write("cluster.kcl", OBJECT.split("s3.Object")[0])
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    client("s3").put_object(Bucket="kc-files", Key="image.bin", Body=b"theirs")
    sparse(tmp_path, 1 << 20)
    kc.write("cluster.kcl", OBJECT)
    refused = kc.run("apply", "--yes", *REGION)
    assert refused.returncode == 1
    assert client("s3").get_object(Bucket="kc-files", Key="image.bin")["Body"].read() == b"theirs"


def test_objects_go_without_their_files(kc, tmp_path, client):
    sparse(tmp_path, 1 << 20)
    kc.write("cluster.kcl", OBJECT)
    assert kc.run("apply", "--yes", *REGION).returncode == 0
    (tmp_path / "image.bin").unlink()
    done = kc.run("destroy", "--yes", *REGION)
    assert done.returncode == 0, done.stdout + done.stderr
    assert client("s3").list_buckets()["Buckets"] == []
