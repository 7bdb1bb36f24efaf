"""Hard programs as tables, and everything that is checked about the gradient of each."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import pytest

from srcgrad import SrcgradError, value_and_grad
from srcgrad.ir.verifier import InvalidIR

F = TypeVar("F", bound=Callable[..., Any])
REFUSED = (SrcgradError, TypeError)


@dataclasses.dataclass(frozen=True)
class Case:
    """A program at some arguments.

    ``wrt`` are the positions of the differentiated arguments; ``expected`` is the gradient where
    finite differences do not tell it; ``refused`` says that the program must be refused, and
    ``may_refuse`` that it is refused or right, but never wrong.
    """

    f: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: int | tuple[int, ...] = 0
    expected: Any = None
    refused: bool = False
    may_refuse: bool = False
    rtol: float = 1e-6

    def run(self) -> None:
        if self.refused:
            with pytest.raises(REFUSED):
                value_and_grad(self.f, self.wrt)(*copy.deepcopy(self.args))
            return
        with np.errstate(all="ignore"):
            try:
                self._check()
            except SrcgradError as error:
                if not self.may_refuse or isinstance(error, InvalidIR):
                    raise

    def _check(self) -> None:
        args = self.args
        twin = copy.deepcopy(args)
        want = self.f(*copy.deepcopy(args))
        derivative = value_and_grad(self.f, self.wrt)
        value, first = derivative(*args)
        assert same(args, twin), "an argument was changed"
        assert type(value) is type(want), f"the value is a {type(value)}, not a {type(want)}"
        np.testing.assert_allclose(value, want, rtol=1e-5 if _narrow(args) else 1e-12)
        kept = copy.deepcopy(first)
        assert_owned(first, args, self.f)
        for leaf in leaves(first):  # what was given away is the caller's to write to
            if isinstance(leaf, np.ndarray):
                leaf[...] = 17
        value, gradient = derivative(*args)
        assert same(gradient, kept), "the second call gives something else"
        one = not isinstance(self.wrt, tuple)
        wrt = (self.wrt,) if one else self.wrt
        bars = (gradient,) if one else gradient
        assert isinstance(bars, tuple)
        assert_alike(bars, tuple(args[i] for i in wrt))
        want_bars = differences(self.f, args, wrt)
        if self.expected is not None:
            want_bars = (self.expected,) if one else self.expected
        tolerance = 2e-3 if _narrow(args) else self.rtol
        for got, known in zip(leaves(bars), leaves(want_bars), strict=True):
            np.testing.assert_allclose(got, known, rtol=tolerance, atol=tolerance)


@dataclasses.dataclass
class Table:
    """Collects the programs of a test module."""

    cases: list[Any] = dataclasses.field(default_factory=list)

    def __call__(self, *args: Any, **options: Any) -> Callable[[F], F]:
        """Adds the decorated program."""

        def add(f: F) -> F:
            self.add(f, *args, **options)
            return f

        return add

    def add(self, f: Callable[..., Any], *args: Any, **options: Any) -> None:
        number = sum(param.values[0].f is f for param in self.cases)
        name = getattr(f, "__name__", "f")
        if name == "<lambda>":
            name = f"line{f.__code__.co_firstlineno}"
        name = f"{name}-{number}" if number else name
        self.cases.append(pytest.param(Case(f, args, **options), id=name))


def leaves(tree: Any) -> Iterator[Any]:
    """The numbers and arrays in a nested container, in order."""
    children = _children(tree)
    if children is None:
        yield tree
        return
    for child in children:
        yield from leaves(child)


def _children(tree: Any) -> list[Any] | None:
    if isinstance(tree, dict):
        return list(tree.values())
    if isinstance(tree, list | tuple):
        return list(tree)
    if dataclasses.is_dataclass(tree):
        return [getattr(tree, field.name) for field in dataclasses.fields(tree)]
    return None


def rebuilt(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The same container with every leaf changed."""
    if isinstance(tree, dict):
        return {key: rebuilt(item, change) for key, item in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuilt(item, change) for item in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(rebuilt(item, change) for item in tree)
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [field.name for field in dataclasses.fields(tree)]
        return type(tree)(**{name: rebuilt(getattr(tree, name), change) for name in names})
    return change(tree)


def differences(
    f: Callable[..., Any], args: tuple[Any, ...], wrt: tuple[int, ...]
) -> tuple[Any, ...]:
    """The gradient by central finite differences, in double precision."""
    args = tuple(rebuilt(arg, _widened) for arg in args)
    places = [(i, j) for i in wrt for j in range(len(list(leaves(args[i]))))]
    found = {}
    for i, j in places:
        leaf = list(leaves(args[i]))[j]
        step = 1e-6
        slope = np.zeros(np.shape(leaf))
        for place in np.ndindex(np.shape(leaf)):
            ends = [float(f(*_moved(args, i, j, place, s * step))) for s in (1, -1)]
            slope[place] = (ends[0] - ends[1]) / (2 * step)
        found[i, j] = slope
    counters = {i: iter(range(10**6)) for i in wrt}
    return tuple(rebuilt(args[i], lambda _: found[i, next(counters[i])]) for i in wrt)


def _widened(leaf: Any) -> Any:
    if getattr(leaf, "dtype", None) == np.float32:
        return leaf.astype(np.float64)
    return leaf


def _moved(args: tuple[Any, ...], i: int, j: int, place: tuple[int, ...], step: float) -> Any:
    # Copied leaf by leaf: one array in two places is perturbed in one of them.
    moved = [rebuilt(arg, copy.deepcopy) for arg in args]
    numbers = iter(range(10**6))

    def change(leaf: Any) -> Any:
        if next(numbers) != j:
            return leaf
        if isinstance(leaf, np.ndarray):
            leaf[place] += step
            return leaf
        return leaf + type(leaf)(step) if isinstance(leaf, np.generic) else leaf + step

    moved[i] = rebuilt(moved[i], change)
    return moved


def _narrow(args: Any) -> bool:
    return any(getattr(leaf, "dtype", None) == np.float32 for leaf in leaves(args))


def assert_alike(bar: Any, primal: Any) -> None:
    """A gradient has the containers, types, shapes and dtypes of what it belongs to."""
    if type(primal) in (float, int):
        assert type(bar) is float, f"{type(bar)} for a number"
        return
    assert type(bar) is type(primal), f"{type(bar)} for a {type(primal)}"
    if isinstance(primal, np.ndarray | np.generic):
        assert (bar.shape, bar.dtype) == (primal.shape, primal.dtype), (
            f"{bar.dtype}{bar.shape} for {primal.dtype}{primal.shape}"
        )
        return
    if isinstance(primal, dict):
        assert list(bar) == list(primal)
    children = zip(_children(bar) or (), _children(primal) or (), strict=True)
    for child, known in children:
        assert_alike(child, known)


def assert_owned(gradient: Any, args: Any, f: Any) -> None:
    """Arrays of a gradient are writable and share memory with nothing."""
    own = [leaf for leaf in leaves(gradient) if isinstance(leaf, np.ndarray)]
    others = [leaf for leaf in leaves(args) if isinstance(leaf, np.ndarray)]
    code = getattr(f, "__code__", None)
    names = code.co_names if code is not None else ()
    scope = getattr(f, "__globals__", {})
    others += [scope[n] for n in names if isinstance(scope.get(n), np.ndarray)]
    for i, leaf in enumerate(own):
        assert leaf.flags.writeable, "a gradient is read-only"
        for other in (*own[:i], *others):
            assert not np.may_share_memory(leaf, other), "a gradient shares memory"
        assert 0 not in leaf.strides or leaf.size < 2, "a gradient overlaps itself"


def same(a: Any, b: Any) -> bool:
    """Whether two containers hold the same bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    x, y = _children(a), _children(b)
    if x is None or y is None:
        return repr(a) == repr(b) or a is b
    return len(x) == len(y) and all(map(same, x, y))


def vector(n: int = 4, seed: int = 0) -> Any:
    """Some numbers away from zero and from each other."""
    return np.random.default_rng(seed).uniform(0.4, 1.6, size=n)


def matrix(m: int = 3, n: int = 4, seed: int = 0) -> Any:
    """A matrix of such numbers."""
    return np.random.default_rng(seed).uniform(0.4, 1.6, size=(m, n))
