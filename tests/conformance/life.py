"""Life files (tests/life/*.kcl): one resource type each, with every change that its fields know. What stands in them:

    # kc life: what it is about
    sqs.Queue it {                       the object under test; what else is in the file surrounds it
      retention = 4d                     a field that changes has a line of its own
    }
    #~ retention = 5d                    changes in place
    #~ retention = 6d ; delay = 3s       two at once
    #~ retention = 7d ; no moto: why     moto is not asked about this one
    #> name = "life-2"                   makes a new one instead
    #= fifo: why it has no change here
    #! no moto: why                      moto is not asked at all
    #! no moto retention: why            moto is not asked about this change
    #! no adopt: why                     it cannot be taken over by what AWS calls it

A change holds for those after it."""
import glob
import os
import re
from dataclasses import dataclass, field

import members
from oracle import ROOT

FOLDER = os.path.join(ROOT, "tests", "life")
BLOCK = re.compile(r"^(\w+)\.(\w+) it((?: @[^{]*)?) \{\n(.*?)^\}\n", re.M | re.S)


@dataclass
class Change:
    fields: dict                                           # name -> expression
    replaces: bool
    moto: bool = True

    def __str__(self):
        return ", ".join(self.fields)


@dataclass
class Life:
    name: str
    text: str
    type: str = ""                                         # "sqs.Queue"
    changes: list = field(default_factory=list)
    reasons: dict = field(default_factory=dict)
    moto: bool = True
    adopt: bool = True
    skipped: set = field(default_factory=set)              # fields that moto is not asked about

    def block(self):
        found = BLOCK.search(self.text)
        assert found, f"{self.name}: no block `module.Type it {{`, closed by a line `}}`"
        return found

    def changed(self, change):
        """The file after a change."""
        found = self.block()
        inside = found.group(4)
        for name, value in change.fields.items():
            line = re.compile(rf"^  {name}( = [^\n]*| \{{\n.*?^  \}}|[ ]=[ ]\{{\n.*?^  \}})\n", re.M | re.S)
            written = f"  {name} = {value}\n"
            inside = line.sub(lambda _, w=written: w, inside, count=1) if line.search(inside) else inside + written
        self.text = self.text[:found.start(4)] + inside + self.text[found.end(4):]

    def alone(self):
        """The surroundings only, without what speaks of `it`."""
        found = self.block()
        return self.text[:found.start()] + self.text[found.end():]

    def adopting(self, called):
        found = self.block()
        head = self.text[found.start():found.start(4)].replace(" {\n", f' @adopt("{called}") {{\n')
        return self.text[:found.start()] + head + self.text[found.start(4):]


def lines(life):
    for line in life.text.splitlines():
        if line[:2] in ("#~", "#>", "#=", "#!"):
            yield line[:2], line[2:].strip()


def parts(said):
    """{name: expression} of `a = 1 ; b = 2 ; no moto: why`, and whether moto is asked."""
    told = said.split(" ; ")
    changes = [t for t in told if not t.startswith("no moto: ")]
    return dict(re.match(r"(\w+) = (.+)$", part.strip()).groups() for part in changes), len(changes) == len(told)


def load(path):
    with open(path, encoding="utf-8") as f:
        life = Life(os.path.basename(path)[:-4], f.read())
    found = life.block()
    for line in re.finditer(r'^import "std/aws/(\w+)"(?: as (\w+))?', life.text, re.M):
        if (line.group(2) or line.group(1)) == found.group(1):
            module = line
    life.type = f"{module.group(1)}.{found.group(2)}"
    for mark, said in lines(life):
        if mark in ("#~", "#>"):
            fields, moto = parts(said)
            life.changes.append(Change(fields, mark == "#>", moto))
        elif mark == "#=":
            name, why = re.match(r"(\w+): (.+)$", said).groups()
            life.reasons[name] = why
        else:
            what, names, _ = re.match(r"no (moto|adopt)((?: \w+)*): (.+)$", said).groups()
            life.skipped |= set(names.split())
            life.moto = life.moto and (what != "moto" or bool(names))
            life.adopt = life.adopt and what != "adopt"
    for change in life.changes:
        change.moto = change.moto and not life.skipped & set(change.fields)
    return life


def all_lives():
    return [load(path) for path in sorted(glob.glob(os.path.join(FOLDER, "*.kcl")))]


def types():
    """{module.Type: its fields} of the library, those that can be made."""
    return {f"{t.module}.{t.name}": t.fields for t in members.library() if any(s["kind"] == "create" for s in t.steps)}
