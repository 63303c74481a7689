#!/usr/bin/env python3
"""Writes stdlib/aws/models/<service>.model, the wire facts of AWS, from the models in the pinned botocore package.

The list of services and operations is stdlib/aws/models/operations. The text form is docs/design.md, Models, read by
runtime/model. Run with the interpreter that has the pinned botocore (`make models`):

    tests/conformance/.venv/bin/python tools/models.py            write the files
    tests/conformance/.venv/bin/python tools/models.py --check    exit 1 and name the files that would change

The output depends on nothing but the list and botocore's version.
"""
import os
import re
import sys

import botocore.loaders

MODELS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stdlib", "aws", "models")
SCALARS = {"string": "string", "boolean": "bool", "integer": "int", "long": "long", "float": "float",
           "double": "double", "timestamp": "time", "blob": "blob"}
LOCATIONS = {"uri", "header", "headers", "querystring", "statusCode"}
UNSUPPORTED = {"eventstream", "document", "jsonvalue", "hostLabel", "event", "eventpayload"}
TIME_FORMATS = {"iso8601": "iso8601", "rfc822": "rfc822", "unixTimestamp": "unixTimestamp"}
LONGEST_ENUM = 100


def read_operations(path):
    """The list file as {service: [operation, ...]}; refuses disorder, so that two lists never differ by order alone."""
    services, current = {}, None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            if line.startswith("  "):
                services[current].append(line.strip())
            else:
                current = line.strip()
                if current in services:
                    raise SystemExit(f"{path}:{number}: {current} is listed twice")
                services[current] = []
    for name, ops in services.items():
        if ops != sorted(set(ops)):
            raise SystemExit(f"{path}: the operations of {name} are not in order, or one is there twice")
    return services


def number(x):
    return str(int(x)) if float(x) == int(x) else repr(float(x))


def word(text):
    """A value that may hold spaces: bare when it can be, else in quotes; the text form has no escapes."""
    if '"' in text or "\n" in text:
        raise SystemExit(f"the text form cannot say {text!r}")
    return text if re.fullmatch(r"\S+", text) else f'"{text}"'


class Service:
    """One service's model text: operations first, then every shape they reach, in the order it is met."""

    def __init__(self, loader, name, operations):
        self.name, self.operations = name, operations
        self.model = loader.load_service_model(name, "service-2")
        self.meta, self.shapes = self.model["metadata"], self.model["shapes"]
        self.protocol = self.meta["protocol"]
        self.pages = self.load_pages(loader)
        self.regional = self.is_regional(loader)
        self.queue, self.queued = [], set()
        for op in operations:
            if op not in self.model["operations"]:
                raise SystemExit(f"{name}: no operation {op} in the model")
        self.inputs, self.outputs = self.closure("input"), self.closure("output")
        self.top = {self.model["operations"][op].get("input", {}).get("shape") for op in operations}

    def load_pages(self, loader):
        try:
            return loader.load_service_model(self.name, "paginators-1")["pagination"]
        except botocore.exceptions.DataNotFoundError:
            return {}

    def is_regional(self, loader):
        for partition in loader.load_data("endpoints")["partitions"]:
            facts = partition["services"].get(self.meta["endpointPrefix"], {})
            if facts.get("isRegionalized") is False:
                return False
        return True

    def closure(self, side):
        """Names of all shapes reachable from the inputs, or the outputs, of the operations."""
        seen = set()
        todo = [self.model["operations"][op][side]["shape"] for op in self.operations if side in self.model["operations"][op]]
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = self.shapes[name]
            refs = list(shape.get("members", {}).values()) + [shape[k] for k in ("member", "key", "value") if k in shape]
            todo += [r["shape"] for r in refs]
        return seen

    def merged(self, ref):
        """A reference with its target's facts under it: botocore lets a member override its shape."""
        facts = dict(self.shapes[ref["shape"]])
        facts.update(ref)
        bad = UNSUPPORTED & {k for k, v in facts.items() if v}
        if bad:
            raise SystemExit(f"{self.name}: {ref['shape']} uses {sorted(bad)}, which the text form cannot say")
        return facts

    def need(self, shape_name):
        if shape_name in SCALARS.values() or not re.fullmatch(r"[A-Za-z]\w*", shape_name):
            raise SystemExit(f"{self.name}: shape name {shape_name} cannot be written")
        if shape_name not in self.queued:
            self.queued.add(shape_name)
            self.queue.append(shape_name)
        return shape_name

    # ---- types ----

    def type_text(self, ref):
        shape, facts = self.shapes[ref["shape"]], self.merged(ref)
        kind = shape["type"]
        if kind == "list":
            return self.list_text(shape, facts)
        if kind == "map":
            return self.map_text(shape, facts)
        if kind == "structure":
            return self.need(ref["shape"])
        if kind == "timestamp":
            fmt = facts.get("timestampFormat")
            return "time" + (":" + TIME_FORMATS[fmt] if fmt else "")
        if kind == "string" and "enum" in shape and len(shape["enum"]) <= LONGEST_ENUM:
            return self.need(ref["shape"])
        return SCALARS[kind] + self.bounds(shape)

    def list_text(self, shape, facts):
        inner = self.type_text(shape["member"])
        name = shape["member"].get("locationName")
        regular = "item" if self.protocol == "ec2" else "member"
        if name and name != regular and self.protocol not in ("json", "rest-json"):
            inner += " " + name
        if facts.get("flattened"):
            inner += " flat"
        return f"[{inner}]" + self.bounds(shape)

    def map_text(self, shape, facts):
        key, value = self.type_text(shape["key"]), self.type_text(shape["value"])
        if "locationName" in shape["key"]:
            key += " " + shape["key"]["locationName"]
        if "locationName" in shape["value"]:
            value += " " + shape["value"]["locationName"]
        return "{" + key + ": " + value + (" flat" if facts.get("flattened") else "") + "}"

    @staticmethod
    def bounds(shape):
        lo, hi = shape.get("min"), shape.get("max")
        if lo is None and hi is None:
            return ""
        return f"({'' if lo is None else number(lo)}..{'' if hi is None else number(hi)})"

    # ---- members ----

    def wire_names(self, name, facts):
        """What botocore's serializer writes and its parser looks for."""
        sent = read = facts.get("locationName", name)
        element = self.shapes[facts["member"]["shape"]] if "member" in facts else None
        if element is not None and facts.get("flattened") and "locationName" in facts["member"]:
            read = facts["member"]["locationName"]
            if self.protocol == "query":
                sent = read
        if self.protocol == "ec2":
            sent = facts.get("queryName") or (sent[0].upper() + sent[1:] if "locationName" in facts else name)
        return sent, read

    def wire_text(self, owner, name, facts):
        sent, read = self.wire_names(name, facts)
        regular_out = name[0].lower() + name[1:] if self.protocol == "ec2" else name
        sent_differs = sent != name and owner in self.inputs
        read_differs = read != regular_out and owner in self.outputs
        if self.protocol != "ec2" and sent == read:
            return " =" + sent if sent != name else ""
        return (" >" + sent if sent_differs else "") + (" <" + read if read_differs else "")

    def is_token(self, owner, name, facts):
        by_name = owner in self.top and name in ("ClientToken", "CallerReference") and facts["type"] == "string"
        return bool(facts.get("idempotencyToken")) or by_name

    def member_text(self, owner, name, ref, required):
        facts = self.merged(ref)
        text = f"  {name}{'!' if required else ''} {self.type_text(ref)}" + self.wire_text(owner, name, facts)
        location = facts.get("location")
        if location:
            if location not in LOCATIONS:
                raise SystemExit(f"{self.name}: location {location} of {owner}.{name} cannot be said")
            text += " @" + location
        if self.is_token(owner, name, facts):
            text += " token"
        if facts.get("sensitive"):
            text += " secret"
        if facts.get("xmlAttribute"):
            text += " attr"
        if facts.get("streaming"):
            text += " stream"
        space = facts.get("xmlNamespace")
        if space:
            text += " xmlns " + (space["uri"] if isinstance(space, dict) else space)
        return text

    def shape_text(self, name):
        shape = self.shapes[name]
        if shape["type"] != "structure":
            return f"enum {name} " + " ".join(word(v) for v in shape["enum"])
        required = set(shape.get("required", []))
        lines = [f"struct {name}" + (f" payload {shape['payload']}" if "payload" in shape else "")]
        lines += [self.member_text(name, m, ref, m in required) for m, ref in shape.get("members", {}).items()]
        return "\n".join(lines)

    # ---- operations ----

    def page_text(self, op):
        page = self.pages.get(op)
        if not page:
            return ""

        def names(x):
            text = ",".join(x if isinstance(x, list) else [x])
            if re.search(r"[\s|\[\]]", text):
                raise SystemExit(f"{self.name}: {op} pages by an expression: {text}")
            return text
        text = f" page {names(page['output_token'])}>{names(page['input_token'])}"
        if "limit_key" in page:
            text += " limit " + page["limit_key"]
        text += " list " + names(page["result_key"])
        if "more_results" in page:
            text += " more " + page["more_results"]
        return text

    def operation_text(self, name):
        op = self.model["operations"][name]
        http, text = op["http"], f"op {name}"
        if (http["method"], http["requestUri"]) != ("POST", "/"):
            text += f" {http['method']} {http['requestUri']}"
        if "hostPrefix" in op.get("endpoint", {}):
            raise SystemExit(f"{self.name}: {name} has a host prefix, which the text form cannot say")
        if "input" in op:
            text += " in " + self.need(op["input"]["shape"])
        if "output" in op:
            text += " out " + self.need(op["output"]["shape"])
        if "locationName" in op.get("input", {}):
            text += " root " + op["input"]["locationName"]
        wrapper = op.get("output", {}).get("resultWrapper")
        if wrapper and wrapper != name + "Result":
            text += " wrapper " + wrapper
        text += self.page_text(name)
        if op.get("httpChecksumRequired") or op.get("httpChecksum", {}).get("requestChecksumRequired"):
            text += " checksum"
        if op.get("authtype") == "none" or op.get("auth") == ["smithy.api#noAuth"]:
            text += " unsigned"
        if http.get("responseCode", 200) != 200:
            text += f" status {http['responseCode']}"
        errors = [self.shapes[e["shape"]].get("error", {}).get("code") or e["shape"] for e in op.get("errors", [])]
        if errors:
            text += "\n  errors " + " ".join(errors)
        return text

    def host_label(self):
        """The label at the beginning of paths that endpoints take into the host, as S3's rules do with buckets."""
        for op in self.operations:
            shape = self.shapes[self.model["operations"][op].get("input", {}).get("shape", "")] if "input" in self.model["operations"][op] else {}
            for name, member in shape.get("members", {}).items():
                label = member.get("locationName", name)
                if "contextParam" in member and member.get("location") == "uri" and self.model["operations"][op]["http"]["requestUri"].startswith(f"/{{{label}}}"):
                    return label
        return None

    def service_text(self):
        meta = self.meta
        protocol = self.protocol + ("-" + meta["jsonVersion"] if self.protocol == "json" else "")
        text = (f"service {self.name} protocol {protocol} api {meta['apiVersion']} endpoint {meta['endpointPrefix']}"
                f" sign {meta.get('signingName', meta['endpointPrefix'])} id \"{meta['serviceId']}\"")
        if "targetPrefix" in meta:
            text += " target " + meta["targetPrefix"]
        spaces = {self.model["operations"][o].get("input", {}).get("xmlNamespace", {}).get("uri") for o in self.operations} - {None}
        if len(spaces) > 1:
            raise SystemExit(f"{self.name}: more than one namespace: {sorted(spaces)}")
        space = meta.get("xmlNamespace") or (spaces.pop() if spaces else None)
        if space:
            text += " xmlns " + space
        host = self.host_label()
        if host:
            text += " host " + host
        if not self.regional:
            text += " global"
        if "awsQueryCompatible" in meta:
            text += " querymode"
        return text

    def text(self):
        parts = [self.service_text()] + [self.operation_text(op) for op in self.operations]
        while self.queue:
            parts.append(self.shape_text(self.queue.pop(0)))
        return "\n".join(parts) + "\n"


def generate():
    """{file name: text} for the whole list."""
    loader = botocore.loaders.Loader(include_default_search_paths=False)   # nothing from ~/.aws/models
    loader.search_paths.append(loader.BUILTIN_DATA_PATH)
    services = read_operations(os.path.join(MODELS, "operations"))
    return {f"{name}.model": Service(loader, name, ops).text() for name, ops in sorted(services.items())}


def differing(files):
    """Names of committed files that are not what this botocore gives; surplus ones too."""
    committed = {f for f in os.listdir(MODELS) if f.endswith(".model")}
    different = committed ^ set(files)
    for name in committed & set(files):
        with open(os.path.join(MODELS, name), encoding="utf-8") as f:
            if f.read() != files[name]:
                different.add(name)
    return sorted(different)


def main():
    files = generate()
    changed = differing(files)
    if sys.argv[1:] == ["--check"]:
        for name in changed:
            print(f"{name} differs from botocore {botocore.__version__}: run `make models`")
        return 1 if changed else 0
    if sys.argv[1:]:
        raise SystemExit("usage: models.py [--check]")
    for name in changed:
        path = os.path.join(MODELS, name)
        if name in files:
            with open(path, "w", encoding="utf-8") as f:
                f.write(files[name])
        else:
            os.remove(path)
    print(f"{len(files)} services, {len(changed)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
