"""Replies written by moto's serialisers from the models, read by kc and by botocore: the same tree."""
import base64
import datetime

import pytest
from botocore.parsers import create_parser
from moto.core import serialize
from moto.core.model import ServiceModel
from requests.structures import CaseInsensitiveDict

from catalogue import OPERATIONS, Maker, raw_model, service_model, to_ms

ROUNDS = 6
REQUEST_ID = {"x-amzn-requestid": "r-1"}                   # AWS puts it on every reply; moto's serialisers leave it to its server
OWN_TEST = {"GetBucketLocation"}                           # botocore reads it in a handler of the client, not in its parser
SERIALIZERS = {"ec2": serialize.EC2Serializer, "query": serialize.QuerySerializer, "json": serialize.JSONSerializer,
               "rest-json": serialize.RestJSONSerializer, "rest-xml": serialize.RestXMLSerializer}


def as_kc_reads(value):
    if isinstance(value, dict):
        return {k: as_kc_reads(v) for k, v in value.items() if k != "ResponseMetadata"}
    if isinstance(value, list):
        return [as_kc_reads(v) for v in value]
    if isinstance(value, datetime.datetime):
        return to_ms(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def written_by_moto(service, name, result):
    model = ServiceModel(raw_model(service), service)
    kind = serialize.S3Serializer if service == "s3" else SERIALIZERS[model.metadata["protocol"]]
    reply = kind(model.operation_model(name), serialize.SerializationContext(request_id="r-1")).serialize(result)
    body = reply["body"].encode() if isinstance(reply["body"], str) else reply["body"]
    return reply["status_code"], {k.lower(): v for k, v in reply["headers"].items()} | REQUEST_ID, body or b""


def read_by_botocore(service, name, status, headers, body):
    operation = service_model(service).operation_model(name)
    parser = create_parser(service_model(service).metadata["protocol"])
    tree = as_kc_reads(parser.parse({"status_code": status, "headers": CaseInsensitiveDict(headers), "body": body}, operation.output_shape))
    payload = operation.output_shape.serialization.get("payload")
    shape = operation.output_shape.members.get(payload)
    if shape is not None and shape.type_name == "blob":
        tree[payload] = base64.b64encode(body).decode()
    for member, shape in operation.output_shape.members.items():
        if shape.serialization.get("location") == "headers" and not tree.get(member):
            tree.pop(member, None)
    return tree


@pytest.mark.parametrize("service", OPERATIONS)
def test_replies_are_read_as_botocore_reads_them(oracle, service):
    skipped = []
    for name in OPERATIONS[service]:
        shape = service_model(service).operation_model(name).output_shape
        if shape is None or name in OWN_TEST:
            continue
        compared = 0
        for seed in range(ROUNDS):
            result = Maker(f"{service}.{name}.{seed}", False).make(shape)
            try:
                status, headers, body = written_by_moto(service, name, result)
                want = read_by_botocore(service, name, status, headers, body)
            except (TypeError, ValueError, AttributeError):  # moto or botocore cannot say or read this
                continue
            payload = shape.members.get(shape.serialization.get("payload"))
            if payload is not None and payload.type_name == "string" and not body:
                continue                                   # no document of AWS is an empty text
            got = oracle.ask("reply", service=service, op=name, status=status, headers=headers, body64=base64.b64encode(body).decode())
            assert "why" not in got, f"{name}: {got['why']}: {body[:500]}"
            assert got["tree"] == want, f"{name}: {body[:800]}"
            compared += 1
        if not compared:
            skipped.append(name)
    assert not skipped, "not compared: " + " ".join(skipped)


def test_the_location_of_a_bucket(oracle):
    for body, location in ((b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">EU</LocationConstraint>', "EU"),
                           (b'<?xml version="1.0"?><LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>', "")):
        got = oracle.ask("reply", service="s3", op="GetBucketLocation", status=200, headers=REQUEST_ID, body64=base64.b64encode(body).decode())
        assert got["tree"] == {"LocationConstraint": location}


@pytest.mark.parametrize("service, op, body, why", [
    ("ec2", "DescribeVpcs", b"<a><b></a>", "the body is not readable XML: line 1: mismatched tag"),
    ("ec2", "DescribeVpcs", b"", "the body is not readable XML: line 1: no element found"),
    ("ec2", "DescribeVpcs", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "the body is not readable XML: line 1: it has a document type"),
    ("ec2", "DescribeVpcs", b"<a>" * 70, "the body is not readable XML: line 1: nested deeper than 64 levels"),
    ("ec2", "DescribeVpcs", b"<html/>", "the body is <html>, not <DescribeVpcsResponse>"),
    ("ec2", "DescribeSubnets", b"<DescribeSubnetsResponse><subnetSet><item><availableIpAddressCount>x</availableIpAddressCount></item></subnetSet>"
     b"</DescribeSubnetsResponse>", "AvailableIpAddressCount is not a whole number"),
    ("iam", "GetRole", b"<GetRoleResponse/>", "GetRoleResult is missing"),
    ("eks", "DescribeCluster", b"{", "the body is not readable JSON: "),
    ("eks", "DescribeCluster", b"[]", "the body is not an object"),
    ("eks", "DescribeCluster", b'{"cluster":[]}', "cluster is not of the kind that the model says"),
    ("s3", "CopyObject", b"<Error><Code>InternalError</Code></Error>", "it is an error (InternalError) with a success status"),
])
def test_unreadable_replies_are_refused(oracle, service, op, body, why):
    got = oracle.ask("reply", service=service, op=op, status=200, headers=REQUEST_ID, body64=base64.b64encode(body).decode())
    assert got.get("why", "").startswith(why), got
