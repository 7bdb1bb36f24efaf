"""Draws programs about functions and classes.

Functions close over what is bound anew and written later, are kept, returned, handed on, decorated
and called again, call themselves, and write into what they are given; objects have methods,
operators and properties, several names, and classes above them.  Drawn apart from the others, whose
texts stay what they are.
"""

from __future__ import annotations

import random
import re

from tests.fuzz.asking import Asking, Known
from tests.fuzz.classing import INSTANCES, classes
from tests.fuzz.generate import BRANCH, Program, assembled
from tests.fuzz.grammar import Scope
from tests.fuzz.helping import (
    ALWAYS,
    CLOSURE,
    DECORATED,
    EARLY,
    EFFECT,
    FUNCTIONS,
    GROUP,
    HANDED,
    HERE,
    IMPORTS,
    IN_LOOP,
    ITSELF,
    LATE,
    ORDER,
    OWN_NAME,
    PARTIAL,
    RETURNED,
    TABLE,
    WRITES,
    helpers,
)  # fmt: skip
from tests.fuzz.recursing import MUTUAL, RECURSIONS, recursions

OCCURRING = (*FUNCTIONS, *RECURSIONS, *INSTANCES)


class Calling(Asking):
    """Draws statements that define and call functions, and that make and change objects."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.budget = rng.choice([4, 5, 6, 7, 8, 10])
        self.sorts = classes(rng, rng.choice([1, 2, 2, 3]))
        self.recursions = recursions(rng, rng.choice([2, 3, 3, 4]))

    def statement(self, scope: Scope) -> None:
        assert isinstance(scope, Known)
        if self.chance(0.25):
            super().statement(scope)
            return
        self.budget -= 1
        kinds = {
            self.define: 4, self.define_writer: 2, self.made_in_a_loop: 2, self.collect: 1,
            self.derive: 3, self.write_by: 3, self.give_back: 2, self.ordered: 3, self.here: 2,
            self.factory: 2, self.make: 3, self.change: 9, self.group: 1, self.rebind: 2,
            self.assign: 2,
        }  # fmt: skip
        if self.depth < 4:
            kinds |= {self.branch: 3}
            kinds |= {self.repeat: 4} if self.loops < 2 else {}
        (draw,) = self.rng.choices(list(kinds), list(kinds.values()))
        draw(scope)

    # --- functions

    def expression(self, scope: Known, q: str) -> str:
        """A number that depends on ``q`` and on what is around."""
        around = self.scalar(scope, 1)
        return self.one(
            [f"np.sin({q}) * {around}", f"{q} * 0.5 + {around}", f"np.tanh({q} * {around})"]
        )

    def define(self, scope: Known) -> None:
        """A function of a number, and a change of what it reads before it is called."""
        name, tags = self.fresh("fn"), [CLOSURE]
        inner = scope.copy()
        inner.scalars.append("q")
        early = ""
        if self.chance(0.4):
            early, tags = f", w={self.scalar(scope, 1)}", [CLOSURE, EARLY]
            inner.scalars.append("w")
        elif self.chance(0.3):
            kept, n = self.target(scope)
            early, tags = f", w=0.4, a={kept}", [CLOSURE, EARLY]
            inner.vectors["a"] = n
        if self.chance(0.4):
            self.emit(f"{name} = lambda q{early}: {self.expression(inner, 'q')}", *tags)
        else:
            if self.chance(0.3):
                self.emit(self.one(["@damped", "@scaled(0.7)"]), DECORATED)
            self.emit(f"def {name}(q{early}):", *tags)
            with self.indented():
                self.body(inner)
        self.know(scope, name, early)
        if self.chance(0.6):
            self.rebind(scope)
        self.emit(f"{self.one(scope.scalars)} += 0.3 * {name}({self.scalar(scope, 0)})")

    def body(self, scope: Known) -> None:
        """The statements of a function of ``q``."""
        if self.chance(0.4):
            target, n = self.target(scope)
            at = f"{target}[{self.index(scope, n)}]"
            self.emit(f"{at} {self.one(['=', '+=', '*='])} {self.scalar(scope, 1)}", WRITES)
        if self.chance(0.3):
            self.emit(f"if {self.test(scope)}:", BRANCH)
            with self.indented():
                self.emit(f"return {self.expression(scope, 'q')}")
        if self.chance(0.3):
            self.emit(f"for j in range({self.one(['2', 'T', 'len(x)'])}):")
            with self.indented():
                self.emit(f"q = {self.expression(scope, 'q')}")
        self.emit(f"return {self.expression(scope, 'q')}")

    def know(self, scope: Known, name: str, early: str = "") -> None:
        """From now on the function of this name can be called."""
        forms = [
            (f"{name}({{c}})", (CLOSURE,)),
            (f"{name}({{c}})", (CLOSURE,)),
            (f"twice({name}, {{c}})", (HANDED,)),
            (f"fold({name}, [{{c}}, {{d}}])", (HANDED,)),
            (f"sum(map({name}, [{{c}}, {{d}}]))", (HANDED,)),
            (f"scaled(0.4)({name})({{c}})", (DECORATED, HANDED)),
        ]
        if early:
            forms += [(f"{name}({{c}}, {{d}})", (EARLY,)), (f"{name}(w={{c}}, q={{d}})", (EARLY,))]
        scope.numbers += forms

    def rebind(self, scope: Known) -> None:
        """Something that functions may have closed over is bound anew, or written."""
        kind = self.rng.randrange(3)
        if kind == 0:
            self.emit(f"{self.one(scope.scalars)} = {self.scalar(scope, 1)}", LATE)
            return
        name, n = self.target(scope)
        if kind == 1:
            self.emit(f"{name} = {self.own(scope, n)}", LATE)
        else:
            self.emit(f"{name}[{self.index(scope, n)}] = {self.scalar(scope, 1)}", LATE)

    def define_writer(self, scope: Known) -> None:
        """A function that writes into the vector that it is given."""
        name = self.fresh("put")
        early = f"={self.scalar(scope, 1)}" if self.chance(0.5) else ""
        self.emit(f"def {name}(a, c{early}):", CLOSURE, *([EARLY] if early else []))
        inner = scope.copy()
        inner.vectors["a"] = self.n
        inner.scalars.append("c")
        with self.indented():
            self.write_vector(inner, "a", self.n)
            if self.chance(0.3):
                self.emit(f"if {self.test(inner)}:", BRANCH)
                with self.indented():
                    self.emit("return")
            if self.chance(0.6):
                self.write_vector(inner, "a", self.n)
        scope.writers.append((f"{name}({{w}}, {{c}})", (EFFECT,)))
        scope.writers += [(f"{name}({{w}})", (EFFECT, EARLY))] if early else []
        self.write_by(scope)

    def made_in_a_loop(self, scope: Known) -> None:
        """Functions of a loop's variable: of its last value, or each of its own."""
        name, i = self.fresh("fns"), self.fresh("i")
        inner = scope.copy()
        inner.counters[i] = 3
        inner.scalars.append("q")
        own = self.one(["", f", {i}={i}", f", {i}={i}"])
        made = f"lambda q{own}: {self.expression(inner, 'q')} + 0.1 * {i} * q"
        tags = [IN_LOOP, CLOSURE, TABLE, *([EARLY] if own else [])]
        if self.chance(0.4):
            self.emit(f"{name} = [{made} for {i} in range(3)]", *tags)
        else:
            found, self.tags = self.tags, []
            self.emit(f"{name} = []")
            self.emit(f"for {i} in range(3):")
            with self.indented():
                self.emit(f"{name}.append({made})", *tags, *found)
        self.table(scope, name, ["0", "1", "-1"])

    def collect(self, scope: Known) -> None:
        """A list, a tuple or a dictionary of functions."""
        name = self.fresh("fns")
        inner = scope.copy()
        inner.scalars.append("q")
        first = [form.partition("(")[0] for form, _ in scope.numbers if re.match(r"fn\d+\(", form)]
        a = self.one(first) if first else "wave"
        b = f"lambda q: {self.expression(inner, 'q')}"
        form, keys = self.one(
            [("[{}, {}]", "01"), ("({}, {})", "01"), ('{{"a": {}, "b": {}}}', "ab")]
        )
        self.emit(f"{name} = {form.format(a, b)}", TABLE, CLOSURE)
        if keys == "ab":
            scope.numbers += [(f'{name}["{key}"]({{c}})', (TABLE,)) for key in keys]
            scope.numbers.append((f"sum([fn({{c}}) for fn in {name}.values()])", (TABLE,)))
        else:
            self.table(scope, name, list(keys))

    def table(self, scope: Known, name: str, keys: list[str]) -> None:
        scope.numbers += [(f"{name}[{key}]({{c}})", (TABLE,)) for key in keys]
        scope.numbers.append((f"0.4 * sum([fn({{c}}) for fn in {name}])", (TABLE,)))
        if self.chance(0.5):
            number = self.one(scope.scalars)
            self.emit(f"for fn in {name}:", TABLE)
            with self.indented():
                self.emit(f"{number} = 0.5 * fn({number}) + 0.2")

    def derive(self, scope: Known) -> None:
        """A function that another one gives."""
        name = self.fresh("fn")
        form, tag = self.one(
            [
                ("line({c}, {d})", RETURNED),
                ("keeper({c})", RETURNED),
                ("functools.partial(blend, {c}, w={d})", PARTIAL),
                ("functools.partial(blend, {c}, {d}, extra={c})", PARTIAL),
                ("damped(line({c}, {d}))", DECORATED),
                ("functools.partial(lambda c, q: c * q, {c})", PARTIAL),
            ]
        )
        self.emit(f"{name} = {self.filled(form, scope)}", tag)
        self.know(scope, name)
        if self.chance(0.5):
            self.rebind(scope)

    def here(self, scope: Known) -> None:
        """A local function that calls itself, and reads what is bound anew later.

        It changes no object: of such a function that is refused.
        """
        name = self.fresh("go")
        inner = scope.copy()
        inner.scalars.append("q")
        inner.numbers, inner.things = list(ALWAYS), {}
        names = [name, self.fresh("go")] if self.chance(0.3) else [name]
        for each, again in zip(names, reversed(names), strict=True):
            self.emit(f"def {each}(q, n):", HERE, CLOSURE, *([MUTUAL] if each != again else []))
            with self.indented():
                self.emit("if n <= 0:")
                with self.indented():
                    self.emit(f"return {self.expression(inner, 'q')}")
                step = self.expression(inner, "q")
                self.emit(f"return 0.6 * {again}({step}, n - 1) + {self.scalar(inner, 1)}")
        for again in range(self.one([1, 2, 2])):
            if again or self.chance(0.6):
                self.rebind(scope)
            call = self.filled(f"{name}({{c}}, {{n}})", scope)
            self.emit(f"{self.one(scope.scalars)} += 0.3 * {call}", HERE)
        scope.numbers += [(f"{name}({{c}}, {{n}})", (HERE,))] * 2

    def factory(self, scope: Known) -> None:
        """A local function that makes functions, which keep what they are called with."""
        name, maker = self.fresh("fn"), self.fresh("make")
        inner = scope.copy()
        inner.scalars += ["c", "p", "box[0]"]
        self.emit(f"def {maker}(c):")
        with self.indented():
            self.emit(f"p, box = {self.expression(scope, 'c')}, [c, 0.3]")
            self.emit("def inner(q):", CLOSURE)
            with self.indented():
                if self.chance(0.6):
                    self.emit(f"box[0] = {self.expression(inner, 'q')}", WRITES)
                self.emit(f"return {self.expression(inner, 'q')}")
            if self.chance(0.4):
                self.emit(f"p = {self.scalar(inner, 1)}", LATE)
            self.emit("return inner")
        self.emit(f"{name} = {maker}({self.scalar(scope, 1)})", RETURNED)
        self.know(scope, name)
        if self.chance(0.5):
            other = self.fresh("fn")
            self.emit(f"{other} = {maker}({name}({self.scalar(scope, 0)}))", RETURNED)
            self.know(scope, other)

    def write_by(self, scope: Known) -> None:
        """A vector is written by a function that gives nothing."""
        form, tags = self.one(scope.writers)
        names = [v for v in self.writable(scope) if scope.vectors[v] == self.n]
        form = form.replace("{w}", self.one(names))
        self.emit(self.filled(form, scope), *tags)

    def give_back(self, scope: Known) -> None:
        """A second name for a vector, or for a part of it, that a function gives."""
        name, n = self.target(scope, 2)
        other, by = self.fresh("b"), self.one(["itself", "tail"])
        self.emit(f"{other} = {by}({name}, {self.scalar(scope, 1)})", ITSELF)
        scope.vectors[other] = n if by == "itself" else n - 1
        first, second = (name, other) if self.chance(0.5) else (other, name)
        self.write_vector(scope, first, scope.vectors[first])
        if self.chance(0.4):
            self.write_vector(scope, second, scope.vectors[second])

    # --- objects

    def make(self, scope: Known) -> None:
        cls = self.one(list(self.sorts))
        same = [name for name, each in scope.things.items() if each == cls]
        name = self.fresh("h")
        if same and self.chance(0.5):
            self.emit(f"{name} = {self.one(same)}", OWN_NAME)
        elif same and self.chance(0.5):
            self.emit(f"{name} = {self.thing(scope, cls)}")
        else:
            self.emit(f"{name} = {self.from_forms(self.sorts[cls].made, scope)}")
        scope.things[name] = cls

    def change(self, scope: Known) -> None:
        cls = self.one(list(scope.things.values()))
        place, other = self.place(scope, cls), self.place(scope, cls)
        self.emit(self.from_forms(self.sorts[cls].changes, scope, place, other))

    def group(self, scope: Known) -> None:
        """A list of objects, which is looped over."""
        cls = self.one(list(scope.things.values()))
        name, each = self.fresh("hs"), self.fresh("e")
        self.emit(f"{name} = [{self.thing(scope, cls)}, {self.place(scope, cls)}]", GROUP)
        scope.groups[name] = cls
        self.emit(f"for {each} in {name}:", GROUP)
        inner = scope.copy()
        inner.things[each] = cls
        self.loops += 1
        with self.indented():
            form = self.from_forms(self.sorts[cls].changes, scope, each, self.place(scope, cls))
            self.emit(form)
        self.block(inner, 1)
        self.loops -= 1

    def ordered(self, scope: Known) -> None:
        """An expression that reads something before and after a part of it has changed that."""
        cls = self.one(list(scope.things.values()))
        sort, place = self.sorts[cls], self.place(scope, cls)
        name, effects = self.one(scope.scalars), sort.effects or sort.numbers
        read = self.from_forms(sort.numbers, scope, place, place)
        effect = self.from_forms(effects, scope, place, place)
        after = self.from_forms(sort.numbers, scope, place, place)
        if self.chance(0.3):
            effect = self.called(scope)
        self.emit(
            self.one(
                [
                    f"{name} = {read} * 0.5 + {effect} * 0.3 - {after}",
                    f"{name} = blend({read}, {effect}, {after})",
                    f"{name} = [{read}, {effect}, {after}][0] - 0.3 * {effect}",
                    f"{name} += {effect} * {after}",
                    f"{name} = {read} if {effect} > 0.2 else {after}",
                ]
            ),
            ORDER,
        )

    # --- around them

    def branch(self, scope: Known) -> None:
        self.emit(f"if {self.test(scope)}:", BRANCH)
        self.block(scope, 2)
        if self.chance(0.4):
            self.emit("else:")
            self.block(scope, 2)

    def repeat(self, scope: Known) -> None:
        counter = self.fresh("i")
        inner = scope.copy()
        self.emit(f"for {counter} in range({self.one(['T', '2', '3', 'len(x)'])}):")
        inner.counters[counter] = 5
        self.loops += 1
        self.block(inner, 3)
        self.loops -= 1

    # --- the whole

    def function(self) -> str:
        scope = Known(numbers=list(ALWAYS))
        self.frozen = frozenset(["x", "y"])
        scope.vectors |= {"x": self.n, "y": self.n}
        scope.scalars += ["s0", "s1"]
        self.counts["s"] = 2
        self.emit("s0 = s * 0.5")
        self.emit("s1 = x[0] * A[0, 0]")
        self.base = self.fresh("v")
        self.emit(f"{self.base} = x * 1.0")
        other = self.fresh("v")
        self.emit(f"{other} = np.sin(y)")
        scope.vectors |= {self.base: self.n, other: self.n}
        scope.writers += [("stir({w})", (EFFECT,)), ("stir({w}, {c})", (EFFECT,))]
        for each in self.recursions:
            scope.numbers += [(form, each.tags) for form in each.numbers] * 3
            scope.arrays += [(form, each.tags) for form in each.vectors]
            scope.writers += [(form, each.tags) for form in each.statements] * 2
        for cls, sort in self.sorts.items():
            name = self.fresh("h")
            self.emit(f"{name} = {self.from_forms(sort.made, scope)}")
            scope.things[name] = cls
        while self.budget > 0:
            self.statement(scope)
        self.emit(self.everything(scope))
        return "\n".join(["def f(x, y, A, s, k, T):", *self.lines])

    def everything(self, scope: Known) -> str:
        """What is returned: something of all that there is."""
        terms = [f"np.sum(W * {self.base} * y)", *scope.scalars, "s * A[0, 0]"]
        terms += [f"0.4 * np.sum({name} ** 2)" for name in scope.vectors]
        for weight, (name, cls) in enumerate(scope.things.items(), 1):
            end = self.sorts[cls].end.replace("{o}", name)
            terms.append(f"0.{weight % 10}7 * ({end})")
        return f"return {' + '.join(terms)}" + (f", ({self.base}, s0)" if self.aux else "")


def calling(seed: int) -> Program:
    """The program of this number."""
    rng = random.Random(f"call {seed}")
    drawing = Calling(rng)
    function = drawing.function()
    return assembled(
        seed, drawing, function, rng, IMPORTS, helpers(rng, drawing.sorts, drawing.recursions)
    )
