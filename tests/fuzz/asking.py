"""Draws expressions that call functions and ask objects, some of which change for that."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from tests.fuzz.classing import Forms, Sort
from tests.fuzz.generate import Programs
from tests.fuzz.grammar import Scope
from tests.fuzz.helping import DISPATCH, GROUP, Call


@dataclass
class Known(Scope):
    """What can be called for a number, for a vector and to write one; objects and lists of them."""

    numbers: list[Call] = field(default_factory=list)
    arrays: list[Call] = field(default_factory=list)
    writers: list[Call] = field(default_factory=list)
    things: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Known:
        return Known(
            **vars(super().copy()),
            numbers=list(self.numbers),
            arrays=list(self.arrays),
            writers=list(self.writers),
            things=dict(self.things),
            groups=dict(self.groups),
        )


class Asking(Programs):
    """Draws expressions that call functions and ask objects."""

    sorts: dict[str, Sort]

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.tags: list[str] = []

    def emit(self, line: str, *tags: str) -> None:
        super().emit(line, *tags, *self.tags)
        self.tags = []

    def filled(self, form: str, scope: Known, thing: str = "", other: str = "") -> str:
        """``form`` with something drawn in each place that is in braces."""

        def drawn(found: re.Match[str]) -> str:
            match found[1]:
                case "o":
                    return thing
                case "p":
                    return other
                case "c" | "d":
                    return self.scalar(scope, self.one([0, 0, 0, 1]))
                case "n":
                    counters = [f"{i} % 3" for i in scope.counters]
                    return self.one(["T", "T", "2", "3", "k[0]", "len(x) - 2", *counters * 3])
                case "i":
                    return self.one(["0", "1", "-1", *(f"{i} % 2" for i in scope.counters)])
                case "v":
                    return self.array(scope)
                case "w":
                    return self.target(scope, 2)[0]
                case "items":
                    items = ", ".join(self.scalar(scope, 0) for _ in range(self.one([2, 3])))
                    return f"[{items}]" if self.chance(0.5) else f"({items})"
                case _:
                    return self.tree(scope, 2)

        return re.sub(r"\{([a-z]+)\}", drawn, form)

    def array(self, scope: Known) -> str:
        """A vector that may be written: a new one, or one that has a name."""
        names = [v for v in self.writable(scope) if scope.vectors[v] == self.n]
        return self.one(names) if names and self.chance(0.5) else self.own(scope, self.n)

    def tree(self, scope: Known, depth: int) -> str:
        kids = [self.tree(scope, depth - 1) for _ in range(self.rng.randint(0, 2) if depth else 0)]
        value = self.scalar(scope, 0)
        return f"Node({value}, [{', '.join(kids)}])" if kids else f"Node({value})"

    def tagged(self, text: str, *tags: str) -> str:
        self.tags.extend(tag for tag in tags if tag)
        return text

    def from_forms(self, forms: Forms, scope: Known, thing: str = "", other: str = "") -> str:
        form = self.one(list(forms))
        return self.tagged(self.filled(form, scope, thing, other), forms[form])

    def scalar(self, scope: Scope, depth: int = 2) -> str:
        if depth and isinstance(scope, Known) and self.chance(0.5):
            return self.asked(scope) if scope.things and self.chance(0.5) else self.called(scope)
        return super().scalar(scope, depth)

    def called(self, scope: Known) -> str:
        """The number that some function gives."""
        form, tags = self.one([*scope.numbers, *scope.numbers[-5:] * 2])
        return self.tagged(self.filled(form, scope), *tags)

    def vector(self, scope: Scope, length: int, depth: int = 2) -> str:
        if depth and isinstance(scope, Known) and scope.arrays and self.chance(0.15):
            if length == self.n:
                form, tags = self.one(scope.arrays)
                return self.tagged(self.filled(form, scope), *tags)
        return super().vector(scope, length, depth)

    # --- objects

    def place(self, scope: Known, cls: str) -> str:
        """Where an object of this class is."""
        groups = [name for name, each in scope.groups.items() if each == cls]
        if groups and self.chance(0.3):
            return self.tagged(f"{self.one(groups)}[{self.filled('{i}', scope)}]", GROUP)
        return self.one([name for name, each in scope.things.items() if each == cls])

    def thing(self, scope: Known, cls: str) -> str:
        """An object of this class."""
        found = self.place(scope, cls)
        derived = self.sorts[cls].derived
        if not derived or self.chance(0.6):
            return found
        return self.from_forms(derived, scope, found, self.place(scope, cls))

    def asked(self, scope: Known) -> str:
        """A number that an object gives, which may change for that."""
        cls = self.one(list(scope.things.values()))
        sort, found = self.sorts[cls], self.thing(scope, cls)
        if self.chance(0.1):
            return self.tagged(f"weigh({found}, {self.scalar(scope, 0)})", DISPATCH)
        forms = sort.effects if sort.effects and self.chance(0.3) else sort.numbers
        return self.from_forms(forms, scope, found, self.place(scope, cls))

    def test(self, scope: Scope) -> str:
        if isinstance(scope, Known) and self.chance(0.4):
            kinds = [cls for cls in set(scope.things.values()) if self.sorts[cls].tests]
            if kinds:
                cls = self.one(sorted(kinds))
                a, b = self.place(scope, cls), self.place(scope, cls)
                return self.from_forms(self.sorts[cls].tests, scope, a, b)
        return super().test(scope)
