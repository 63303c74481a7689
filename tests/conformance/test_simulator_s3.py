"""S3 of the simulated AWS and of moto, with boto3 as the client: the same story ends the same."""
import hashlib
import base64
import json

import pytest

from test_simulator import Stage, error, simulated, stage, tags  # noqa: F401

REGION = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def s3(stage):  # noqa: F811
    stage.s3.create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    return stage.s3


def versions(s3, **more):
    """[(key, version, is it the latest, is it a marker)] over all pages."""
    out = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="kc-shelf", **more):
        rows = [(v["Key"], v["VersionId"], v["IsLatest"], False) for v in page.get("Versions", [])]
        rows += [(v["Key"], v["VersionId"], v["IsLatest"], True) for v in page.get("DeleteMarkers", [])]
        out += sorted(rows)
    return out


def enable(s3):
    s3.put_bucket_versioning(Bucket="kc-shelf", VersioningConfiguration={"Status": "Enabled"})


def test_a_bucket_is_shown_as_it_was_made(s3):
    bucket = {"Bucket": "kc-shelf"}
    assert s3.get_bucket_location(**bucket)["LocationConstraint"] == "eu-west-1"
    assert s3.head_bucket(**bucket)["BucketRegion"] == "eu-west-1"
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["kc-shelf"]
    assert "Status" not in s3.get_bucket_versioning(**bucket)
    assert error(s3.get_bucket_policy, **bucket) == "NoSuchBucketPolicy"
    assert error(s3.get_bucket_tagging, **bucket) == "NoSuchTagSet"
    assert error(s3.get_bucket_lifecycle_configuration, **bucket) == "NoSuchLifecycleConfiguration"


def test_what_a_bucket_says_is_replaced_as_a_whole(s3):
    bucket = {"Bucket": "kc-shelf"}
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert tags(s3.get_bucket_tagging(**bucket)["TagSet"]) == {"c": "3"}
    s3.delete_bucket_tagging(**bucket)
    assert error(s3.get_bucket_tagging, **bucket) == "NoSuchTagSet"
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(**bucket)
    assert error(s3.get_public_access_block, **bucket) == "NoSuchPublicAccessBlockConfiguration"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::kc-shelf/*"}]}
    s3.put_bucket_policy(**bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(**bucket)["Policy"]) == policy
    s3.delete_bucket_policy(**bucket)
    assert error(s3.get_bucket_policy, **bucket) == "NoSuchBucketPolicy"
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(**bucket)["Rules"] == [rule]
    s3.delete_bucket_lifecycle(**bucket)
    assert error(s3.get_bucket_lifecycle_configuration, **bucket) == "NoSuchLifecycleConfiguration"


def test_names_are_taken_once(s3, stage):  # noqa: F811
    assert error(s3.create_bucket, Bucket="kc-shelf", CreateBucketConfiguration=REGION) == "BucketAlreadyOwnedByYou"
    assert error(s3.create_bucket, Bucket="kc-other") == "IllegalLocationConstraintException"
    assert error(s3.create_bucket, Bucket="No", CreateBucketConfiguration=REGION) == "InvalidBucketName"
    assert error(s3.head_bucket, Bucket="kc-nowhere") == "404"
    assert error(s3.get_bucket_versioning, Bucket="kc-nowhere") == "NoSuchBucket"
    assert error(s3.put_object, Bucket="kc-nowhere", Key="k", Body=b"b") == "NoSuchBucket"
    assert error(s3.delete_bucket, Bucket="kc-nowhere") == "NoSuchBucket"


def test_an_object_comes_back(s3):
    sha = base64.b64encode(hashlib.sha256(b"body").digest()).decode()
    put = s3.put_object(Bucket="kc-shelf", Key="a b/c+d", Body=b"body", ContentType="text/plain", CacheControl="no-cache", Metadata={"one": "1"}, ChecksumAlgorithm="SHA256", ChecksumSHA256=sha,
                        Tagging="x=1&y=a%20b")
    assert put["ETag"] == '"' + hashlib.md5(b"body").hexdigest() + '"' and "VersionId" not in put
    head = s3.head_object(Bucket="kc-shelf", Key="a b/c+d", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ContentType"], head["CacheControl"], head["Metadata"], head["ChecksumSHA256"]) == (4, "text/plain", "no-cache", {"one": "1"}, sha)
    assert s3.get_object(Bucket="kc-shelf", Key="a b/c+d")["Body"].read() == b"body"
    assert tags(s3.get_object_tagging(Bucket="kc-shelf", Key="a b/c+d")["TagSet"]) == {"x": "1", "y": "a b"}
    s3.put_object_tagging(Bucket="kc-shelf", Key="a b/c+d", Tagging={"TagSet": [{"Key": "z", "Value": "2"}]})
    assert tags(s3.get_object_tagging(Bucket="kc-shelf", Key="a b/c+d")["TagSet"]) == {"z": "2"}
    assert error(s3.head_object, Bucket="kc-shelf", Key="none") == "404"
    assert error(s3.get_object, Bucket="kc-shelf", Key="none") == "NoSuchKey"
    assert error(s3.delete_bucket, Bucket="kc-shelf") == "BucketNotEmpty"
    s3.delete_object(Bucket="kc-shelf", Key="a b/c+d")
    assert error(s3.get_object, Bucket="kc-shelf", Key="a b/c+d") == "NoSuchKey"
    s3.delete_bucket(Bucket="kc-shelf")
    assert error(s3.head_bucket, Bucket="kc-shelf") == "404"


def until_taken(call, **parameters):
    """A conditional write that meets another one is sent again."""
    for _ in range(20):
        code = error(call, **parameters)
        if code != "ConditionalRequestConflict":
            return code
    return code


def test_conditions_decide(s3):
    lock = {"Bucket": "kc-shelf", "Key": "lock"}
    assert until_taken(s3.put_object, **lock, Body=b"first", IfNoneMatch="*") is None
    assert until_taken(s3.put_object, **lock, Body=b"second", IfNoneMatch="*") == "PreconditionFailed"
    assert s3.get_object(**lock)["Body"].read() == b"first"
    tag = s3.head_object(**lock)["ETag"]
    assert until_taken(s3.put_object, **lock, Body=b"third", IfMatch='"00000000000000000000000000000000"') == "PreconditionFailed"
    assert until_taken(s3.put_object, **lock, Body=b"third", IfMatch=tag) is None
    assert error(s3.get_object, **lock, IfMatch=tag) == "PreconditionFailed"
    assert error(s3.get_object, **lock, IfNoneMatch=s3.head_object(**lock)["ETag"]) == "304"


def test_versions_stay_until_they_are_named(s3):
    enable(s3)
    one, two = (s3.put_object(Bucket="kc-shelf", Key="k", Body=b)["VersionId"] for b in (b"1", b"2"))
    marker = s3.delete_object(Bucket="kc-shelf", Key="k")
    assert marker["DeleteMarker"] is True
    assert error(s3.get_object, Bucket="kc-shelf", Key="k") == "NoSuchKey"
    assert s3.get_object(Bucket="kc-shelf", Key="k", VersionId=one)["Body"].read() == b"1"
    assert {(v, latest, gone) for _, v, latest, gone in versions(s3)} == {(one, False, False), (two, False, False), (marker["VersionId"], True, True)}
    s3.delete_object(Bucket="kc-shelf", Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="kc-shelf", Key="k")["Body"].read() == b"2"
    assert error(s3.delete_bucket, Bucket="kc-shelf") == "BucketNotEmpty"
    gone = s3.delete_objects(Bucket="kc-shelf", Delete={"Objects": [{"Key": "k", "VersionId": v} for v in (one, two)]})
    assert sorted(d["VersionId"] for d in gone["Deleted"]) == sorted([one, two])
    s3.delete_bucket(Bucket="kc-shelf")


def test_listings_come_in_pages(s3):
    enable(s3)
    made = {(f"k{n % 7}", s3.put_object(Bucket="kc-shelf", Key=f"k{n % 7}", Body=str(n).encode())["VersionId"]) for n in range(25)}
    assert {(k, v) for k, v, _, _ in versions(s3, PaginationConfig={"PageSize": 4})} == made
    assert len(versions(s3, PaginationConfig={"PageSize": 4})) == 25
    assert sum(latest for _, _, latest, _ in versions(s3)) == 7
    s3.delete_object(Bucket="kc-shelf", Key="k0")
    for key in ("a/1", "a/2", "b/x y"):
        s3.put_object(Bucket="kc-shelf", Key=key, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="kc-shelf", PaginationConfig={"PageSize": 3})
    assert [o["Key"] for p in pages for o in p.get("Contents", [])] == ["a/1", "a/2", "b/x y", "k1", "k2", "k3", "k4", "k5", "k6"]
    flat = s3.list_objects_v2(Bucket="kc-shelf", Delimiter="/")
    assert [p["Prefix"] for p in flat["CommonPrefixes"]] == ["a/", "b/"] and [o["Key"] for o in flat["Contents"]] == ["k1", "k2", "k3", "k4", "k5", "k6"]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="kc-shelf", Prefix="a/", StartAfter="a/1")["Contents"]] == ["a/2"]


# ---- what moto does not say, or otherwise ----

def test_suspended_versions_are_one(simulated):  # noqa: F811
    s3 = simulated.client("s3")
    s3.create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    before = s3.put_object(Bucket="kc-shelf", Key="k", Body=b"0")
    enable(s3)
    s3.put_object(Bucket="kc-shelf", Key="k", Body=b"1")
    s3.put_bucket_versioning(Bucket="kc-shelf", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="kc-shelf", Key="k", Body=b"2")
    assert "VersionId" not in before
    assert sorted((v == "null", latest) for _, v, latest, _ in versions(s3)) == [(False, False), (True, True)]
    assert s3.get_object(Bucket="kc-shelf", Key="k")["Body"].read() == b"2"


def test_names_that_others_have(simulated):  # noqa: F811
    s3 = simulated.client("s3")
    assert error(s3.create_bucket, Bucket="my-bucket", CreateBucketConfiguration=REGION) == "BucketAlreadyExists"
    assert error(s3.head_bucket, Bucket="my-bucket") == "403"
    assert error(s3.get_bucket_policy, Bucket="my-bucket") == "AccessDenied"


def test_a_policy_for_everybody_needs_an_open_block(simulated):  # noqa: F811
    s3 = simulated.client("s3")
    s3.create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::kc-shelf/keys.json"}]})
    assert error(s3.put_bucket_policy, Bucket="kc-shelf", Policy=policy) == "AccessDenied"
    s3.put_public_access_block(Bucket="kc-shelf", PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True})
    assert error(s3.put_bucket_policy, Bucket="kc-shelf", Policy=policy) is None
    assert error(s3.put_bucket_policy, Bucket="kc-shelf", Policy=policy.replace("kc-shelf", "kc-other")) == "MalformedPolicy"
    assert error(s3.put_bucket_policy, Bucket="kc-shelf", Policy="{") == "MalformedPolicy"


def test_a_bucket_is_in_one_region(simulated):  # noqa: F811
    simulated.client("s3").create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    home = simulated.client("s3", region="us-east-1")
    assert error(home.create_bucket, Bucket="kc-shelf") == "BucketAlreadyOwnedByYou"
    home.meta.events.unregister("needs-retry.s3", unique_id="retry-config-s3")
    assert error(home.create_bucket, Bucket="kc-home") is None
    assert error(home.create_bucket, Bucket="kc-home") is None     # as in no other region
    assert "LocationConstraint" not in home.get_bucket_location(Bucket="kc-home") or home.get_bucket_location(Bucket="kc-home")["LocationConstraint"] is None


def test_the_owner_that_is_expected(simulated):  # noqa: F811
    s3 = simulated.client("s3")
    s3.create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    assert error(s3.get_bucket_versioning, Bucket="kc-shelf", ExpectedBucketOwner="111122223333") is None
    assert error(s3.get_bucket_versioning, Bucket="kc-shelf", ExpectedBucketOwner="999999999999") == "AccessDenied"


def test_large_bodies_are_hashed_and_forgotten(simulated):  # noqa: F811
    s3 = simulated.client("s3")
    s3.create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    body = bytes(70000)
    put = s3.put_object(Bucket="kc-shelf", Key="large", Body=body)
    assert put["ETag"].strip('"') == hashlib.md5(body).hexdigest()
    head = s3.head_object(Bucket="kc-shelf", Key="large")
    assert (head["ContentLength"], head["ServerSideEncryption"]) == (70000, "AES256")
    assert error(s3.get_object, Bucket="kc-shelf", Key="large") == "NotImplemented"


def put_raw(simulated, payload, body, **headers):  # noqa: F811
    """PutObject signed by botocore with what shall stand for the payload's hash."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    class Signer(botocore.auth.S3SigV4Auth):
        def payload(self, request):
            return payload
    request = botocore.awsrequest.AWSRequest("PUT", "https://kc-shelf.s3.eu-west-1.amazonaws.com/raw", headers=headers, data=body)
    Signer(botocore.credentials.Credentials(simulated.key, simulated.secret), "s3", "eu-west-1").add_auth(request)
    sent = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
    got = simulated.ask(method="PUT", url=request.url, headers={**sent, "Host": "kc-shelf.s3.eu-west-1.amazonaws.com"}, body64=base64.b64encode(body).decode())
    return got["status"], base64.b64decode(got["body64"]).decode()


def test_how_a_payload_is_signed(simulated):  # noqa: F811
    s3 = simulated.client("s3")
    s3.create_bucket(Bucket="kc-shelf", CreateBucketConfiguration=REGION)
    assert put_raw(simulated, "UNSIGNED-PAYLOAD", b"body")[0] == 200
    assert "XAmzContentSHA256Mismatch" in put_raw(simulated, hashlib.sha256(b"other").hexdigest(), b"body")[1]
    chunks = b"4\r\nbody\r\n3\r\n!!!\r\n0\r\nx-amz-checksum-crc32:+xsozA==\r\n\r\n"
    streamed = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "7", "X-Amz-Trailer": "x-amz-checksum-crc32"}
    assert put_raw(simulated, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", chunks, **streamed)[0] == 200
    assert s3.get_object(Bucket="kc-shelf", Key="raw")["Body"].read() == b"body!!!"
    assert "ContentEncoding" not in s3.head_object(Bucket="kc-shelf", Key="raw")
    assert put_raw(simulated, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", chunks[:6], **streamed)[0] == 400
    status, text = put_raw(simulated, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", chunks, **streamed)
    assert status == 501 and "chunks with signatures of their own" in text
    assert "BadDigest" in put_raw(simulated, "UNSIGNED-PAYLOAD", b"body", **{"Content-MD5": base64.b64encode(bytes(16)).decode()})[1]
