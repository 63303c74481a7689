"""Error replies as moto writes them and as AWS was seen to write them: kc finds code, message and request id.
And replies that are no errors of AWS: kc does not believe them."""
import base64
import warnings

import pytest
from botocore.parsers import create_parser
from moto.core import serialize
from moto.core.exceptions import ServiceException
from moto.core.model import ServiceModel
from requests.structures import CaseInsensitiveDict

from catalogue import OPERATIONS, raw_model, service_model
from test_replies import REQUEST_ID, SERIALIZERS


def ask(oracle, service, op, status, headers, body):
    return oracle.ask("error", service=service, op=op, status=status, headers=headers, body64=base64.b64encode(body).decode())


@pytest.mark.parametrize("service", OPERATIONS)
def test_errors_are_read_as_botocore_reads_them(oracle, service):
    model = ServiceModel(raw_model(service), service)
    kind = serialize.S3Serializer if service == "s3" else SERIALIZERS[model.metadata["protocol"]]
    parser = create_parser(model.metadata["protocol"])
    for name in OPERATIONS[service]:
        operation = service_model(service).operation_model(name)
        for code in [e.error_code for e in operation.error_shapes] or ["InvalidParameterValue"]:
            error = type(code, (ServiceException,), {"code": code})("it said <no> & more")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reply = kind(model.operation_model(name), serialize.SerializationContext(request_id="r-1")).serialize(error)
            headers = {k.lower(): v for k, v in reply["headers"].items()} | REQUEST_ID
            head = operation.http.get("method") == "HEAD"   # has no body; botocore's code is the bare status
            body = b"" if head else reply["body"].encode()
            want = parser.parse({"status_code": reply["status_code"], "headers": CaseInsensitiveDict(headers), "body": body}, operation.output_shape)
            got = ask(oracle, service, name, reply["status_code"], headers, body)
            assert got["code"] == ("HTTP " if head else "") + want["Error"]["Code"], f"{name} {body}"
            assert got["message"] == ("" if head else want["Error"]["Message"]), f"{name} {body}"
            assert got["believed"] and got["request_id"] == "r-1", name


SEEN = [
    ("ec2", "CreateVpc", 400, {}, b"<Response><Errors><Error><Code>VpcLimitExceeded</Code><Message>full</Message></Error></Errors><RequestID>r-9</RequestID></Response>",
     ("VpcLimitExceeded", "full", "r-9")),
    ("iam", "GetRole", 404, {}, b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>'
     b"<Message>none</Message></Error><RequestId>r-9</RequestId></ErrorResponse>", ("NoSuchEntity", "none", "r-9")),
    ("route53", "ChangeResourceRecordSets", 400, {}, b'<InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages><Message>one</Message>'
     b"<Message>two</Message></Messages><RequestId>r-9</RequestId></InvalidChangeBatch>", ("InvalidChangeBatch", "one; two", "r-9")),
    ("s3", "HeadBucket", 404, {"x-amz-request-id": "r-9"}, b"", ("HTTP 404", "", "r-9")),
    ("s3", "GetObject", 404, {}, b"<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>r-9</RequestId><HostId>h</HostId></Error>", ("NoSuchKey", "m", "r-9")),
    ("eks", "DescribeCluster", 404, {"x-amzn-errortype": "ResourceNotFoundException:http://internal/", "x-amzn-requestid": "r-9"},
     b'{"message":"No cluster found for name: x."}', ("ResourceNotFoundException", "No cluster found for name: x.", "r-9")),
    ("eks", "DescribeCluster", 400, {"x-amzn-requestid": "r-9"}, b'{"__type":"com.amazon#ClientException","Message":"m"}', ("ClientException", "m", "r-9")),
    ("sqs", "GetQueueUrl", 400, {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender", "x-amzn-requestid": "r-9"},
     b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}', ("AWS.SimpleQueueService.NonExistentQueue", "m", "r-9")),
]
NOT_AWS = [
    ("ec2", "DescribeVpcs", 502, {}, b"<!doctype html>\n<html><body><h1>Bad Gateway</h1></body></html>", "Bad Gateway"),
    ("eks", "ListClusters", 503, {}, b"", "no error of AWS"),
    ("eks", "ListClusters", 500, {}, b"upstream fell over", "upstream fell over"),
    ("s3", "HeadBucket", 404, {}, b"", "no request id"),
    ("s3", "HeadBucket", 301, {"x-amz-request-id": "r-9"}, b"", "redirects"),
    ("eks", "DescribeCluster", 400, {}, b'{"__type":"com.amazon#ClientException","Message":"m"}', "no request id"),
    ("eks", "DescribeCluster", 404, {"x-amzn-errortype": "ResourceNotFoundException", "x-amzn-requestid": "r-9"}, b'{"mess', "no error of AWS"),
    ("iam", "GetRole", 404, {"x-amzn-requestid": "r-9"}, b"<ErrorResponse><Error><Code>NoSuchEntity</Code>", "no error of AWS"),
]


@pytest.mark.parametrize("service, op, status, headers, body, want", SEEN)
def test_errors_seen_in_the_wild(oracle, service, op, status, headers, body, want):
    got = ask(oracle, service, op, status, headers, body)
    assert (got["believed"], got["code"], got["message"], got["request_id"]) == (True, *want)


@pytest.mark.parametrize("service, op, status, headers, body, says", NOT_AWS)
def test_other_replies_are_not_believed(oracle, service, op, status, headers, body, says):
    got = ask(oracle, service, op, status, headers, body)
    assert not got["believed"] and got["code"] == "NotBelieved" and says in got["message"], got
