"""Random programs mean the same as text and as IR: this is what shows leaving SSA form right."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from srcgrad.backend import emit, load
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, Function, Operand, Var
from srcgrad.ir.types import PY_FLOAT, PY_INT
from tests.backend import interpreter
from tests.backend.building import VECTOR, Builder, stack
from tests.parts import examples

NAMES = ("", "", "x", "y", "h", "np", "lambda")
OPERATORS = (operator.add, operator.sub, math.atan2)  # results stay small
RANGES = ((0, 3, 1), (0, 0, 1), (1, 6, 2), (4, 0, -1), (2, 4, 1))


def scalar(name: str = "") -> Var:
    return Var(name, PY_FLOAT)


class Programs:
    """Draws statements; ``scope`` are the variables that may be read."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.budget = 14

    def pick(self, scope: list[Var]) -> Operand:
        if self.draw(st.integers(0, 7)) == 0:
            return Const(self.draw(st.sampled_from((0.5, -1.0, 2.0))))
        numbers = [var for var in scope if var.type is not VECTOR]
        return self.draw(st.sampled_from(numbers)) if numbers else Const(1.5)

    def array(self, scope: list[Var]) -> Var:
        return self.draw(st.sampled_from([var for var in scope if var.type is VECTOR]))

    def name(self) -> str:
        return self.draw(st.sampled_from(NAMES))

    def statements(self, b: Builder, scope: list[Var], depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 4))):
            if self.budget <= 0:
                return
            self.budget -= 1
            b.line(self.draw(st.integers(1, 3)), "line", self.draw(st.booleans()))
            kinds = ["apply", "apply", "print", "store", "element", "view", "total", "fresh"]
            if depth < 3:
                kinds += ["if", "for", "while", "scan"]
            if depth == 0:
                kinds.append("function")
            getattr(self, self.draw(st.sampled_from(kinds)))(b, scope, depth)

    def apply(self, b: Builder, scope: list[Var], depth: int) -> None:
        op = self.draw(st.sampled_from(OPERATORS))
        args = self.pick(scope), self.pick(scope)
        scope.append(b.add(op, *args, name=self.name(), type=PY_FLOAT))

    def print(self, b: Builder, scope: list[Var], depth: int) -> None:
        scope.append(b.add(LOG.note, self.pick(scope), name=self.name(), type=PY_FLOAT))

    def store(self, b: Builder, scope: list[Var], depth: int) -> None:
        index = self.draw(st.sampled_from((0, -1, slice(0, 2), None)))
        value = self.array(scope) if index is None else self.pick(scope)
        if index is None:
            value = b.add(np.sum, value, type=PY_FLOAT)
        b.store(self.array(scope), index, value, self.draw(st.booleans()))

    def element(self, b: Builder, scope: list[Var], depth: int) -> None:
        index = self.draw(st.sampled_from((0, -1)))
        array = self.array(scope)
        scope.append(b.add(operator.getitem, array, index, name=self.name(), type=PY_FLOAT))

    def view(self, b: Builder, scope: list[Var], depth: int) -> None:
        array = self.array(scope)
        scope.append(b.add(operator.getitem, array, slice(0, 2), name=self.name()))

    def total(self, b: Builder, scope: list[Var], depth: int) -> None:
        scope.append(b.add(np.sum, self.array(scope), name=self.name(), type=PY_FLOAT))

    def fresh(self, b: Builder, scope: list[Var], depth: int) -> None:
        args = self.array(scope), self.pick(scope)
        scope.append(b.add(operator.add, *args, name=self.name()))

    def function(self, b: Builder, scope: list[Var], depth: int) -> None:
        """A nested function, called where it is defined."""
        inner, param = b.inner(), scalar("y")
        own = [*scope, param]
        self.statements(inner, own, depth + 1)
        made = b.define(inner.function("inner", [param], self.pick(own[-3:])))
        args = made, self.pick(scope)
        scope.append(b.add(intrinsics.call, *args, name=self.name(), type=PY_FLOAT))

    def test(self, b: Builder, scope: list[Var]) -> Var:
        return b.add(operator.lt, self.pick(scope), self.pick(scope), type=PY_FLOAT)

    def block(self, b: Builder, scope: list[Var], depth: int, results: int) -> Builder:
        inner = b.inner()
        self.statements(inner, scope, depth + 1)
        return inner

    def results(self, scope: list[Var], count: int) -> list[Operand]:
        # The latest values are the interesting ones.
        recent = scope[-4:]
        return [self.pick(recent) for _ in range(count)]

    def define(self, count: int) -> list[Var]:
        return [scalar(self.name()) for _ in range(count)]

    def __getattr__(self, name: str) -> Any:
        return {"if": self.choose, "for": self.loop, "while": self.repeat}[name]

    def choose(self, b: Builder, scope: list[Var], depth: int) -> None:
        cond = self.test(b, scope)
        targets = self.define(self.draw(st.integers(1, 2)))
        array = [Var(self.name(), VECTOR)] if self.draw(st.booleans()) else []
        arms = []
        for _ in range(2):
            inner, own = b.inner(), list(scope)
            if self.draw(st.booleans()):
                self.statements(inner, own, depth + 1)
            arrays = [self.array(own) for _ in array]
            arms.append(inner.block(*self.results(own, len(targets)), *arrays))
        if self.draw(st.integers(0, 4)) == 0:
            # ``and`` and ``or``
            which = self.draw(st.integers(0, 1))
            results = (cond, *arms[which].results[1:])
            arms[which] = Block((), arms[which].body, results)
        b.branch(cond, *arms, *targets, *array)
        scope.extend((*targets, *array))

    def carried(self, scope: list[Var]) -> tuple[list[Operand], list[Var], list[Var]]:
        count = self.draw(st.integers(1, 3))
        init = [self.pick(scope) for _ in range(count)]
        return init, self.define(count), self.define(count)

    def loop(self, b: Builder, scope: list[Var], depth: int) -> None:
        init, params, targets = self.carried(scope)
        inner, index = b.inner(), Var(self.draw(st.sampled_from(("t", "", "x"))), PY_INT)
        own = [*scope, *params, index]
        self.statements(inner, own, depth + 1)
        results = self.results([*params, *own[-4:]], len(params))
        bounds = self.draw(
            st.sampled_from(((0, 3, 1), (0, 0, 1), (1, 6, 2), (4, 0, -1), (2, 4, 1)))
        )
        body = inner.block(*results, params=(index, *params))
        backward = self.draw(st.booleans())
        b.loop(body, bounds[1], init, targets, (), bounds[0], bounds[2], backward)
        scope.extend(targets)

    def scan(self, b: Builder, scope: list[Var], depth: int) -> None:
        """Two loops, of which the second reads what the first saved."""
        bounds = self.draw(st.sampled_from(RANGES))
        init, params, targets = self.carried(scope)
        inner, index = b.inner(), Var("t", PY_INT)
        own = [*scope, *params, index]
        self.statements(inner, own, depth + 1)
        results = self.results([*params, *own[-4:]], len(params))
        items = [PY_FLOAT, VECTOR][: self.draw(st.integers(1, 2))]
        saves = [stack(item=item) for item in items]
        elements = [*self.results([*params, *own[-4:]], 1), self.array(own)][: len(saves)]
        body = inner.block(*results, *elements, params=(index, *params))
        there = self.draw(st.booleans())
        b.loop(body, bounds[1], init, [*targets, *saves], (), bounds[0], bounds[2], there)
        scope.extend(targets)
        for _ in range(self.draw(st.integers(1, 2))):
            init, params, targets = self.carried(scope)
            inner, index = b.inner(), Var("t", PY_INT)
            read = [Var(self.name(), item) for item in items]
            own = [*scope, *params, index, *read]
            self.statements(inner, own, depth + 1)
            results = self.results([*params, *read, *own[-2:]], len(params))
            body = inner.block(*results, params=(index, *params, *read))
            back = self.draw(st.booleans())
            b.loop(body, bounds[1], init, targets, saves, bounds[0], bounds[2], back)
            scope.extend(targets)

    def repeat(self, b: Builder, scope: list[Var], depth: int) -> None:
        init, params, targets = self.carried(scope)
        tests, before = b.inner(), self.define(len(params))
        counter = (Var("", PY_INT), Var("n", PY_INT), Var("", PY_INT))
        own = [*scope, *before]
        if self.draw(st.booleans()):
            self.apply(tests, own, depth)
        cond = tests.add(operator.lt, counter[0], 3, type=PY_FLOAT)
        if self.draw(st.booleans()):
            other = self.test(tests, own)
            cond = tests.add(operator.and_, cond, other, type=PY_FLOAT)
        inner, own = b.inner(), [*scope, *params]
        self.statements(inner, own, depth + 1)
        after = inner.add(operator.add, counter[1], 1, type=PY_INT)
        results = self.results([*params, *own[-4:]], len(params))
        b.repeat(
            tests.block(cond, params=(counter[0], *before)),
            inner.block(after, *results, params=(counter[1], *params)),
            [Const(0), *init],
            [counter[2], *targets],
        )
        scope.extend(targets)


class Log:
    """An operation with an effect, whose order must be kept."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def note(self, value: float) -> float:
        self.seen.append(value)
        return value * 0.5


LOG = Log()
LOG.note = LOG.note  # one object, which the tables can know by identity


class Shown:
    """A function that reports itself as the text that it became."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def __repr__(self) -> str:
        return emit(self.function, "Doc.").source


@st.composite
def programs(draw: Any) -> Function:
    b = Builder()
    params = [scalar(name) for name in draw(st.permutations(["x", "y", "a"]))]
    params.append(Var("A", VECTOR))
    scope = list(params)
    maker = Programs(draw)
    maker.statements(b, scope, 0)
    results = [maker.pick(scope[-5:]) for _ in range(3)]
    return b.function("f", params, (*results, maker.array(scope), params[-1]))


@settings(
    max_examples=examples(50, 300),
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_random_programs(data: st.DataObject) -> None:
    function = data.draw(programs().map(Shown)).function
    emitted = emit(function, "Doc.")
    made = load(emitted, {}, {}, {}, "random")
    args = (0.5, -0.75, 1.25)
    LOG.seen.clear()
    try:
        expected = interpreter.run(function, *args, np.arange(4.0))
    except TypeError:
        reject()  # the program itself is wrong: it subtracts one of NumPy's booleans
    order = list(LOG.seen)
    LOG.seen.clear()
    with np.errstate(all="ignore"):
        assert repr(made(*args, np.arange(4.0))) == repr(expected), emitted.source
    assert LOG.seen == order, emitted.source
    assert emit(function, "Doc.").source == emitted.source
