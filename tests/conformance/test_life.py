"""Each resource type of the library lives through everything that its fields know, on the simulated AWS and on moto: made, read back as written,
each change made as declared, taken over by a state that does not know it, taken down to nothing (tests/life, life.py)."""
import json
import os
import shutil

import pytest

import life
from kc import Kc

REGION = ["--region", "eu-west-1"]
UPDATES, REPLACES = ("update", "disrupt"), ("replace_create_first", "replace_delete_first")
LIVES = life.all_lives()


class Simulated:
    """kc on its simulated AWS, without waiting."""

    def __init__(self, folder):
        self.kc, self.folder = Kc(folder, ""), folder
        del self.kc.env["AWS_ENDPOINT_URL"], self.kc.env["KC_WAIT_SCALE"]
        self.state = os.path.join(folder, ".kc", "sandbox", "stacks")

    def run(self, *arguments):
        return self.kc.run(*arguments, *REGION, "--sandbox", "--sandbox-speed", "0", "--sandbox-seed", "7")

    def left(self):
        """What a client made and the account still has."""
        there = {}
        with open(os.path.join(self.folder, ".kc", "sandbox", "account.log"), encoding="utf-8") as f:
            for line in f:
                turn = json.loads(line.rpartition("\t")[0])
                for o in turn.get("put", []):
                    there[o["kind"], o["id"]] = o["made"] and not o["dying"]
                for kind, ident, *_ in turn.get("gone", []):
                    there.pop((kind, ident), None)
        return [key for key, counts in there.items() if counts]


class Moto:
    def __init__(self, folder, server):
        self.kc = Kc(folder, server.url)
        self.state = os.path.join(folder, ".kc")

    def run(self, *arguments):
        return self.kc.run(*arguments, *REGION)

    def left(self):
        return []


def ok(at, *arguments, codes=(0,)):
    done = at.run(*arguments)
    assert done.returncode in codes, f"kc {' '.join(arguments)}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def item(plan, addr="it"):
    found = [i for i in plan["items"] if i["addr"] == addr]
    return found[0] if found else {"action": "none", "changes": []}


def apply(at, text):
    """Applies the file; what is guarded is allowed. The plan's word about `it`."""
    at.kc.write("cluster.kcl", text)
    plan = json.loads(ok(at, "plan", "--json"))
    allowed = [a for g in {g["addr"] for g in plan["guards"]} for a in ("--allow-destroy", g)]
    ok(at, "apply", "--yes", *allowed)
    done = at.run("plan", "--exit-code")
    assert done.returncode == 0, f"the plan is not empty after an apply: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return item(plan)


def change(at, one, step):
    one.changed(step)
    it = apply(at, one.text)
    said = f"{one.name}: {step}: {it['action']} {json.dumps(it.get('changes'))}"
    assert it["action"] in (REPLACES if step.replaces else UPDATES), said
    assert set(step.fields) & {c["field"] for c in it["changes"]}, said


def take_over(at, one, without):
    """A state that knows the surroundings alone takes `it` over by what AWS calls it."""
    called = item(json.loads(ok(at, "plan", "--json", "--all")))["id"]
    shutil.copytree(without, at.state, dirs_exist_ok=True)
    assert apply(at, one.adopting(called))["action"] != "create"


def live(at, one, steps):
    """From nothing to nothing."""
    without = os.path.join(at.kc.folder, "without")
    shutil.copytree(os.path.join(life.FOLDER, "ground"), os.path.join(at.kc.folder, "ground"))
    apply(at, one.alone())
    shutil.copytree(at.state, without, ignore=shutil.ignore_patterns("sandbox", "lock"))
    apply(at, one.text)
    for step in steps:
        change(at, one, step)
    if one.adopt:
        take_over(at, one, without)
    ok(at, "destroy", "--yes")
    assert at.left() == []


@pytest.mark.parametrize("one", LIVES, ids=lambda one: one.name)
def test_simulated(one, tmp_path):
    one = life.load(os.path.join(life.FOLDER, one.name + ".kcl"))
    live(Simulated(tmp_path), one, one.changes)


@pytest.mark.parametrize("one", [one for one in LIVES if one.moto], ids=lambda one: one.name)
def test_moto(one, server, tmp_path):
    one = life.load(os.path.join(life.FOLDER, one.name + ".kcl"))
    live(Moto(tmp_path, server), one, [c for c in one.changes if c.moto])


@pytest.mark.parametrize("one", LIVES, ids=lambda one: one.name)
def test_every_field_has_its_life(one):
    assert one.name.startswith(one.type.replace(".", "-"))
    fields, told = set(life.types()[one.type]), {f for c in one.changes for f in c.fields} | set(one.reasons)
    assert not fields - told, f"{one.name}: nothing is said of {sorted(fields - told)}"
    assert not told - fields, f"{one.name}: {one.type} has no {sorted(told - fields)}"


@pytest.mark.parametrize("name", life.types())
def test_every_type_has_its_life(name):
    assert name in {one.type for one in LIVES}, f"{name} has no file in tests/life"
