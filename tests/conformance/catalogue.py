"""The operations that kc knows, as botocore's and moto's models, and random parameters for them."""
import datetime
import functools
import os
import random

import botocore.loaders
from botocore.model import ServiceModel

import models

OPERATIONS = models.read_operations(os.path.join(models.MODELS, "operations"))
STRINGS = ["a", "b c", "é/:&=+<", "x.y", "1", "k%2F", 'say "yes", no', "ünïcødé", "[]"]
LOADER = botocore.loaders.Loader()


@functools.lru_cache(maxsize=None)
def raw_model(service):
    return LOADER.load_service_model(service, "service-2")


@functools.lru_cache(maxsize=None)
def service_model(service):
    return ServiceModel(raw_model(service), service)


class Maker:
    """Random values of shapes, the same for the same seed."""

    def __init__(self, seed, for_input):
        self.r = random.Random(seed)
        self.for_input = for_input

    def make(self, shape, depth=0):
        return getattr(self, "make_" + shape.type_name)(shape, depth)

    def make_structure(self, shape, depth):
        out = {}
        for name, member in shape.members.items():
            required = name in shape.required_members
            if not required and (depth > 6 or self.r.random() > (0.6 if depth < 2 else 0.25)):
                continue
            out[name] = self.make_member(name, member, depth)
        return out

    def make_member(self, name, member, depth):
        location = member.serialization.get("location")
        if location == "uri":
            return "bucket-1.x" if member.serialization.get("name") == "Bucket" else self.r.choice(["a", "b c", "é:&=+<", "k%2F", "arn:aws:x/y"])
        if location == "headers":
            return {f"key-{i}": self.r.choice(["a", "b c"]) for i in range(self.r.choice([1, 2]))}
        if member.serialization.get("name") == "x-amz-sdk-checksum-algorithm":
            return "SHA256"
        if location == "header" and member.type_name == "string" and not getattr(member, "enum", None):
            return self.r.choice(["a", "b c", "x=y"])
        return self.make(member, depth + 1)

    def make_list(self, shape, depth):
        sizes = [0, 1, 2] if self.for_input else [1, 2, 3]
        return [self.make(shape.member, depth + 1) for _ in range(self.r.choice(sizes))]

    def make_map(self, shape, depth):
        return {self.make(shape.key, depth + 1) + str(i): self.make(shape.value, depth + 1) for i in range(self.r.choice([1, 2]))}

    def make_string(self, shape, depth):
        return self.r.choice(shape.enum or STRINGS)

    def make_boolean(self, shape, depth):
        return self.r.random() < 0.5

    def make_integer(self, shape, depth):
        return self.r.choice([0, 1, -1, 443, 2**31 - 1])

    def make_long(self, shape, depth):
        return self.r.choice([0, 1, 2**40])

    def make_float(self, shape, depth):
        return self.r.choice([0.5, 100.25, 3.0])

    make_double = make_float

    def make_timestamp(self, shape, depth):
        return datetime.datetime(2026, 11, 22, self.r.randint(0, 23), 3, 4, tzinfo=datetime.timezone.utc)

    def make_blob(self, shape, depth):
        return self.r.choice([b"", b"abc", "é\n".encode()])


def to_ms(moment):
    return round(moment.timestamp() * 1000)


def plain(value):
    """Parameters as kc takes them in JSON: times as ms, blobs as text."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        return to_ms(value)
    return value.decode() if isinstance(value, bytes) else value
