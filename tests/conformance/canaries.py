"""Where is a secret? Every way in which people and programs write one, whole or in part, and all that a run of kc leaves behind or lets others see."""
import base64
import functools
import glob
import json
import os
import re
import urllib.parse

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

COPY = 1024                                                # bytes; what is nearer is of one copy
PIECE = 24                                                 # bytes; what is shorter is no proof of anything
BREAKS = re.compile(rb"\s|\\[nrt]|\\\\[nrt]")
RUN = re.compile(rb"[A-Za-z0-9+/]{64,}|[\w-]{64,}")
PRIVATE = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.S)


def numbers(secret):
    """The bytes without which a secret is no secret: those that no public part has."""
    pem = PRIVATE.search(secret)
    if not pem:                                            # 32 bytes as base64, or a password
        return [base64.b64decode(secret)] if len(secret) == 44 and secret.endswith("=") else [secret.encode()]
    key = load_pem_private_key(pem[0].encode(), None)
    if isinstance(key, rsa.RSAPrivateKey):
        n = key.private_numbers()
        return [v.to_bytes((v.bit_length() + 7) // 8, "big") for v in (n.d, n.p, n.q, n.dmp1, n.dmq1, n.iqmp)]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return [key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")]
    return [key.private_bytes_raw()]


def pieces(raw):
    return [raw[i:i + PIECE] for i in range(0, len(raw) - PIECE, PIECE)] + [raw[-PIECE:]]


def as_base64(raw):
    """Three, as it depends on what stands before."""
    for skip in range(3):
        whole = raw[skip:][:(len(raw) - skip) // 3 * 3]
        yield from (base64.b64encode(whole), base64.urlsafe_b64encode(whole))


def written(raw):
    for piece in pieces(raw):
        yield from (piece, piece[::-1], piece.hex().encode(), piece.hex().upper().encode(), piece.hex(":").encode(), piece.hex(":").upper().encode(), *as_base64(piece))


@functools.cache
def spellings(secret):
    """Pieces of it; a text that holds none of them holds no PIECE * 2 bytes of the secret in a row."""
    found = set()
    for raw in numbers(secret):
        found |= {str(int.from_bytes(raw, "big")).encode(), *written(raw)}
    return found


def shapes(content):
    """What is broken into lines, escaped for JSON or for a URL is put together; what is in base64 is taken out, PEM as in a kubeconfig."""
    joined = BREAKS.sub(b"", content)
    runs = [base64.b64decode(run[skip:][:(len(run) - skip) // 4 * 4], b"-_" if re.search(rb"[-_]", run) else None) for run in RUN.findall(joined) for skip in range(4)]
    inner = b"\0".join(runs)
    yield from (content, joined, BREAKS.sub(b"", urllib.parse.unquote_to_bytes(content)), inner, BREAKS.sub(b"", inner))


def found_in(places, secrets):
    """[(place, which secret)] of {place: content}."""
    texts = [(where, shape) for where, content in places.items() for shape in set(shapes(content))]
    return sorted({(where, i) for i, secret in enumerate(secrets) for needle in spellings(secret) for where, text in texts if needle in text})


# ---- where to look ----

def read(path):
    """Nothing of what is gone meanwhile, or is not for us."""
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def files(folder):
    """Content and names."""
    every = [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]
    return {path: path.encode() + b"\n" + read(path) for path in every if os.path.isfile(path)}


def of_process(pid):
    """What others can see of a process: how it and those that it started were called, and what it has open."""
    there = f"/proc/{pid}"
    family = [pid, *(int(child) for path in glob.glob(f"{there}/task/*/children") for child in read(path).split())]
    seen = {path: read(path) for each in family for path in (f"/proc/{each}/{name}" for name in ("cmdline", "environ", "status", "comm", "maps"))}
    assert seen[f"{there}/cmdline"]
    for path in glob.glob(f"{there}/fd/*") if os.access(f"{there}/fd", os.R_OK) else []:
        seen[path] = os.readlink(path).encode() + (read(path) if os.path.isfile(path) else b"")
    return seen


def told(kc):
    """All that kc says when it is asked."""
    objects = [o["address"] for o in json.loads(kc.ok("state", "list", "--json"))["resources"]]
    asked = [("plan", "--json"), ("plan", "--all"), ("graph", "--format", "json"), ("graph", "--format", "dot"), ("graph",), ("state", "list"),
             *(("state", "show", address, *form) for address in objects for form in ((), ("--json",)))]
    said = {}
    for arguments in asked:
        done = kc.run(*arguments)
        assert done.returncode == 0 and done.stdout, (arguments, done.stderr)
        said[" ".join(arguments)] = (done.stdout + done.stderr).encode()
    return said


# ---- memory ----

MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \d+ *(.*)$")


def mappings(pid):
    """(begin, end, name, flags) of what can be written."""
    found = None
    for line in read(f"/proc/{pid}/smaps").decode().splitlines():
        head = MAPPING.match(line)
        if head:
            found = (int(head[1], 16), int(head[2], 16), head[3])
        elif re.match(r"[0-9a-f]+-", line):
            found = None
        elif line.startswith("VmFlags:") and found:
            yield (*found, line.split()[1:])


def fragments(raw):
    """Short enough that one of them is in a line of PEM."""
    return {spelled for i in range(0, min(len(raw), 72) - 12, 6) for spelled in (raw[i:i + 12], raw[i:i + 12][::-1], *as_base64(raw[i:i + 12])) if len(spelled) >= 12}


def in_memory(pid, secret):
    """(name of the mapping, its flags) of each copy, whole or in part, of the private number that comes first."""
    needles, copies = fragments(numbers(secret)[0]), []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for begin, end, name, flags in mappings(pid):
            memory.seek(begin)
            content = memory.read(end - begin)
            at = sorted(m.start() for needle in needles for m in re.finditer(re.escape(needle), content))
            copies += [(name, flags) for before, here in zip([-COPY, *at], at) if here - before >= COPY]
    return copies
