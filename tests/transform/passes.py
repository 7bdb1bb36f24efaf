"""What the tests of the passes share: each stage of a compilation, and programs made by hand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import pipeline
from srcgrad.ir.nodes import Apply, Function, Store, Var
from srcgrad.ir.types import BOOL, FLOAT64, PY_BOOL, PY_FLOAT, PY_INT, Array, Length, Symbol, Type
from srcgrad.ir.verifier import verify
from srcgrad.ir.walk import statements
from srcgrad.request import Mode, Request
from tests.backend import building, interpreter

N = Length(Symbol(not_one=True))
VECTOR = Array(FLOAT64, (N,))
MATRIX = Array(FLOAT64, (N, N))
MASK = Array(BOOL, (N,))
Pass = Callable[[Function], Function]


class Builder(building.Builder):
    """Collects the statements of one block, whose results are vectors of one length."""

    def add(self, op: Any, *args: Any, name: str = "", type: Type = VECTOR, **kwargs: Any) -> Var:
        return super().add(op, *args, name=name, type=type, **kwargs)

    def inner(self) -> Builder:
        return Builder(self.at)


def vector(name: str = "") -> Var:
    return Var(name, VECTOR)


def number(name: str = "") -> Var:
    return Var(name, PY_FLOAT)


def flag(name: str = "") -> Var:
    return Var(name, PY_BOOL)


def integer(name: str = "") -> Var:
    return Var(name, PY_INT)


def adjoint(line: int = 1) -> Builder:
    """A builder of statements that belong to an adjoint."""
    builder = Builder()
    builder.line(line, adjoint=True)
    return builder


def made(builder: Builder, params: list[Var], *results: Any) -> Function:
    """The function of ``builder``'s statements, verified."""
    result: Any = results[0] if len(results) == 1 else tuple(results)
    function = builder.function("f", params, result)
    verify(function, "typed")
    return function


def after(step: Pass, function: Function) -> Function:
    """What ``step`` makes of a function, verified."""
    result = step(function)
    verify(result, "typed")
    return result


def same_values(step: Pass, function: Function, *args: Any) -> Function:
    """``step(function)``, which gives for ``args`` what ``function`` does."""
    result = after(step, function)
    want = interpreter.run(function, *map(np.copy, args))
    got = interpreter.run(result, *map(np.copy, args))
    assert_equal(got, want)
    return result


def assert_equal(got: Any, want: Any, rtol: float = 1e-12) -> None:
    if isinstance(want, tuple | list):
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            assert_equal(a, b, rtol)
    else:
        np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-13)


def every(function: Function, kind: type = Apply) -> list[Any]:
    return [stmt for stmt in statements(function.body.body) if isinstance(stmt, kind)]


def ops(function: Function) -> list[Any]:
    """The operations of a function, in order."""
    return [stmt.op for stmt in every(function)]


def count(function: Function, op: Any) -> int:
    return ops(function).count(op)


def stores(function: Function) -> list[Store]:
    return every(function, Store)


class Stages:
    """One compilation: the output of each pass, and how to run it."""

    def __init__(
        self, f: Any, *args: Any, wrt: int | tuple[int, ...] = 0, mode: Mode = Mode.GRAD
    ) -> None:
        self.args = args
        self.names = list(inspect.signature(f).parameters)
        self.outputs: list[tuple[str, Function]] = []
        verifying = pipeline.observer
        assert verifying is not None

        def observe(name: str, function: Function) -> None:
            verifying(name, function)
            self.outputs.append((name, function))

        request = Request(mode, wrt)
        chosen = tuple(self.names[i] for i in request.positions)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline, "observer", observe)
            arguments = dict(zip(self.names, args, strict=True))
            self.derivative = pipeline.differentiate(f, request, arguments, chosen)
        program = self.derivative.program.with_rules()
        scope = {**f.__globals__, **inspect.getclosurevars(f).nonlocals}
        self.outside = {var: eval(text, scope) for var, text in program.places.items()}

    def __getitem__(self, name: str) -> Function:
        """What the last pass of this name gave."""
        return [function for known, function in self.outputs if known == name][-1]

    @property
    def lean(self) -> Function:
        return self.derivative.lean

    @property
    def adjoint(self) -> Function:
        return self.derivative.adjoint

    def run(self, function: Function) -> Any:
        args = [np.copy(a) if isinstance(a, np.ndarray) else a for a in self.args]
        with np.errstate(all="ignore"):
            return interpreter.run(function, *args, outside=self.outside)

    def simplified(self) -> Iterator[tuple[str, Function]]:
        """The outputs of the passes that run after reversing."""
        names = [name for name, _ in self.outputs]
        yield from self.outputs[names.index("reverse") + 1 :]


def arrays(gradient: Any) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for item in gradient if isinstance(gradient, tuple | list) else [gradient]:
        if isinstance(item, tuple | list):
            found.extend(arrays(item))
        elif isinstance(item, np.ndarray):
            found.append(item)
    return found


def numeric(f: Any, args: tuple[Any, ...], i: int, step: float = 1e-6) -> Any:
    """The gradient of ``f`` with respect to argument ``i``, by central differences."""
    x = np.asarray(args[i], float)
    result = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * step
            ends.append(f(*args[:i], moved if x.ndim else float(moved), *args[i + 1 :]))
        result[place] = (ends[0] - ends[1]) / (2 * step)
    return result


def check_gradient(df: Any, f: Any, *args: Any, wrt: tuple[int, ...] = (0,)) -> tuple[Any, ...]:
    """Calls a gradient of several arguments; each part is right and in memory of its own."""
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
    gradient = df(*args)
    assert_equal(list(args), copies, 0)
    for bar, i in zip(gradient, wrt, strict=True):
        np.testing.assert_allclose(bar, numeric(f, args, i), rtol=2e-5, atol=2e-6)
    found = [*arrays(gradient), *(a for a in args if isinstance(a, np.ndarray))]
    for i, a in enumerate(arrays(gradient)):
        assert a.flags.writeable
        assert not any(np.shares_memory(a, b) for b in found[i + 1 :]), "two names for one array"
    return gradient
