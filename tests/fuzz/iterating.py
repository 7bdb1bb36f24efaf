"""Draws programs that iterate over iterators of iterators, and write what those come from.

They are drawn apart from the others, whose texts stay what they are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypeAlias

from tests.fuzz.generate import BREAK, CONTINUE, Program, Programs, assembled
from tests.fuzz.grammar import CONSTANTS, Scope
from tests.fuzz.writes import WRITE

IMPORTS = """\
from functools import reduce
from itertools import accumulate, chain, pairwise, product

import numpy as np"""

NUMBER, VECTOR, INDEX = "number", "vector", "index"
Kind: TypeAlias = str | tuple["Kind", ...]
"""What the elements of an iterable are: one of the words, or tuples of them."""

CHAIN, PAIRWISE, ZIP, ENUMERATE = "chain", "pairwise", "zip", "enumerate"
MAP, GENERATOR, REVERSED, PRODUCT = "map", "generator expression", "reversed", "product"
ACCUMULATE, FOLD, NAMED = "accumulate", "reduce and sum", "iterator with a name"
COMPOSED, CHANGED, LISTED, REBOUND = (
    "iterator of an iterator",
    "loop that writes what it iterates over",
    "element of a list replaced",
    "name rebound",
)
SPELLED = (CHAIN, PAIRWISE, ZIP, ENUMERATE, MAP, REVERSED, PRODUCT, ACCUMULATE)
OCCURRING = (
    CHAIN, PAIRWISE, ZIP, ENUMERATE, MAP, GENERATOR, REVERSED, PRODUCT, ACCUMULATE, FOLD, NAMED,
    COMPOSED, CHANGED, LISTED, REBOUND,
)  # fmt: skip


class Iterating(Programs):
    """Draws statements, loops over iterators among them."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.numbers: dict[str, int] = {}
        self.dicts: list[str] = []
        self.behind: set[str] = set()

    def statement(self, scope: Scope) -> None:
        if self.depth < 4 and self.loops < 2 and self.chance(0.5):
            self.budget -= 1
            self.one([self.over] * 6 + [self.folded] * 2 + [self.container] * 2)(scope)
        else:
            super().statement(scope)

    # --- containers

    def container(self, scope: Scope) -> None:
        """A list of vectors or a dict of them; a list may be one that a loop builds."""
        name, n = self.target(scope)
        if n != self.n or self.chance(0.3):
            names = [v for v in scope.vectors if scope.vectors[v] == self.n]
            name = self.one(names)
        other = self.own(scope, self.n)
        if self.depth == 1 and self.chance(0.3):
            found = self.fresh("D")
            self.emit(f'{found} = {{"a": {name}, "b": {other}}}')
            self.dicts.append(found)
            return
        items = self.fresh("L")
        if self.chance(0.5):
            self.emit(f"{items} = [{name}, {other}, {self.own(scope, self.n)}]")
            scope.lists[items] = (3, self.n)
            return
        counter = self.fresh("i")
        self.emit(f"{items} = []")
        self.emit(f"for {counter} in range(len(x)):")
        with self.indented():
            self.emit(f"{items}.append({name} * np.cos({counter} * {self.one(CONSTANTS)}))")
        scope.lists[items] = (self.n, self.n)

    # --- iterables

    def source(self, scope: Scope, kind: str) -> str:
        """A sequence: what can be iterated over again, and reversed."""
        if kind == NUMBER:
            name = self.one(list(scope.vectors))
            self.behind.add(name)
            choices = [
                *[name] * 5,
                f"{name}[1:]",
                f"{name}[::-1]",
                f"{name}[:{self.rng.randint(1, 2)}]",
                f"np.sin({name})",
                f"[{name}[0], {self.scalar(scope, 1)}, {self.scalar(scope, 0)}]",
                f"({self.scalar(scope, 1)}, {name}[-1])",
            ]
            for m in scope.matrices:
                choices += [f"{m}[0]", f"{m}[:, {self.index(scope, self.n)}]", f"{m}.reshape(-1)"]
            return self.one(choices)
        same = [v for v in scope.vectors if scope.vectors[v] == self.n]
        a, b = self.one(same), self.one(same)
        choices = [f"[{a}, {b}]", f"[{a}, {b} * 0.5]", f"({a}, {self.own(scope, self.n)})"]
        for items, (_, n) in scope.lists.items():
            if n == self.n:
                choices += [items] * 4 + [f"{items}[1:]", f"{items} + [{a}]"]
        for m in scope.matrices:
            choices += [m, m, m, f"{m}[::-1]", f"{m}[1:]", f"list({m})"]
        for d in self.dicts:
            choices += [f"{d}.values()"] * 3
        found = self.one(choices)
        self.behind.update(v for v in (*same, *scope.matrices, *scope.lists) if v in found)
        return found

    def iterable(self, scope: Scope, depth: int) -> tuple[str, Kind]:
        """An iterable, and what its elements are."""
        if depth == 0:
            kind = self.one([NUMBER, NUMBER, VECTOR])
            return self.source(scope, kind), kind
        text, kind = self.iterable(scope, depth - 1)
        which = self.rng.randrange(13)
        if which <= 2:
            return self.chained(scope, text, kind, depth - 1), kind
        if which <= 4:
            return f"pairwise({text})", (kind, kind)
        if which == 5:
            other, second = self.iterable(scope, depth - 1)
            return f"zip({text}, {other})", (kind, second)
        if which == 6:
            return f"enumerate({text})", (INDEX, kind)
        if which == 7:
            wanted = self.one([NUMBER, VECTOR])
            return f"reversed({self.source(scope, wanted)})", wanted
        if which == 8:
            first, second = self.one([NUMBER, VECTOR]), self.one([NUMBER, VECTOR])
            return f"product({self.source(scope, first)}, {self.source(scope, second)})", (
                first,
                second,
            )
        if which == 9 and not isinstance(kind, tuple) and kind != INDEX:
            return f"accumulate({text})", kind
        if which == 10:
            return f"{self.one(['list', 'tuple'])}({text})", kind
        return self.computed(scope, text, kind)

    def chained(self, scope: Scope, text: str, kind: Kind, depth: int) -> str:
        others = [text, self.like(scope, kind, depth)]
        self.rng.shuffle(others)
        forms = ["chain({0}, {1})"] * 3 + ["chain.from_iterable([{0}, {1}])", "chain({0})"]
        return self.one(forms).format(*others)

    def like(self, scope: Scope, kind: Kind, depth: int) -> str:
        """An iterable with elements of this kind."""
        if isinstance(kind, tuple):
            first, second = kind
            if first == INDEX:
                return f"enumerate({self.like(scope, second, depth)})"
            if first == second and self.chance(0.5):
                return f"pairwise({self.like(scope, first, depth)})"
            return f"zip({self.like(scope, first, depth)}, {self.like(scope, second, depth)})"
        if kind == INDEX:
            return f"range({self.rng.randint(1, 3)})"
        text = self.source(scope, kind)
        if depth <= 0 or self.chance(0.4):
            return text
        return self.computed(scope, text, kind)[0]

    def computed(self, scope: Scope, text: str, kind: Kind) -> tuple[str, Kind]:
        """A ``map`` or a generator expression of numbers or vectors."""
        leaves: list[tuple[str, str]] = []
        if self.chance(0.5):
            q = self.fresh("q")
            leaves = list(_paths(q, kind))
            element, made = self.element_of(scope, leaves)
            return f"map(lambda {q}: {element}, {text})", made
        pattern = self.pattern(kind, leaves)
        element, made = self.element_of(scope, leaves)
        numbers = [name for name, each in leaves if each == NUMBER]
        test = f" if {self.one(numbers)} < 0.9" if numbers and self.chance(0.3) else ""
        return f"({element} for {pattern} in {text}{test})", made

    def element_of(self, scope: Scope, leaves: list[tuple[str, str]]) -> tuple[str, Kind]:
        numbers = [name for name, kind in leaves if kind == NUMBER] or [self.one(scope.scalars)]
        vectors = [name for name, kind in leaves if kind == VECTOR]
        a, b = self.one(numbers), self.one(numbers)
        other, name = self.one(list(scope.vectors)), self.one(scope.scalars)
        if vectors and self.chance(0.6):
            v, w = self.one(vectors), self.one(vectors)
            form = [
                "np.sin({v}) * {a}",
                "{v} * {w} * 0.5",
                "{v}",
                "{v}[::-1]",
                "{v} + {o}[0]",
                "{v} * {s}",
            ]
            return self.one(form).format(a=a, v=v, w=w, o=other, s=name), VECTOR
        if vectors and self.chance(0.6):
            a = f"np.sum({self.one(vectors)}) * 0.3"
        form = [
            "np.sin({a})",
            "{a} * {b}",
            "{a} * {o}[0]",
            "{a}",
            "{a} - 0.3 * {o}[-1]",
            "{a} * {s}",
        ]
        return self.one(form).format(a=a, b=b, o=other, s=name), NUMBER

    def pattern(self, kind: Kind, leaves: list[tuple[str, str]], inner: bool = False) -> str:
        """The target of a loop; its names and what they are go to ``leaves``."""
        if isinstance(kind, tuple):
            parts = ", ".join(self.pattern(part, leaves, True) for part in kind)
            return f"({parts})" if inner else parts
        name = self.fresh({NUMBER: "e", VECTOR: "h", INDEX: "j"}[kind])
        leaves.append((name, kind))
        return name

    def start(self, scope: Scope) -> tuple[str, Kind]:
        self.behind = set()
        return self.iterable(scope, self.one([1, 1, 1, 2, 2, 3]))

    # --- statements

    def over(self, scope: Scope) -> None:
        """A loop over an iterator, most often one that writes."""
        text, kind = self.start(scope)
        if self.chance(0.25):
            name = self.fresh("it")
            self.emit(f"{name} = {text}", NAMED, *_constructs(text))
            if self.chance(0.5):
                self.write(scope)
            text = name
        leaves: list[tuple[str, str]] = []
        if self.chance(0.15):
            text, kind = f"enumerate({text})", (INDEX, kind)
        self.emit(f"for {self.pattern(kind, leaves)} in {text}:", *_constructs(text))
        inner = scope.copy()
        numbers = [name for name, each in leaves if each == NUMBER]
        vectors = [name for name, each in leaves if each == VECTOR]
        self.loops += 1
        with self.indented():
            self.take(inner, numbers, vectors)
            inner.scalars += numbers
            inner.vectors |= dict.fromkeys(vectors, self.n)
            for _ in range(self.one([1, 1, 2])):
                self.change(inner, vectors)
            if self.chance(0.15):
                self.emit(f"if {self.test(inner)}:")
                with self.indented():
                    leave = self.one([BREAK, CONTINUE])
                    self.emit(leave, leave)
                self.change(inner, vectors)
            if self.chance(0.2):
                self.statement(inner)
        self.loops -= 1

    def take(self, scope: Scope, numbers: list[str], vectors: list[str]) -> None:
        """Adds something of each element to a number."""
        terms = [f"np.sin({name})" for name in numbers]
        terms += [f"np.sum({name} * np.cos({name}))" for name in vectors]
        if not terms:
            terms = [f"0.2 * {self.scalar(scope, 0)}"]
        self.emit(f"{self.one(scope.scalars)} += 0.2 * ({' - '.join(terms)})")

    def change(self, scope: Scope, vectors: list[str]) -> None:
        """A write, most often into what is iterated over."""
        kind = self.rng.randrange(12)
        writable = set(self.writable(scope))
        mine = sorted(self.behind & writable)
        own = [v for v in vectors if v in writable and self.loops]
        if kind <= 3 and mine:
            name = self.one(mine)
            with self.tagged(CHANGED):
                self.write_vector(scope, name, scope.vectors[name])
        elif kind == 4 and own:
            name = self.one(own)
            self.emit(f"{name} *= {self.one([*CONSTANTS, self.scalar(scope, 0)])}", WRITE, CHANGED)
        elif kind in (5, 10, 11) and scope.lists:
            items = self.one(list(scope.lists))
            count, n = scope.lists[items]
            i = self.index(scope, count)
            self.emit(f"{items}[{i}] = {self.own(scope, n)}", LISTED)
        elif kind == 6 and self.dicts:
            self.emit(f'{self.one(self.dicts)}["{self.one("ab")}"] = {self.own(scope, self.n)}')
        elif kind == 7 and mine:
            name = self.one(mine)
            self.emit(f"{name} = {self.own(scope, scope.vectors[name])}", REBOUND)
        elif kind == 8 and scope.lists:
            self.write_list(scope, self.one(list(scope.lists)))
        elif kind == 9 and scope.matrices:
            self.write_matrix(scope)
        else:
            self.write(scope)

    def tagged(self, tag: str) -> _Tagged:
        return _Tagged(self, tag)

    def folded(self, scope: Scope) -> None:
        """What uses up an iterator where it stands."""
        text, kind = self.start(scope)
        leaves: list[tuple[str, str]] = []
        tags = [FOLD, *_constructs(text)]
        if kind == NUMBER:
            form = self.one(
                [
                    "sum({})",
                    "max({})",
                    "np.sum(list({}))",
                    "reduce(lambda p, q: np.sin(p) + 0.5 * q, {})",
                    "np.array(list({})).mean()",
                    "sum([0.5 * q for q in {}])",
                ]
            ).format(text)
            name = self.fresh("s")
            self.emit(f"{name} = 0.2 * {form}", *tags)
            scope.scalars.append(name)
        elif kind == VECTOR:
            form = self.one(
                [
                    "np.sum(list({}), axis=0)",
                    "sum({})",
                    "reduce(lambda p, q: p * 0.5 + np.sin(q), {})",
                    "np.stack(list({})).mean(axis=0)",
                ]
            ).format(text)
            name = self.fresh("v")
            self.emit(f"{name} = 0.3 * {form}", *tags)
            scope.vectors[name] = self.n
        else:
            pattern = self.pattern(kind, leaves)
            element, made = self.element_of(scope, leaves)
            name, items = self.fresh("s"), self.fresh("k")
            self.emit(f"{items} = [{element} for {pattern} in {text}]", *tags)
            self.change(scope, [])
            self.emit(f"{name} = 0.1 * np.sum({items})")
            scope.scalars.append(name)


def _constructs(text: str) -> list[str]:
    """The constructs that are in the text of an iterable."""
    found = [name for name in SPELLED if f"{name}(" in text]
    found += [CHAIN] if "chain.from" in text and CHAIN not in found else []
    found += [GENERATOR] if " for " in text else []
    count = sum(text.count(f"{name}(") for name in SPELLED) + text.count(" for ")
    return found + ([COMPOSED] if count > 1 else [])


class _Tagged:
    """Adds a construct to the lines that are emitted meanwhile."""

    def __init__(self, drawing: Iterating, tag: str) -> None:
        self.drawing, self.tag = drawing, tag

    def __enter__(self) -> None:
        self.plain = self.drawing.emit

        def emit(line: str, *tags: str) -> None:
            self.plain(line, *tags, self.tag)

        self.drawing.emit = emit  # type: ignore[method-assign]

    def __exit__(self, *raised: object) -> None:
        del self.drawing.emit


def _paths(name: str, kind: Kind) -> Iterator[tuple[str, str]]:
    """How the numbers and vectors in an element are read."""
    if isinstance(kind, tuple):
        for i, part in enumerate(kind):
            yield from _paths(f"{name}[{i}]", part)
    else:
        yield name, kind


def iterating(seed: int) -> Program:
    """The program of this number."""
    rng = random.Random(f"iterate {seed}")
    drawing = Iterating(rng)
    return assembled(seed, drawing, drawing.function(), rng, IMPORTS)
