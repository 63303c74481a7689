"""Signatures of random requests: those of botocore's own signer."""
import base64
import datetime
import random
from urllib.parse import quote
from unittest import mock

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 22, 6, 13, 5, tzinfo=datetime.timezone.utc)
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SEGMENTS = ["clusters", "a b", "arn:aws:iam::1:role/x", "é", "a+b=c&d", "x.y~z", "%2F"]


def random_request(seed, s3):
    r = random.Random(seed)
    host = "service.eu-west-1.amazonaws.com" + r.choice(["", ":8443"])
    path = "/" + "/".join(quote(r.choice(SEGMENTS), safe="-_.~") for _ in range(r.randint(0, 4)))
    query = "&".join(quote(r.choice(["b", "a", "Action", "x-y"]), safe="-_.~") + "=" + quote(r.choice(SEGMENTS + [""]), safe="-_.~") for _ in range(r.randint(0, 4)))
    if r.random() < 0.2:
        query = "tagging"
    headers = {"content-type": r.choice(["application/json", "application/x-www-form-urlencoded; charset=utf-8"])} if r.random() < 0.7 else {}
    if r.random() < 0.4:
        headers["X-Amz-Target"] = "  AmazonSSM.GetParameter   x "
    if r.random() < 0.4:
        headers["User-Agent"] = "kc"
    body = r.choice([b"", b"{}", "é".encode() * 100])
    return r.choice(["GET", "POST", "PUT"]), host, path, query, headers, body


def botocore_signs(auth, method, host, path, query, headers, body):
    url = f"https://{host}{path}" + ("?" + query if query else "")
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    with mock.patch("botocore.auth.get_current_datetime", lambda: NOW):
        auth.add_auth(request)
    return request


def ask(oracle, do, service, s3, token, method, host, path, query, headers, body, **more):
    return oracle.ask(do, method=method, host=host, path=path, query=query, headers=headers, body64=base64.b64encode(body).decode(), service=service,
                      region="eu-west-1", wall_ms=int(NOW.timestamp() * 1000), s3=s3, key=KEY, secret=SECRET, token=token or "", **more)


@pytest.mark.parametrize("service, s3", [("ec2", False), ("eks", False), ("s3", True)])
@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE//token="])
def test_signatures_are_botocores(oracle, service, s3, token):
    for seed in range(150):
        parts = random_request(f"{service}{seed}", s3)
        auth = (S3SigV4Auth if s3 else SigV4Auth)(Credentials(KEY, SECRET, token), service, "eu-west-1")
        want = botocore_signs(auth, *parts)
        got = {k.lower(): v for k, v in ask(oracle, "sign", service, s3, token, *parts)["headers"]}
        assert got["authorization"] == want.headers["Authorization"], parts
        assert got["x-amz-date"] == "20261122T061305Z"
        assert got.get("x-amz-security-token") == token
        if s3:
            assert got["x-amz-content-sha256"] == want.headers["X-Amz-Content-SHA256"]


def test_presigned_queries_are_botocores(oracle):
    for token in (None, "FwoGZXIvYXdzE//token="):
        parts = ("GET", "sts.eu-west-1.amazonaws.com", "/", "Action=GetCallerIdentity&Version=2011-06-15", {"x-k8s-aws-id": "payments"}, b"")
        auth = SigV4QueryAuth(Credentials(KEY, SECRET, token), "sts", "eu-west-1", expires=60)
        want = botocore_signs(auth, *parts).url.partition("?")[2]
        got = ask(oracle, "presign", "sts", False, token, *parts, expires=60)["query"]
        assert sorted(got.split("&")) == sorted(want.split("&"))
