#!/usr/bin/env python3
"""Writes docs/types.md: for each resource type of the standard library, every member of the operations that create, change
and delete it, and what kc does with it; and for each field that replaces, which operation of the API comes near to it.

The types are read from stdlib/aws/*.kcl, the members from the pinned botocore. tools/members.reasons says why a field is marked
`@replace` although an operation of the API takes the same member (nothing is replaced that AWS changes in place), and why a
member is not offered yet. What has no reason is named.

    tests/conformance/.venv/bin/python tools/members.py            write the file; name what has no reason
    tests/conformance/.venv/bin/python tools/members.py --check    exit 1 when the file would change, or a reason is missing
"""
import fnmatch
import glob
import os
import re
import sys

import botocore.loaders

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs", "types.md")
REASONS = os.path.join(ROOT, "tools", "members.reasons")
STEPS = ("create", "update", "action", "retire", "delete")
TOKEN = re.compile(r"""\s+|\#[^\n]*|"(?:\\\((?:[^()"]|\([^()]*\)|"[^"]*")*\)|\\.|[^"\\])*"|'[^']*'|[A-Za-z_]\w*|[0-9][\w.%]*|\?\?|[=!<>]=|&&|\|\||\.\.|\?\.|.""")
CHANGES = re.compile(r"^(Update|Modify|Put|Replace|Set|Associate|Attach|Add|Change|Move|Enable|Disable|Assign|Reset|Create\w+Version$)(?!\w+Descriptions)")
WORDS = {"if", "then", "else", "none", "true", "false"}
VAGUE = {"id", "name", "type", "version", "key", "value", "arn", "description"}


# ---- .kcl, as far as is needed: names, brackets, strings ----

def tokens(text):
    """Tokens without blanks and comments; a line end is one too."""
    out = []
    for m in TOKEN.finditer(text):
        t = m.group()
        if t.startswith("#"):
            continue
        if t.isspace():
            if "\n" in t:
                out.append("\n")
        else:
            out.append(t)
    return out


def close(ts, at):
    """Index behind the bracket that ends the one at `at`."""
    depth = 0
    for i in range(at, len(ts)):
        if ts[i] in "([{" and len(ts[i]) == 1:
            depth += 1
        elif ts[i] in ")]}" and len(ts[i]) == 1:
            depth -= 1
            if depth == 0:
                return i + 1
    raise SystemExit("a bracket is never closed: " + " ".join(ts[at:at + 12]))


def entries(ts):
    """The parts of a block's inside: between commas and line ends outside brackets."""
    out, part, i = [], [], 0
    while i < len(ts):
        if ts[i] in ("\n", ","):
            joins = part and (part[-1] in ("=", "&&", "||", "??", "else", "then", "+") or i + 1 < len(ts) and ts[i + 1] in ("&&", "||", "??", "else", "then"))
            if not joins or ts[i] == ",":
                out.append(part)
                part = []
            i += 1
            continue
        end = close(ts, i) if ts[i] in ("(", "[", "{") else i + 1
        part += ts[i:end]
        i = end
    return [p for p in out + [part] if p]


def names(ts):
    """The bare names of an expression, those inside of strings too, in the order met."""
    found = []
    for i, t in enumerate(ts):
        if t.startswith('"'):
            for inner in re.findall(r"\\\((.*?)\)", t):
                found += names(tokens(inner))
        elif re.fullmatch(r"[A-Za-z_]\w*", t) and (i == 0 or ts[i - 1] not in (".", "?.")) and (i + 1 == len(ts) or ts[i + 1] != "="):
            found.append(t)
    return list(dict.fromkeys(found))


def loops(ts):
    """[(variable, expression)] of the loops of an expression."""
    out = []
    for i, t in enumerate(ts):
        if t == "for" and "in" in ts[i:]:
            at = ts.index("in", i)
            end = next((k for k in range(at, len(ts)) if ts[k] in (":", "if")), len(ts))
            out += [(v, ts[at + 1:end]) for v in ts[i + 1:at] if v != ","]
    return out


def inlined(ts, functions, depth=0):
    """The expression with the library's functions written out."""
    out, i = [], 0
    while i < len(ts):
        call = functions.get(ts[i]) if i + 1 < len(ts) and ts[i + 1] == "(" and depth < 8 else None
        if not call:
            out.append(ts[i])
            i += 1
            continue
        end = close(ts, i + 1)
        given = entries([t for t in ts[i + 2:end - 1]])
        bound = {p: ["("] + inlined(given[n], functions, depth + 1) + [")"] for n, p in enumerate(call[0]) if n < len(given)}
        body = []
        for k, t in enumerate(call[1]):
            free = t in bound and (k == 0 or call[1][k - 1] not in (".", "?.")) and (k + 1 == len(call[1]) or call[1][k + 1] != "=")
            body += bound[t] if free else [t]
        out += ["("] + inlined(body, functions, depth + 1) + [")"]
        i = end
    return out


def members_of(ts):
    """{name: expression} of the objects that an expression builds, outermost ones only."""
    out, i = {}, 0
    while i < len(ts):
        if ts[i] != "{":
            i += 1
            continue
        end = close(ts, i)
        for e in entries(ts[i + 1:end - 1]):
            if len(e) > 2 and e[1] == "=":
                out.setdefault(e[0], []).extend(e[2:] + ["\n"])
        i = end
    return out


class Type:
    """One resource type: fields with their marks, steps with what they send."""

    def __init__(self, module, name, service, doc, body, functions):
        self.module, self.name, self.service, self.doc = module, name, service, doc
        self.fields, self.outs, self.steps, self.chains, self.mades = {}, {}, [], set(), []
        for e in entries(body):
            if len(e) > 1 and e[1] == ":":
                self.fields[e[0]] = {e[i + 1] for i, t in enumerate(e) if t == "@" and i + 1 < len(e)}
            elif e[0] == "out":
                self.outs[e[1]] = []
            elif e[0] == "made":
                self.mades.append(e[1])
            elif e[0] == "chain":
                self.chains.add(e[1])
            elif e[0] in STEPS and "{" in e:
                self.add_step(e, functions)
            elif e[0] == "empty" and "{" in e:
                at = e.index("{")
                for inner in entries(e[at + 1:close(e, at) - 1]):
                    if inner[0] == "remove":
                        self.add_step(inner, functions)

    def add_step(self, e, functions):
        at = e.index("{")
        step = {"kind": e[0], "op": "".join(e[1:at]), "on": [], "send": None}
        for inner in entries(e[at + 1:close(e, at) - 1]):
            if inner[0] == "on":
                step["on"] = [t for t in inner[2:] if re.match(r"\w", t)]
            elif inner[0] == "send":
                step["send"] = inlined(inner[1:], functions)
            elif len(inner) > 2 and inner[1] == "=" and inner[0] in self.outs and "reply" in inner:
                self.outs[inner[0]] = [t for t in inner if re.match(r"[A-Za-z]", t)]
        self.steps.append(step)


def library():
    texts = {p: open(p, encoding="utf-8").read() for p in sorted(glob.glob(os.path.join(ROOT, "stdlib", "aws", "*.kcl")))}
    functions, types = {}, []
    for text in texts.values():
        for m in re.finditer(r"^fn (\w+)\(([^\n]*?)\)\s*=", text, re.M):
            rest = text[m.end():]
            stop = re.search(r"^(?=fn |resource |schema |type |let |##)", rest, re.M)
            params = [re.match(r"\s*(\w+)", p).group(1) for p in re.split(r",(?![^\[(]*[\])])", m.group(2)) if p.strip()]
            functions[m.group(1)] = (params, tokens(rest[:stop.start() if stop else None]))
    for path, text in texts.items():
        for m in re.finditer(r"((?:^##[^\n]*\n)*)^resource (\w+) @aws\(\"([\w-]+)\"\)[^\n{]*\{", text, re.M):
            ts = tokens(text[m.end() - 1:])
            end = close(ts, 0)
            doc = re.sub(r"^## ?", "", m.group(1), flags=re.M).strip()
            types.append(Type(os.path.basename(path).split(".")[0], m.group(2), m.group(3), doc, ts[1:end - 1], functions))
    return types


# ---- the API ----

class Api:
    def __init__(self, loader, service):
        model = loader.load_service_model(service, "service-2")
        self.operations, self.shapes = model["operations"], model["shapes"]

    def top(self, op):
        shape = self.operations[op].get("input", {}).get("shape")
        return self.shapes[shape] if shape else {"type": "structure", "members": {}}

    def inner(self, ref):
        """The structure behind a member, through lists; None: there is none."""
        shape = self.shapes[ref["shape"]]
        while shape["type"] == "list":
            shape = self.shapes[shape["member"]["shape"]]
        return shape if shape["type"] == "structure" else None

    def paths(self, op):
        """Every member of an operation's input, at any depth."""
        out, todo = [], [("", self.top(op), 0)]
        while todo:
            prefix, shape, depth = todo.pop(0)
            for name, ref in shape.get("members", {}).items():
                out.append(prefix + name)
                inside = self.inner(ref)
                if inside and depth < 4:
                    todo.append((prefix + name + ".", inside, depth + 1))
        return out


def plain(member):
    """A member's name so that AddSubnetIds and SubnetIds, ClientIDList and ClientID, CidrIpv4 and CidrIp are one."""
    word = re.sub(r"^(Add|Remove|New|add|remove|new)(?=[A-Z])", "", member.split(".")[-1])
    word = re.sub(r"(List|Set|v[46])$", "", word).lower()
    return word[:-1] if word.endswith("s") else word


def alike(sent, offered):
    if plain(sent) != plain(offered):
        return False
    if plain(sent) not in VAGUE:
        return True
    return [plain(x) for x in sent.split(".")[-2:]] == [plain(x) for x in offered.split(".")[-2:]]


# ---- the page ----

class Page:
    def __init__(self, t, api):
        self.type, self.api = t, api
        self.written = {}                                  # field -> update operations that write it
        for s in t.steps:
            for f in s["on"] if s["kind"] == "update" else []:
                self.written.setdefault(f, []).append(s["op"])
        self.sent = {}                                     # field -> members that carry it

    def fields_in(self, ts):
        return [n for n in names(ts) if n in self.type.fields]

    def tells(self, ts, around):
        """What an expression sends, in a few words. `around`: the one that it is part of, perhaps a loop over a field."""
        found = names(ts)
        found = [n for v, source in loops(around) if v in found for n in names(source)] + found
        fields = [n for n in found if n in self.type.fields]
        if any(n in ("all_tags", "tags_set", "tags_gone") for n in found):
            return "tags"
        fields = [f"`{n}`" for n in fields] + [f"`{n}`, which kc makes" for n in found if n in self.type.mades]
        if fields:
            return ", ".join(dict.fromkeys(fields))
        if "token" in found:
            return "token"
        if any(n in self.type.outs for n in found):
            return "which one"
        if "each" in found:
            return "one after the other"
        if "live" in found:
            return "what AWS shows"
        if set(found) <= WORDS:
            return " or ".join(f"`{' '.join(e)}`" for e in entries([t for t in ts if t not in ("(", ")")]))
        return self.tells(around, []) if around else "computed"

    def rows(self, shape, ts, prefix=""):
        """[(path, what kc does)] of what is sent, and the names of what is not."""
        given = members_of(ts)
        sent, left = [], []
        for name, ref in shape.get("members", {}).items():
            if name not in given:
                left += [prefix + name] if name != "DryRun" else []
                continue
            value = given[name]
            inside = self.api.inner(ref)
            what = self.tells(value, ts if prefix else [])
            if inside and members_of(value) and what != "tags":
                more, rest = self.rows(inside, value, prefix + name + ".")
                sent += more
                left += rest
            else:
                sent.append((prefix + name, what))
                for f in self.fields_in(value):
                    self.sent.setdefault(f, []).append(prefix + name)
        return sent, left

    def ways(self, field):
        """How a change of a field gets to AWS."""
        marks = self.type.fields[field]
        if "identity" in marks:
            return "is what AWS knows it by; another value is another object"
        by = ", ".join(dict.fromkeys(self.written.get(field, [])))
        if "replace" in marks:
            return f"set where AWS shows none, by {by}; else replaces" if by else "replaces"
        if field in self.type.chains:
            return f"in place, step by step, by {by}"
        if "shared" in marks:
            return f"in place, by {by}, when the file changes it; what others made of it stays"
        if by:
            return f"in place, by {by}"
        if "initial" in marks:
            return "sent when it is made, not compared afterwards"
        return "sent with the next change"

    def identity(self):
        """Members by which an operation names the object."""
        t = self.type
        out = {path[-1] for name, path in t.outs.items() if path and name in ("id", "arn")}
        out |= {m for f in t.fields if "identity" in t.fields[f] for m in self.sent.get(f, [])}
        return out | {t.name[0].lower() + t.name[1:] + "Name" for m in out if m == "name"}    # other operations say whose name it is

    def near(self, field):
        """Operations of the API that change something of this type and take the member that carries the field."""
        t, ids = self.type, self.identity()
        nouns = {re.sub(r"^(Create|Allocate|Import|Authorize|Associate|Attach|Put)", "", s["op"]) for s in t.steps if s["kind"] == "create"}
        found = []
        for op in sorted(self.api.operations):
            if not CHANGES.match(op) or op in self.written.get(field, []) or op in {s["op"] for s in t.steps if s["kind"] == "create"}:
                continue
            paths = self.api.paths(op)
            named = {p.split(".")[-1] for p in paths if p.count(".") < 2}
            if not any(n in op for n in nouns) and not ids & named:
                continue
            hits = [p for p in paths for m in self.sent.get(field, []) if alike(m, p) and p not in ids]
            if hits:
                found.append((op, list(dict.fromkeys(hits))))
        return found


class Reasons:
    """tools/members.reasons. `eks.Cluster.role UpdateClusterConfig: why it replaces`, an operation or several joined by commas;
    `not-yet ec2.* Create*.DryRun,CreateVpc.Ipv4Ipam*: why these members are not offered`, patterns."""

    def __init__(self):
        self.replaces, self.later, self.used = {}, [], set()
        for number, line in enumerate(open(REASONS, encoding="utf-8"), 1):
            if not line.startswith("#") and line.strip():
                self.add(line.rstrip("\n"), number)

    def add(self, line, number):
        later = re.fullmatch(r"not-yet (\S+) (\S+): (.+)", line)
        field = re.fullmatch(r"(\w+\.\w+)\.(\w+) ([\w,]+): (.+)", line)
        if later:
            self.later += [(number, later.group(1), member, later.group(3)) for member in later.group(2).split(",")]
        elif field:
            self.replaces[field.group(1), field.group(2)] = number, set(field.group(3).split(",")), field.group(4)
        else:
            raise SystemExit(f"{REASONS}:{number}: write `module.Type.field Operation,Operation: why` or `not-yet module.Type Operation.Member,...: why`")

    def replacing(self, full, name, near):
        """Why a field replaces although the operations `near` take such a member; None: nobody said."""
        number, ops, why = self.replaces.get((full, name), (0, set(), None))
        if not why or not {op for op, _ in near} <= ops:
            return None
        self.used.add(number)
        return why

    def not_yet(self, full, op, member):
        for at, (number, kind, pattern, why) in enumerate(self.later):
            if fnmatch.fnmatchcase(full, kind) and fnmatch.fnmatchcase(f"{op}.{member}", pattern):
                self.used |= {number, (number, at)}
                return why
        return None

    def stale(self):
        lines = [f"{a}.{b}" for (a, b), (number, _, _) in self.replaces.items() if number not in self.used]
        lines += [f"not-yet {kind} {pattern}" for at, (number, kind, pattern, _) in enumerate(self.later) if (number, at) not in self.used]
        return [f"{line}: tools/members.reasons gives a reason that nothing needs" for line in lines]


def offered(page):
    """For each step: what it sends, and, with the first of an operation, what no step of that operation does."""
    told = [(s, *page.rows(page.api.top(s["op"]), s["send"] or ["{", "}"])) for s in page.type.steps]
    sent_by, seen = {}, set()
    for s, sent, _ in told:
        sent_by.setdefault(s["op"], []).extend(path for path, _ in sent)
    for s, sent, left in told:
        first = s["op"] not in seen
        seen.add(s["op"])
        yield s, sent, [x for x in dict.fromkeys(left) if first and not any(o == x or o.startswith(x + ".") for o in sent_by[s["op"]])]


def left_out(full, op, left, why, missing):
    """Rows of the members that are not offered: those of one reason together."""
    by = {}
    for member in left:
        reason = why.not_yet(full, op, member)
        if not reason:
            missing.append(f"{full}: nothing is said of {op}.{member}")
        by.setdefault(reason or "", []).append(member)
    return [f"{', '.join(f'`{m}`' for m in found)}: {reason}" for reason, found in by.items()]


def type_text(page, why, missing):
    t = page.type
    full = f"{t.module}.{t.name}"
    out = [f"## {full}", ""]
    if t.doc:
        out += [" ".join(t.doc.split("\n")), ""]
    out += ["| operation | member | what kc sends |", "|---|---|---|"]
    unknown = {s["op"] for s in t.steps} - set(page.api.operations)
    if unknown:
        raise SystemExit(f"{full}: the API has no operation {', '.join(sorted(unknown))}")
    for s, sent, left in offered(page):
        label = f"{s['kind']}: {s['op']}"
        for path, what in [(f"`{path}`", what) for path, what in sent] + [("not yet", row) for row in left_out(full, s["op"], left, why, missing)] or [("", "")]:
            out.append(f"| {label} | {path} | {what} |")
            label = ""
    out += ["", "| field | when it changes |", "|---|---|"]
    for f in t.fields:
        if f == "tags":
            continue
        how = page.ways(f)
        if how.endswith("replaces"):
            near = page.near(f)
            known = why.replacing(full, f, near) if near else "no operation of the API changes it"
            takes = "; ".join(f"{op} takes `{'`, `'.join(paths)}`" for op, paths in near)
            how += f": {known or takes}"
            if not known:
                missing.append(f"{full}.{f}: {takes}")
        out.append(f"| `{f}` | {how} |")
    for m in t.mades:
        by = ", ".join(dict.fromkeys(page.written.get(m, [])))
        out.append(f"| `{m}` | made anew, {'by ' + by if by else 'with another object'} |")
    return "\n".join(out) + "\n"


HEAD = """# What kc sends to AWS

Generated by `tools/members.py` from the standard library and the pinned botocore; a test holds it against both. For each resource
type: every member of the operations that make, change and delete it, or do something to it, then what happens when a field changes. *not yet* is what
the API has and kc does not write, with the reason: AWS's default stays. *token* makes a repeated request harmless, *which one* names the object.
"""


def generate():
    """The page, and what is marked `@replace` although the API has an operation for it and nobody said why."""
    loader = botocore.loaders.Loader(include_default_search_paths=False)
    loader.search_paths.append(loader.BUILTIN_DATA_PATH)
    why, missing, apis, parts = Reasons(), [], {}, [HEAD]
    for t in library():
        if not any(s["kind"] == "create" for s in t.steps):
            continue                                       # a lookup
        api = apis.setdefault(t.service, None) or Api(loader, t.service)
        apis[t.service] = api
        parts.append(type_text(Page(t, api), why, missing))
    return "\n".join(parts), missing + why.stale()


def main():
    text, missing = generate()
    old = open(PAGE, encoding="utf-8").read() if os.path.exists(PAGE) else ""
    for line in missing:
        print(line)
    if sys.argv[1:] == ["--check"]:
        if text != old:
            print("docs/types.md is not what the library and botocore give: run `make models`")
        return 1 if missing or text != old else 0
    if sys.argv[1:]:
        raise SystemExit("usage: members.py [--check]")
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
