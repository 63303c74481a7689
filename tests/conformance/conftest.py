import os
import sys

import boto3
import botocore.config
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools")]

from oracle import Oracle  # noqa: E402


@pytest.fixture(scope="session")
def oracle():
    o = Oracle()
    yield o
    o.close()


@pytest.fixture(scope="session")
def whole_server():
    from kcmoto.server import Server
    s = Server()
    yield s
    s.close()


@pytest.fixture
def server(whole_server):
    """AWS with an empty account."""
    whole_server.reset()
    return whole_server


def make_client(server):
    """Gives a function that makes boto3 clients of the server."""
    from kcmoto.server import KEY, SECRET

    def make(service, config=None, region="eu-west-1"):
        config = config or botocore.config.Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=server.url, region_name=region, aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=config)
    return make


@pytest.fixture
def client(server):
    return make_client(server)
