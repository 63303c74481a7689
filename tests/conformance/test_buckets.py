"""std/aws/s3 against moto: buckets that are full, and what becomes of what is in them."""
import pytest

from kc import Kc

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
