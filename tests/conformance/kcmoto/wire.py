"""HTTP requests as calls of operations, by botocore's models."""
import functools
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

import botocore.loaders
from botocore.exceptions import UnknownServiceError
from moto.core.exceptions import ServiceException
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SerializationContext, get_serializer_class
from werkzeug.datastructures import EnvironHeaders, MultiDict

SIGNING_NAMES = {"elasticloadbalancing": "elbv2", "tagging": "resourcegroupstaggingapi", "servicequotas": "service-quotas"}
REQUEST_ID = "11111111-2222-3333-4444-555555555555"


class Refusal(Exception):
    """An error reply."""

    def __init__(self, code, message, status=400, **more):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.more = code, message, status, more


@dataclass
class Call:
    service: str
    region: str
    operation: object                                      # moto's OperationModel
    params: dict
    form: dict = field(default_factory=dict)               # ec2 and query: the parameters as sent
    document: object = None                                # JSON protocols: the body as sent

    @property
    def name(self):
        return self.operation.name

    @property
    def protocol(self):
        return self.operation.service_model.protocol


@functools.lru_cache(maxsize=None)
def model(service):
    return ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)


@functools.lru_cache(maxsize=None)
def routes(service):
    """(method, path pattern, literal query, headers that must be there, operation) of a REST service, those with more literals and headers first."""
    out = []
    for name in model(service).operation_names:
        operation = model(service).operation_model(name)
        trait, shape = operation.http_trait, operation.input_shape
        headers = [shape.members[m].serialization.get("name", m) for m in (shape.required_members if shape else []) if shape.members[m].serialization.get("location") == "header"]
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(trait.path))
        out.append((trait.method, re.compile(pattern + "/?$"), trait.query_args, headers, name))
    return sorted(out, key=lambda r: (-len(r[2]), -len(r[3]), -len(r[1].pattern)))


def route(service, method, path, query, headers):
    for verb, pattern, literals, needed, name in routes(service):
        found = pattern.match(path) if verb == method else None
        if found and all(query.get(k) == v for k, v in literals.items()) and all(h in headers for h in needed):
            return name, {k: unquote(v) for k, v in found.groupdict().items()}
    return None, {}


def decode(environ, body, service, region):
    """None when no operation of the service fits."""
    service = SIGNING_NAMES.get(service, service)
    try:
        protocol = model(service).protocol
    except UnknownServiceError:
        return None
    raw_path, _, query_text = environ["RAW_URI"].partition("?")
    values, labels, form, document = MultiDict(parse_qsl(query_text, keep_blank_values=True)), {}, {}, None
    if protocol in ("ec2", "query"):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        values.update(form)
        name = form.get("Action")
    elif protocol == "json":
        name = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    else:
        name, labels = route(service, environ["REQUEST_METHOD"], raw_path, values, EnvironHeaders(environ))
    if name not in model(service).operation_names:
        return None
    operation = model(service).operation_model(name)
    if "json" in protocol and body and not operation.has_streaming_input:
        try:
            document = json.loads(body)
        except ValueError:
            raise Refusal("SerializationException", "the body is not JSON") from None
    if operation.has_streaming_input:                      # bytes, not a document
        body = b""
    params = PROTOCOL_PARSERS[protocol](operation).parse(
        {"method": environ["REQUEST_METHOD"], "values": values, "headers": EnvironHeaders(environ), "body": body, "url_path": raw_path, "url_params": labels})
    return Call(service, region, operation, params, form, document)


def serialize(call, result):
    """(status, headers, body) of a result or an exception."""
    kind = get_serializer_class(call.service, call.protocol)
    reply = kind(call.operation, SerializationContext(request_id=REQUEST_ID)).serialize(result)
    body = reply["body"].encode() if isinstance(reply["body"], str) else reply["body"]
    return reply["status_code"], dict(reply["headers"], **{"x-amzn-requestid": REQUEST_ID}), body


CONTENT_TYPES = {"ec2": "text/xml;charset=UTF-8", "query": "text/xml", "rest-xml": "application/xml", "rest-json": "application/json", "json": "application/x-amz-json-1.1"}


def typed(call, reply):
    """moto leaves the type of some replies to its web framework, which calls them web pages; AWS never does."""
    status, headers, body = reply
    kind = next((k for k in headers if k.lower() == "content-type"), None)
    own = "ContentType" in (call.operation.output_shape.members if call.operation.output_shape else {})
    if kind and headers[kind].startswith("text/html") and not own:
        headers = dict(headers, **{kind: CONTENT_TYPES[call.protocol]})
    return status, headers, body


def refuse(call, refusal):
    facts = dict(refusal.more, code=refusal.code)
    error = type("Refused", (ServiceException,), facts)(refusal.message)
    status, headers, body = serialize(call, error)
    return max(status, refusal.status) if refusal.status != 400 else status, headers, body
