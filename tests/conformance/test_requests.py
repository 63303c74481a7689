"""Every operation in the models, with random parameters: kc's request is botocore's."""
import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from urllib.parse import parse_qsl

import pytest
from botocore.serialize import create_serializer

from catalogue import OPERATIONS, Maker, plain, service_model

ROUNDS = 12


def number_or_text(x):
    try:
        return float(x)
    except ValueError:
        return x


def pairs(query):
    return Counter((k, number_or_text(v)) for k, v in parse_qsl(query, keep_blank_values=True))


def expected_query(request):
    found = pairs(request["url_path"].partition("?")[2])
    for key, value in request["query_string"].items() if request["query_string"] else ():
        for v in value if isinstance(value, list) else [value]:
            found[(key, number_or_text(str(v)))] += 1
    return found


def canonical(node):
    """An element without regard to the order of differently named children: botocore keeps the caller's, kc the model's."""
    children = sorted((canonical(c) for c in node), key=lambda c: c[0])
    return (node.tag, tuple(sorted(node.attrib.items())), node.text or "", children)


def semantic_body(protocol, body):
    if protocol in ("ec2", "query"):
        if isinstance(body, dict):
            return Counter((k, number_or_text(str(v))) for k, v in body.items())
        return pairs(body.decode())
    if not body:
        return b""
    body = body.encode() if isinstance(body, str) else body
    try:
        return json.loads(body) if "json" in protocol else canonical(ElementTree.fromstring(body))
    except (ValueError, ElementTree.ParseError):
        return body                                        # a payload as it is


def semantic_headers(headers, protocol):
    """Names in lower case, without those that kc adds on purpose: a content type for XML, a checksum where one is required."""
    own = {"x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"}
    if protocol == "rest-xml":
        own.add("content-type")
    return {k.lower(): v for k, v in headers if k.lower() not in own}


def compare(oracle, service, name, seed):
    model = service_model(service)
    operation = model.operation_model(name)
    protocol = model.metadata["protocol"]
    shape = operation.input_shape
    parameters = Maker(f"{service}.{name}.{seed}", True).make(shape) if shape else {}
    want = create_serializer(protocol, False).serialize_to_request(parameters, operation)
    got = oracle.ask("request", service=service, op=name, input=plain(parameters))
    assert "why" not in got, f"{name}: refused: {got['why']}: {parameters}"
    path = got["path"]
    if got["host_prefix"]:
        path = "/" + got["host_prefix"] + (path if path != "/" else "")
    assert got["method"] == want["method"], name
    assert path == want["url_path"].partition("?")[0], name
    assert pairs(got["query"]) == expected_query(want), name
    assert semantic_body(protocol, got["body"]) == semantic_body(protocol, want["body"]), name
    assert semantic_headers(got["headers"], protocol) == semantic_headers(want["headers"].items(), protocol), name


@pytest.mark.parametrize("service", OPERATIONS)
def test_requests_equal_botocores(oracle, service):
    for name in OPERATIONS[service]:
        for seed in range(ROUNDS):
            compare(oracle, service, name, seed)


def test_names_of_members_may_be_written_in_any_case(oracle):
    a = oracle.ask("request", service="ec2", op="CreateVpc", input={"cidr_block": "10.0.0.0/16"})
    b = oracle.ask("request", service="ec2", op="CreateVpc", input={"CidrBlock": "10.0.0.0/16"})
    assert a == b


def test_milliseconds_survive(oracle):
    got = oracle.ask("request", service="logs", op="DescribeLogGroups", input={})
    assert json.loads(got["body"]) == {}
    got = oracle.ask("request", service="iam", op="SimulatePrincipalPolicy",
                     input={"PolicySourceArn": "arn:aws:iam::111122223333:role/x", "ActionNames": ["ec2:RunInstances"]})
    assert pairs(got["body"].decode())[("ActionNames.member.1", "ec2:RunInstances")] == 1


@pytest.mark.parametrize("service, op, given, why", [
    ("ec2", "CreateVpc", {"CidrBlok": "10.0.0.0/16"}, "CidrBlok: CreateVpcRequest has no such member; did you mean CidrBlock?"),
    ("ec2", "CreateSubnet", {}, "VpcId: is required"),
    ("ec2", "DescribeVpcs", {"Filters": [{"Name": "x"}, {"Nmae": "y"}]}, "Filters[1].Nmae: Filter has no such member; did you mean Name?"),
    ("ec2", "DescribeVpcs", {"MaxResults": "many"}, "MaxResults: must be a whole number, not string"),
    ("ec2", "DescribeVpcs", {"MaxResults": 1 << 40}, "MaxResults: 1099511627776 does not fit in 32 bits"),
    ("ec2", "DescribeVpcs", {"Filters": {}}, "Filters: must be a list, not "),
    ("ec2", "DescribeVpcs", {"DryRun": "yes"}, "DryRun: must be true or false, not string"),
    ("eks", "DescribeCluster", {"name": ""}, "name: must not be empty: it is a part of the path"),
    ("eks", "DescribeCluster", {"name": ".."}, 'name: ".." cannot be a part of a path'),
    ("s3", "HeadBucket", {"Bucket": "a/../b"}, 'Bucket: "a/../b" cannot be a part of a host\'s name'),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "ContentType": "a\r\nx: y"}, "ContentType: a header cannot hold a line break"),
    ("s3", "PutBucketTagging", {"Bucket": "b", "ChecksumAlgorithm": "CRC32", "Tagging": {"TagSet": []}}, "ChecksumAlgorithm must be SHA256"),
    ("route53", "CreateHostedZone", {"Name": "a\x01b", "CallerReference": "r"}, "Name: holds a control character"),
])
def test_bad_input_is_refused_by_its_path(oracle, service, op, given, why):
    got = oracle.ask("request", service=service, op=op, input=given)
    assert got.get("why", "").startswith(why), got


def test_required_checksums_are_sent(oracle):
    for op in ("PutBucketPolicy", "DeleteObjects", "PutBucketTagging", "PutPublicAccessBlock"):
        shape = service_model("s3").operation_model(op).input_shape
        got = oracle.ask("request", service="s3", op=op, input=plain(Maker(op, True).make(shape)))
        assert "x-amz-checksum-sha256" in dict(got["headers"]), op


def test_route53_ids_may_be_paths(oracle):
    got = oracle.ask("request", service="route53", op="GetHostedZone", input={"Id": "/hostedzone/Z1"})
    assert got["path"] == "/2013-04-01/hostedzone/Z1"
