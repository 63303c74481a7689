"""Resource types for kc, written by machine from botocore's models: fields with types and bounds from the input of the create operation,
those that the read operation shows again under the same name."""
import re
from dataclasses import dataclass, field

from catalogue import service_model


@dataclass
class Plan:
    """Which operations make a type. `found` is the path in the read's reply to the list that holds the object, or to the object."""
    service: str
    create: str
    read: str
    delete: str
    key: str                                               # the member that names the object
    found: str
    ask: str                                               # what the read sends
    values: dict                                           # of an instance, by API name
    change: dict = field(default_factory=dict)             # what a later version of the file says instead
    update: str = ""                                       # an operation that takes all fields again
    many: bool = True                                      # `found` is a list
    fixed: str = ""                                        # further lines of the create's send
    again: str = ""                                        # those of the update's


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def type_of(shape):
    """The type of a field, or None for what is not a single value."""
    kind = shape.type_name
    if kind == "string" and shape.enum:
        return " | ".join(f'"{v}"' for v in shape.enum)
    if kind in ("integer", "long"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        return f"int({low}..{high})" if low is not None and high is not None else "int"
    return {"string": "string", "boolean": "bool"}.get(kind)


def element(plan):
    shape = service_model(plan.service).operation_model(plan.read).output_shape
    for part in plan.found.split(".") if plan.found else []:
        shape = shape.members[part]
    return shape.member if plan.many else shape


def literal(value):
    return "true" if value is True else "false" if value is False else f'"{value}"' if isinstance(value, str) else str(value)


def resource(plan, name):
    """The text of `resource name ...`."""
    given = service_model(plan.service).operation_model(plan.create).input_shape
    shown = element(plan).members
    members = [m for m in given.members if type_of(given.members[m]) and m in shown and type_of(shown[m]) and m in plan.values]
    lines = [f'resource {name} @aws("{plan.service}") {{']
    for m in members:
        mark = " @identity @replace" if m == plan.key else "" if plan.update else " @replace"
        lines.append(f"  {snake(m)}: {type_of(given.members[m])}{mark}")
    send = ", ".join(f"{m} = {snake(m)}" for m in members)
    tags = next((f", {m} = " + ("all_tags" if given.members[m].type_name == "map" else "[for k, v in all_tags: { Key = k, Value = v }]") for m in given.members if m.lower() == "tags"), "")
    live = f"first(reply.{plan.found} ?? [])" if plan.many else f"reply.{plan.found}" if plan.found else "reply"
    take = f"[for x in reply.{plan.found} ?? [] if x.{plan.key} == {snake(plan.key)}: x]" if plan.many else f"[{live}]"
    gone = [e.error_code for e in service_model(plan.service).operation_model(plan.read).error_shapes if re.search("NotFound|NotExist|NoSuch", e.error_code)]
    gone += [e.error_code for e in service_model(plan.service).operation_model(plan.delete).error_shapes if re.search("NotFound|NotExist|NoSuch", e.error_code)]
    there = [e.error_code for e in service_model(plan.service).operation_model(plan.create).error_shapes if "AlreadyExists" in e.error_code]
    lines += [f"  create {plan.create} {{ send {{ {send}{plan.fixed}{tags} }} }}", f"  read {plan.read} {{", f"    send {{ {plan.ask} }}"]
    if plan.many:
        lines += [f"    each = {take}", f"    key = it.{plan.key}"] + [f"    {snake(m)} = it.{m}" for m in members if m != plan.key]
    else:
        lines += [f"    live = {live}"] + [f"    {snake(m)} = {live}.{m}" for m in members if m != plan.key]
    lines += ["  }", f'  find {plan.read} {{ by = "name", send {{ {plan.ask} }}, each = {take} }}']
    if plan.update:
        on = ", ".join(snake(m) for m in members if m != plan.key)
        lines.append(f"  update {plan.update} {{ on = [{on}], send {{ {send}{plan.fixed}{plan.again} }} }}")
    lines.append(f"  delete {plan.delete} {{ send {{ {plan.key} = {snake(plan.key)} }} }}")
    codes = lambda found: ", ".join(f'"{c}"' for c in dict.fromkeys(found))  # noqa: E731
    lines += [f"  errors {{ gone = [{codes(gone)}], exists = [{codes(there)}] }}", f"  unique = [[{snake(plan.key)}]]", "  usual { create = 1s, delete = 1s }", "}"]
    return "\n".join(lines) + "\n"


def instance(plan, name, **changed):
    values = dict(plan.values, **changed)
    return f"{name} one {{ " + ", ".join(f"{snake(m)} = {literal(v)}" for m, v in values.items()) + " }\n"
