"""Replies of every operation, with random values, written by the simulated AWS from the models and read by botocore: the same tree."""
import base64
import datetime

import pytest

from catalogue import OPERATIONS, Maker, service_model, to_ms
from simulated import Simulated
from test_replies import OWN_TEST, read_by_botocore

ROUNDS = 6


@pytest.fixture(scope="module")
def simulated():
    s = Simulated()
    yield s
    s.close()


def as_simulated(value):
    """Values as the simulator keeps them: times as ms, blobs as base64."""
    if isinstance(value, dict):
        return {k: as_simulated(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_simulated(v) for v in value]
    if isinstance(value, datetime.datetime):
        return to_ms(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def sent(shape, value):
    """What a reply carries: no status (it is the reply's own), no empty text in headers."""
    out = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if name not in value or location == "statusCode" or (location in ("header", "headers") and not value[name]):
            continue
        out[name] = value[name]
    return out


@pytest.mark.parametrize("service", OPERATIONS)
def test_replies_are_read_by_botocore(simulated, service):
    for name in OPERATIONS[service]:
        operation = service_model(service).operation_model(name)
        shape = operation.output_shape
        if shape is None or name in OWN_TEST or operation.http.get("method") == "HEAD":
            continue
        for seed in range(ROUNDS):
            value = as_simulated(sent(shape, Maker(f"{service}.{name}.{seed}", False).make(shape)))
            got = simulated.ask(reply=value, service=service, op=name)
            body = base64.b64decode(got["body64"])
            headers = {k: v for k, v in got["headers"]}
            read = read_by_botocore(service, name, got["status"], headers, body)
            read = {k: v for k, v in read.items() if k in shape.members and shape.members[k].serialization.get("location") != "statusCode"}
            if "payload" in shape.serialization:
                read = {k: v for k, v in read.items() if k in value or v}
            assert read == value, f"{name}: {body[:800]}"
