"""The metadata service of the real masters' machines, as programs on an instance meet it."""
import datetime
import http.client
import json
import socket

import botocore.credentials
import botocore.utils
import pytest

import metadata

SHOWN = {"InstanceId": "i-0123456789abcdef0", "ImageId": "ami-1", "InstanceType": "m7i.large", "PrivateDnsName": "ip-10-0-1-10.eu-west-1.compute.internal", "PrivateIpAddress": "10.0.1.10",
         "Placement": {"AvailabilityZone": "eu-west-1a"}, "NetworkInterfaces": [{"MacAddress": "02:00:00:00:00:01"}], "LaunchTime": datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)}
TTL, TOKEN = "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"


class Sts:
    """Gives keys that last so many seconds, each time others."""

    def __init__(self, lasts):
        self.lasts, self.given = lasts, 0

    def __call__(self):
        self.given += 1
        return {"AccessKeyId": f"ASIA{self.given}", "SecretAccessKey": "s", "SessionToken": "t",
                "Expiration": datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lasts)}


class Service:
    def __init__(self, lasts=3600, user_data="#!/bin/sh\n", role="real-master"):
        self.sts = Sts(lasts)
        self.server = metadata.Server(socket.create_server(("127.0.0.1", 0)), metadata.Instance(SHOWN, "eu-west-1", "111122223333", user_data, role, self.sts))

    def ask(self, method, path, **headers):
        connection = http.client.HTTPConnection(*self.server.server_address)
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, text

    def get(self, path):
        return self.ask("GET", "/latest/" + path, **{TOKEN: self.ask("PUT", "/latest/api/token", **{TTL: "60"})[1]})


@pytest.fixture
def service():
    s = Service()
    yield s
    s.server.close()


def test_nothing_without_a_token(service):
    assert service.ask("GET", "/latest/meta-data/instance-id")[0] == 401
    assert service.ask("GET", "/latest/meta-data/instance-id", **{TOKEN: "made up"})[0] == 401


@pytest.mark.parametrize("headers, code", [({}, 400), ({TTL: "0"}, 400), ({TTL: "21601"}, 400), ({TTL: "x"}, 400), ({TTL: "60", "X-Forwarded-For": "10.0.0.1"}, 403), ({TTL: "21600"}, 200)], ids=str)
def test_tokens_are_given_for_a_time(service, headers, code):
    assert service.ask("PUT", "/latest/api/token", **headers)[0] == code


def test_a_token_ends(service, monkeypatch):
    token = service.ask("PUT", "/latest/api/token", **{TTL: "60"})[1]
    later = metadata.time.monotonic() + 61
    monkeypatch.setattr(metadata.time, "monotonic", lambda: later)
    assert service.ask("GET", "/latest/user-data", **{TOKEN: token})[0] == 401


@pytest.mark.parametrize("path, text", [
    ("meta-data/instance-id", SHOWN["InstanceId"]), ("meta-data/local-ipv4", "10.0.1.10"), ("meta-data/mac", "02:00:00:00:00:01"), ("meta-data/placement/region", "eu-west-1"),
    ("meta-data/placement/availability-zone", "eu-west-1a"), ("meta-data/iam/security-credentials/", "real-master"), ("user-data", "#!/bin/sh\n")])
def test_what_the_instance_is(service, path, text):
    assert service.get(path) == (200, text)


def test_the_identity_document_is_json(service):
    said = json.loads(service.get("dynamic/instance-identity/document")[1])
    assert (said["accountId"], said["region"], said["instanceId"], said["pendingTime"]) == ("111122223333", "eu-west-1", SHOWN["InstanceId"], "2026-01-02T00:00:00Z")


def test_there_are_no_tags_and_no_other_role(service):
    for path in ("meta-data/tags/instance", "meta-data/iam/security-credentials/other", "nonsense"):
        assert service.get(path)[0] == 404


def test_an_instance_may_have_neither_user_data_nor_role():
    bare = Service(user_data=None, role=None)
    assert bare.get("user-data")[0] == 404
    assert bare.get("meta-data/iam/security-credentials/")[0] == 404
    bare.server.close()


def test_credentials_last_until_they_are_about_to_end():
    for lasts, given in ((3600, 1), (metadata.RENEW_S - 1, 2)):
        s = Service(lasts)
        s.get("meta-data/iam/security-credentials/real-master")
        assert json.loads(s.get("meta-data/iam/security-credentials/real-master")[1])["AccessKeyId"] == f"ASIA{given}"
        s.server.close()


def test_an_sdk_finds_its_credentials_there(service):
    host, port = service.server.server_address
    fetcher = botocore.utils.InstanceMetadataFetcher(base_url=f"http://{host}:{port}/", config={"ec2_metadata_v1_disabled": True})
    keys = botocore.credentials.InstanceMetadataProvider(fetcher).load()
    assert (keys.access_key, keys.token, keys.method) == ("ASIA1", "t", "iam-role")
