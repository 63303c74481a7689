"""Parameters held against the model, as AWS does before it looks at anything else."""
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from .wire import Refusal

CODES = {"ec2": ("MissingParameter", "UnknownParameter", "InvalidParameterValue"), "query": ("ValidationError",) * 3, "json": ("ValidationException",) * 3,
         "rest-json": ("InvalidParameterException",) * 3, "rest-xml": ("InvalidInput",) * 3}


def unknown_form_keys(call):
    known = set(create_serializer(call.protocol, False).serialize_to_request(call.params, call.operation)["body"])
    return sorted(k for k, v in call.form.items() if k not in known and v != "")


def unknown_json_keys(shape, value, path=""):
    """Paths of keys in a JSON body that the shape does not have."""
    if shape.type_name == "structure" and isinstance(value, dict):
        by_wire = {m.serialization.get("name", name): m for name, m in shape.members.items() if "location" not in m.serialization}
        for key, below in value.items():
            if key not in by_wire:
                yield f"{path}.{key}".lstrip(".")
            else:
                yield from unknown_json_keys(by_wire[key], below, f"{path}.{key}")
    elif shape.type_name == "list" and isinstance(value, list):
        for below in value:
            yield from unknown_json_keys(shape.member, below, path + "[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for below in value.values():
            yield from unknown_json_keys(shape.value, below, path + "{}")


def bad_enums(shape, value, path=""):
    if shape.type_name == "structure":
        for key, below in value.items():
            yield from bad_enums(shape.members[key], below, f"{path}.{key}".lstrip("."))
    elif shape.type_name == "list":
        for below in value:
            yield from bad_enums(shape.member, below, path)
    elif shape.type_name == "map":
        for below in value.values():
            yield from bad_enums(shape.value, below, path)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path} = {value}"


def check(call):
    shape = call.operation.input_shape
    if shape is None or call.service == "s3":
        return
    missing, unknown, invalid = CODES[call.protocol]
    surplus = unknown_form_keys(call) if call.form else list(unknown_json_keys(shape, call.document)) if call.document is not None else []
    if surplus:
        raise Refusal(unknown, f"The parameter {surplus[0]} is not recognized")
    report = ParamValidator().validate(call.params, shape)
    if report.has_errors():
        text = report.generate_report()
        raise Refusal(missing if "Missing required" in text else invalid, text)
    wrong = next(bad_enums(shape, call.params), None)
    if wrong:
        raise Refusal(invalid, f"Value not allowed: {wrong}")
