"""The served sandbox as programs meet it: boto3 with its waiters, sessions, presigned urls, HTTPS, kc itself."""
import datetime
import json
import urllib.error
import urllib.request

import botocore.auth
import botocore.exceptions
import pytest

from kc import Kc
from served import Served, certificate


@pytest.fixture
def served(tmp_path):
    s = Served(tmp_path)
    yield s
    assert s.close() == 0


def code(call, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def session(served):
    got = served.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/ops", RoleSessionName="me")
    return got["Credentials"]


def test_who_asks_is_known(served):
    assert served.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:user/sandbox"
    keys = session(served)
    assert served.client("sts", keys).get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/ops/me"
    assert datetime.timedelta(minutes=50) < keys["Expiration"] - datetime.datetime.now(datetime.timezone.utc) < datetime.timedelta(minutes=61)
    assert code(served.client("sts", dict(keys, SessionToken=keys["SessionToken"].replace("ops", "root"))).get_caller_identity) == "InvalidClientTokenId"
    assert code(served.client("ec2", {"AccessKeyId": "AKIANOBODY", "SecretAccessKey": "x"}).describe_vpcs) == "AuthFailure"
    assert code(served.client("ec2", dict(keys, SecretAccessKey="wrong")).describe_vpcs) == "SignatureDoesNotMatch"


def test_a_presigned_url_is_as_good_until_it_is_changed(served):
    url = served.client("sts", session(served)).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url) as reply:
        assert b"assumed-role/ops/me" in reply.read()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url[:-1] + ("0" if url[-1] != "0" else "1"))
    assert b"SignatureDoesNotMatch" in refused.value.read()


@pytest.mark.parametrize("minutes, code", [(0, 200), (14, 200), (16, 400)])
def test_a_presigned_identity_lives_a_quarter_of_an_hour_whatever_it_says(served, monkeypatch, minutes, code):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    url = served.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET", ExpiresIn=60)
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    if code == 200:
        with urllib.request.urlopen(request) as reply:
            assert reply.headers["Content-Type"] == "application/json"
            said = json.load(reply)["GetCallerIdentityResponse"]
        assert said["GetCallerIdentityResult"]["Arn"] == "arn:aws:iam::111122223333:user/sandbox" and said["ResponseMetadata"]["RequestId"]
        return
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    said = json.load(refused.value)
    assert refused.value.code == code and said["Error"]["Code"] == "RequestExpired" and said["Error"]["Type"] == "Sender" and said["RequestId"]


def test_time_goes_by_and_the_account_stays(tmp_path):
    served = Served(tmp_path)
    ec2 = served.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
    busy = Kc(tmp_path, "")
    busy.write("cluster.kcl", "")
    done = busy.run("plan", "--sandbox")
    assert done.returncode == 6 and "kc sandbox serve" in done.stderr
    assert served.close() == 0
    served = Served(tmp_path)
    assert vpc in [v["VpcId"] for v in served.client("ec2").describe_vpcs()["Vpcs"]]
    assert served.close() == 0


def test_kc_is_a_client_as_well(served, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    kc = Kc(folder, served.url)
    kc.env.update(AWS_ACCESS_KEY_ID=served.env["AWS_ACCESS_KEY_ID"], AWS_SECRET_ACCESS_KEY=served.env["AWS_SECRET_ACCESS_KEY"], KC_WAIT_SCALE="50")
    kc.write("cluster.kcl", 'import "std/aws/ec2" as ec2\nec2.Vpc main { cidr_block = 10.0.0.0/16 }\nassert starts(main.id, "vpc-") else "no VPC"\n')
    assert "checked in 0.0 s" in kc.ok("apply", "--yes", "--region", "eu-west-1")
    kc.ok("plan", "--exit-code", "--region", "eu-west-1")
    tags = served.client("ec2").describe_vpcs(Filters=[{"Name": "tag:kc:addr", "Values": ["main"]}])["Vpcs"][0]["Tags"]
    assert {"Key": "kc:addr", "Value": "main"} in tags
    kc.ok("destroy", "--yes", "--region", "eu-west-1")


def test_https(tmp_path):
    crt, key = certificate(tmp_path)
    served = Served(tmp_path, "--tls-certificate", crt, "--tls-key", key)
    assert served.url.startswith("https://")
    assert served.client("sts", verify=crt).get_caller_identity()["Account"] == "111122223333"
    with pytest.raises(botocore.exceptions.SSLError):
        served.client("sts").get_caller_identity()
    assert served.close() == 0


@pytest.mark.parametrize("arguments, exits, says", [
    (["--listen", "nowhere"], 1, "HOST:PORT"), (["--listen", "example.com:80"], 1, "HOST:PORT"), (["--sandbox-speed", "0"], 64, "above 0"),
    (["--tls-key", "x"], 64, "both"), (["--tls-key", "x", "--tls-certificate", "y"], 1, "cannot be read"),
], ids=lambda x: str(x))
def test_mistakes(tmp_path, arguments, exits, says):
    done = Kc(tmp_path, "").run("sandbox", "serve", *arguments)
    assert done.returncode == exits and says in done.stderr
