"""Draws programs about who is who: lists, dictionaries and objects that have several names.

They are bound in branches and loops, kept in one another, exchanged, copied, given to functions
that change them and give them back, and changed in the middle of an expression that reads them.
Drawn apart from the others, whose texts stay what they are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.fuzz.generate import BRANCH, BREAK, CONTINUE, Program, Programs, assembled
from tests.fuzz.grammar import CONSTANTS, Scope

IMPORTS = """\
import copy

import numpy as np"""

HELPERS = """\
class Cell:
    def __init__(self, u, items, arr):
        self.u = u
        self.items = items
        self.arr = arr

    def step(self, c):
        self.u = np.sin(self.u + c)
        self.arr[0] = 0.5 * self.u
        return self

    def push(self, c):
        self.items.append(c * self.u)
        return self.u

    @property
    def total(self):
        return self.u + 0.3 * sum(self.items) + self.arr[0]


def demand(c, most):
    if c > most:
        raise ValueError("too large")
    return np.sin(c)


def same(a, c):
    return a


def pick(a, b, c):
    if c > 0.1:
        return a
    return b


def eat(items):
    items[0] = 0.5 * items[-1] + 0.1
    return np.sin(items[1])


def renewed(items, c):
    items = items + [c]
    items[0] = c * 0.5
    return items


def spoil(d, c):
    d["a"] = d["b"] * c
    d["c"] = 0.4
    return d"""

NUMBERS, RECORD, OBJECT = "list", "dict", "object"
HOLDING = {"lists": NUMBERS, "dicts": RECORD, "objects": OBJECT}
"""Lists of lists, of dictionaries and of objects, with what their elements are."""

ALIASED, CHOSEN, EXCHANGED, KEPT = "second name", "one of two", "exchanged", "kept elsewhere"
CHANGED, COPIED, GIVEN, ORDER = "changed", "copied", "given to a function", "changed while read"
REBOUND, IDENTITY, MISSED = "bound anew in a loop", "compared by identity", "missed and handled"
OCCURRING = (
    ALIASED, CHOSEN, EXCHANGED, KEPT, CHANGED, COPIED, GIVEN, ORDER, REBOUND, IDENTITY, MISSED,
)  # fmt: skip


@dataclass
class Holding(Scope):
    """``things`` are the names of containers and objects, each with what it is."""

    things: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Holding:
        return Holding(**vars(super().copy()), things=dict(self.things))

    def named(self, kind: str) -> list[str]:
        return [name for name, each in self.things.items() if each == kind]


class Containing(Programs):
    """Draws statements about containers, and a few of the others."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.budget = rng.choice([3, 4, 5, 6, 7, 9])
        self.tags: list[str] = []

    # --- expressions

    def place(self, scope: Holding) -> str:
        """An index that every list has."""
        counters = [f"{i} % 2" for i in scope.counters]
        return self.one(["0", "1", "-1", *counters * 2])

    def thing(self, scope: Holding, kind: str, depth: int = 1) -> str:
        """An expression of this kind; what it is good for goes to the tags."""
        choices = scope.named(kind) * 4
        held = [name for name, of in HOLDING.items() if of == kind]
        choices += [f"{name}[{self.place(scope)}]" for each in held for name in scope.named(each)]
        if kind == NUMBERS:
            choices += [f"{name}.items" for name in scope.named(OBJECT)]
        if not choices:
            return self.made(scope, kind)
        found = self.one(choices)
        if depth == 0 or self.chance(0.6):
            return found
        number, other = self.number(scope, 0), self.thing(scope, kind, depth - 1)
        which = self.rng.randrange(6)
        if which == 0:
            return self.tagged(f"same({found}, {number})", GIVEN)
        if which == 1:
            return self.tagged(f"pick({found}, {other}, {number})", GIVEN, CHOSEN)
        if which == 2:
            return self.tagged(f"({found} if {self.question(scope)} else {other})", CHOSEN)
        if which == 3 and kind == OBJECT:
            return self.tagged(f"{found}.step({number})", CHANGED)
        if which == 3 and kind == RECORD:
            return self.tagged(f"spoil({found}, {number})", GIVEN, CHANGED)
        return self.made(scope, kind)

    def tagged(self, text: str, *tags: str) -> str:
        self.tags.extend(tags)
        return text

    def made(self, scope: Holding, kind: str) -> str:
        """A container or object that is certainly new."""
        names = scope.named(kind)
        if names and self.chance(0.4):
            form = {
                NUMBERS: ["list({0})", "{0}[:]", "({0} + [{1}])", "renewed({0}, {1})", "{0}.copy()"]
                + ["[0.5 * e for e in {0}]", "[*{0}, {1}]", "{0}[::-1]"],
                RECORD: ["dict({0})", '{{**{0}, "c": {1}}}', '({0} | {{"a": {1}}})', "{0}.copy()"],
                OBJECT: ["copy.copy({0})", "copy.deepcopy({0})"],
            }.get(kind, ["list({0})", "{0}[::-1]", "({0} + {0}[:1])", "copy.deepcopy({0})"])
            return self.tagged(
                self.one(form).format(self.one(names), self.number(scope, 0)), COPIED
            )
        if kind == NUMBERS:
            return "[" + ", ".join(self.number(scope, 0) for _ in range(3)) + "]"
        if kind == RECORD:
            return f'{{"a": {self.number(scope, 0)}, "b": {self.number(scope, 0)}}}'
        if kind == OBJECT:
            items, array = self.thing(scope, NUMBERS, 0), self.own(scope, self.n)
            return f"Cell({self.number(scope, 0)}, {items}, {array})"
        of = HOLDING[kind]
        return f"[{self.thing(scope, of, 0)}, {self.thing(scope, of, 0)}]"

    def number(self, scope: Holding, depth: int = 1) -> str:
        if depth == 0 and self.chance(0.5):
            return self.one([self.one(scope.scalars), self.element(scope), self.one(CONSTANTS)])
        kinds = [kind for kind in (NUMBERS, RECORD, OBJECT) if scope.named(kind)]
        if not kinds:
            return self.element(scope)
        kind = self.one(kinds)
        found = self.thing(scope, kind, 0)
        return self.one(
            {
                NUMBERS: ["{0}[0]", "{0}[1]", "{0}[-1]", "{0}[{1}]", "0.3 * sum({0})", "max({0})"],
                RECORD: ['{0}["a"]', '{0}["b"]', '{0}.get("c", 0.3)', "0.3 * sum({0}.values())"],
                OBJECT: ["{0}.u", "{0}.total", "{0}.items[-1]", "{0}.arr[{1}]"],
            }[kind]
        ).format(found, self.place(scope))

    def effect(self, scope: Holding) -> str:
        """A number whose evaluation changes something."""
        choices = [f"eat({self.thing(scope, NUMBERS)})"]
        if scope.named(RECORD):
            found = self.thing(scope, RECORD)
            choices += [f'{found}.pop("c", 0.2)', f'{found}.setdefault("c", 0.7)']
            choices += [f'spoil({found}, {self.number(scope, 0)})["c"]']
        if scope.named(OBJECT):
            found = self.thing(scope, OBJECT)
            choices += [f"{found}.push({self.number(scope, 0)})", f"{found}.step(0.2).u"] * 2
        return self.one(choices)

    def question(self, scope: Holding) -> str:
        """A condition, about numbers or about who is who."""
        pairs = [(a, b) for a in scope.things for b in scope.things if a < b]
        pairs = [(a, b) for a, b in pairs if scope.things[a] == scope.things[b]]
        if pairs and self.chance(0.2):
            a, b = self.one(pairs)
            return self.tagged(f"{a} {self.one(['is', 'is not'])} {b}", IDENTITY)
        if self.chance(0.3):
            return f"{self.number(scope, 0)} > {self.one(CONSTANTS)}"
        if scope.named(NUMBERS) and self.chance(0.2):
            return f"len({self.thing(scope, NUMBERS, 0)}) > {self.one('34')}"
        return self.one(["T > 1", "k[0] == 1", "T", "not k[1]", self.test(scope)])

    # --- statements

    def line(self, text: str, *tags: str) -> None:
        """Emits a statement with what its expressions are examples of."""
        self.emit(text, *tags, *self.tags)
        self.tags = []

    def statement(self, scope: Scope) -> None:
        assert isinstance(scope, Holding)
        if self.chance(0.12):
            super().statement(scope)
            return
        self.budget -= 1
        kinds = {self.bind: 4, self.mutate: 6, self.exchange_things: 2, self.within: 4, self.add: 4}
        if self.depth < 4:
            kinds |= {self.branch: 4, self.missing: 1}
            kinds |= {self.repeat: 4} if self.loops < 2 else {}
        kinds |= {self.quit: 3} if self.loops else {}
        (draw,) = self.rng.choices(list(kinds), list(kinds.values()))
        draw(scope)

    def kind(self) -> str:
        return self.one([NUMBERS] * 3 + [RECORD] * 2 + [OBJECT] * 3 + list(HOLDING))

    def bind(self, scope: Holding) -> None:
        kind = self.kind()
        names = scope.named(kind)
        text = self.thing(scope, kind)
        tags = [ALIASED] if text in names else []
        if names and self.chance(0.6):
            self.line(f"{self.one(names)} = {text}", *tags, *([REBOUND] if self.loops else []))
            return
        name = self.fresh("h")
        self.line(f"{name} = {text}", *tags)
        scope.things[name] = kind

    def mutate(self, scope: Holding) -> None:
        kind = self.one([each for each in (NUMBERS, RECORD, OBJECT, *HOLDING) if scope.named(each)])
        found, number = self.thing(scope, kind), self.number(scope)
        i, j = self.place(scope), self.place(scope)
        if kind == NUMBERS:
            form = [f"{found}.append({number})", f"{found}[{i}] = {number}"]
            form += [f"{found}[{i}] += {number}", f"{found}[{i}] *= 0.7", f"{found}.reverse()"]
            form += [f"{found}.insert(0, {number})", f"{found}.extend([{number}, 0.4])"]
            form += [f"{found}[{i}], {found}[{j}] = {found}[{j}], {number}"]
            form += [f"{found}[1:] = [{number}, 0.2, 0.5]"]
            form += [f"{found}.extend({found}[-1] * q for q in (0.5, {number}))"]
            form += [f"{found}.extend(map(lambda q: q * {number}, {found}[:2]))"]
            form += [f"{found}[:] = {self.thing(scope, NUMBERS, 0)}"]
            if self.chance(0.3):  # what is read later may be missing then
                form = [f"del {found}[{i}]", f"{found}.pop()", f"{found}.pop(0)"]
        elif kind == RECORD:
            form = [f'{found}["a"] = {number}', f'{found}["b"] += {number}']
            form += [f'{found}.update({{"a": {number}, "c": 0.6}})', f'{found}["b"] *= 0.7']
            form += [f'{found}["a"], {found}["b"] = {found}["b"], {number}']
            form += [f"spoil({found}, {number})"]
        elif kind == OBJECT:
            items, array = self.thing(scope, NUMBERS, 0), self.own(scope, self.n)
            form = [f"{found}.u = {number}", f"{found}.u += {number}", f"{found}.arr *= 0.8"]
            form += [f"{found}.items.append({number})", f"{found}.arr[{i}] = {number}"]
            form += [f"{found}.step({number})", f"{found}.push({number})", f"{found}.arr = {array}"]
            form += [f"{found}.items = {items}", f"{found}.items[{i}] = {number}"]
        else:
            new = self.thing(scope, HOLDING[kind])
            self.tags.append(KEPT)
            form = [f"{found}.append({new})", f"{found}[{i}] = {new}", f"{found}.insert(0, {new})"]
            form += [f"{found}[0], {found}[1] = {found}[1], {found}[0]", f"{found}.reverse()"]
        self.line(self.one(form), CHANGED)

    def exchange_things(self, scope: Holding) -> None:
        kinds = [kind for kind in set(scope.things.values()) if len(scope.named(kind)) > 1]
        if not kinds:
            self.bind(scope)
            return
        a, b = self.rng.sample(scope.named(self.one(sorted(kinds))), 2)
        self.line(f"{a}, {b} = {b}, {a}", EXCHANGED, *([REBOUND] if self.loops else []))

    def within(self, scope: Holding) -> None:
        """An expression that reads something before and after a part of it is changed."""
        effect, a, b = self.effect(scope), self.number(scope), self.number(scope)
        name = self.one(scope.scalars)
        items = self.thing(scope, NUMBERS, 0)
        text = self.one(
            [
                f"{name} = {a} * 0.5 + {effect} * 0.3 + {b} * 0.2",
                f"{name} = np.sin({effect}) - 0.4 * {b}",
                f"{items}[{self.place(scope)}] += 0.3 * {effect}",
                f"{items}[{self.place(scope)}] = {a} * {effect}",
                f"{items} += [{effect}, {b}]",
                f"{name} = 0.2 * sum([{a}, {effect}, {b}])",
                f"{name} = {a} if {effect} > 0.2 else {b}",
                f"{name} = (t := {a}) * 0.3 + {effect} * t",
                f"{name} = {{'p': {a}, 'q': {effect}, 'r': {b}}}['{self.one('pr')}']",
            ]
        )
        self.line(text, ORDER)

    def add(self, scope: Holding) -> None:
        self.line(f"{self.one(scope.scalars)} += 0.4 * {self.number(scope)}")

    def branch(self, scope: Holding) -> None:
        self.line(f"if {self.question(scope)}:", BRANCH)
        self.block(scope, 2)
        if self.chance(0.5):
            self.emit("else:")
            self.block(scope, 2)

    def missing(self, scope: Holding) -> None:
        """Something that may raise, often after something else has been changed."""
        name, number = self.one(scope.scalars), self.number(scope, 0)
        raising = [f"{self.thing(scope, NUMBERS, 0)}[3]", f"demand({number}, 0.4)"]
        if scope.named(RECORD):
            raising += [f'{self.thing(scope, RECORD, 0)}["c"]'] * 3
        self.emit("try:")
        with self.indented():
            if self.chance(0.3):
                self.mutate(scope)
            self.line(f"{name} = 0.5 * {self.one(raising)} + {self.number(scope, 0)}")
            if self.chance(0.3):
                self.mutate(scope)
        self.emit("except (LookupError, ValueError):")
        with self.indented():
            self.line(f"{name} = {self.number(scope, 0)}", MISSED)
        if self.chance(0.5):
            self.block(scope, 1)
        if self.chance(0.15):
            self.emit("finally:")
            with self.indented():
                self.mutate(scope)

    def repeat(self, scope: Holding) -> None:
        inner = scope.copy()
        self.loops += 1
        held = [name for name, kind in scope.things.items() if kind in HOLDING]
        if held and self.chance(0.4):
            name, each = self.one(held), self.fresh("e")
            part = self.one(["", "[:3]", "[::-1]"])
            self.line(f"for {each} in {name}{part}:", ALIASED)
            if not part:  # the list may grow
                with self.indented():
                    self.emit(f"if len({name}) > 5:")
                    with self.indented():
                        self.emit("break")
            inner.things[each] = HOLDING[scope.things[name]]
        elif scope.named(NUMBERS) and self.chance(0.2):
            each = self.fresh("s")
            self.line(f"for {each} in {self.thing(scope, NUMBERS, 0)}[:4]:")
            inner.scalars.append(each)
        else:
            counter = self.fresh("i")
            self.emit(f"for {counter} in range({self.one(['T', '2', '3', 'len(x)'])}):")
            inner.counters[counter] = 5
        self.block(inner, 3)
        self.loops -= 1

    def quit(self, scope: Holding) -> None:
        self.line(f"if {self.question(scope)}:", BRANCH)
        with self.indented():
            if self.chance(0.5):
                self.mutate(scope)
            leave = self.one([BREAK, CONTINUE])
            self.emit(leave, leave)
        self.mutate(scope)

    # --- the whole

    def function(self) -> str:
        scope = Holding()
        self.frozen = frozenset(["x", "y"])
        scope.vectors |= {"x": self.n, "y": self.n}
        scope.scalars.append("s0")
        self.counts["s"] = 1
        self.emit("s0 = s * 0.5")
        self.base = self.fresh("v")
        self.emit(f"{self.base} = x * 1.0")
        scope.vectors[self.base] = self.n
        for kind in (NUMBERS, self.kind(), self.kind()):
            name = self.fresh("h")
            self.line(f"{name} = {self.made(scope, kind)}")
            scope.things[name] = kind
        while self.budget > 0:
            self.statement(scope)
        self.emit(self.everything(scope))
        return "\n".join(["def f(x, y, A, s, k, T):", *self.lines])

    def everything(self, scope: Holding) -> str:
        """What is returned: something of all that there is."""
        terms = [f"np.sum(W * {self.base} * y)", *scope.scalars, "s * A[0, 0]"]
        whole = {
            NUMBERS: "sum({0}) - 0.3 * {0}[0] * {0}[-1]",
            RECORD: '{0}["a"] * {0}["b"] + 0.2 * sum({0}.values())',
            OBJECT: "{0}.total * {0}.u + np.sum({0}.arr ** 2)",
            "lists": "sum([e[0] - 0.3 * sum(e) for e in {0}])",
            "dicts": 'sum([e["a"] - 0.3 * e["b"] for e in {0}])',
            "objects": "sum([e.u * e.total for e in {0}])",
        }
        for weight, (name, kind) in enumerate(scope.things.items(), 1):
            terms.append(f"0.{weight % 10}7 * ({whole[kind].format(name)})")
        return f"return {' + '.join(terms)}" + (f", ({self.base}, s0)" if self.aux else "")


def containing(seed: int) -> Program:
    """The program of this number."""
    rng = random.Random(f"contain {seed}")
    drawing = Containing(rng)
    return assembled(seed, drawing, drawing.function(), rng, IMPORTS, HELPERS, whole=True)
