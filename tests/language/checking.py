"""Compares gradients with central finite differences."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from srcgrad import value_and_grad, vjp

STEP = 1e-6


def check(
    f: Callable[..., Any],
    *args: Any,
    wrt: int | tuple[int, ...] = 0,
    expected: Any = None,
    rtol: float = 1e-6,
    **kwargs: Any,
) -> Any:
    """The gradient of ``f``, checked in every respect that can be checked without knowing it.

    The value and its type are those of ``f``; the gradient has the structure, shapes and dtypes of
    the arguments, and its product with a random direction is the directional derivative; no
    argument changes.
    """
    before = copy.deepcopy((args, kwargs))
    want = f(*args, **kwargs)
    value, gradient = value_and_grad(f, argnums=wrt)(*args, **kwargs)
    assert identical(before, (args, kwargs)), "an argument was changed"
    assert type(value) is type(want)
    np.testing.assert_allclose(value, want, rtol=1e-12, atol=1e-14)
    numbers = wrt if isinstance(wrt, tuple) else (wrt,)
    primals = tuple(args[i] for i in numbers)
    bars = gradient if isinstance(wrt, tuple) else (gradient,)
    assert_same_structure(bars, primals)
    _compare(f, args, kwargs, numbers, bars, rtol)
    if not kwargs and numbers == tuple(range(len(args))):
        _check_pullback(f, args, bars)
    if expected is not None:
        for got, known in zip(leaves(gradient), leaves(expected), strict=True):
            np.testing.assert_allclose(got, known, rtol=1e-9, atol=1e-12)
    return gradient


def _check_pullback(f: Callable[..., Any], args: tuple[Any, ...], bars: tuple[Any, ...]) -> None:
    """``vjp`` gives the same gradient, each time the pullback is called."""
    value, pullback = vjp(f, *args)
    seed = np.asarray(2.0, getattr(value, "dtype", None)) if np.ndim(value) else 2.0
    for _ in range(2):
        for got, bar in zip(leaves(pullback(seed)), leaves(bars), strict=True):
            assert type(got) is type(bar)
            np.testing.assert_allclose(got, 2 * np.asarray(bar), rtol=1e-6, atol=1e-12)


def _compare(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    numbers: tuple[int, ...],
    bars: tuple[Any, ...],
    rtol: float,
) -> None:
    rng = np.random.default_rng(2718)
    for _ in range(2):
        directions = [rng.normal(size=np.shape(leaf)) for i in numbers for leaf in leaves(args[i])]
        ends = []
        for sign in (1, -1):
            moved = list(args)
            steps = iter(directions)
            for i in numbers:
                moved[i] = rebuilt(args[i], lambda x: x + sign * STEP * next(steps))
            ends.append(float(f(*moved, **kwargs)))
        slope = (ends[0] - ends[1]) / (2 * STEP)
        found = sum(
            float(np.sum(bar * step))
            for bar, step in zip(
                (b for part in bars for b in leaves(part)), directions, strict=True
            )
        )
        np.testing.assert_allclose(found, slope, rtol=rtol, atol=1e-7 * max(1.0, abs(ends[0])))


def leaves(tree: Any) -> Iterator[Any]:
    """The numbers and arrays in a nested container, in order."""
    if isinstance(tree, dict):
        for item in tree.values():
            yield from leaves(item)
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from leaves(item)
    elif dataclasses.is_dataclass(tree):
        for field in dataclasses.fields(tree):
            yield from leaves(getattr(tree, field.name))
    elif tree is not None:
        yield tree


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
    return None if tree is None else change(tree)


def assert_same_structure(bar: Any, primal: Any) -> None:
    """A gradient has the containers, types, shapes and dtypes of what it belongs to."""
    if type(primal) in (float, int):
        assert type(bar) is float
        return
    assert type(bar) is type(primal), f"{type(bar)} is not {type(primal)}"
    if isinstance(primal, np.ndarray | np.generic):
        assert (bar.shape, bar.dtype) == (primal.shape, primal.dtype)
        return
    if primal is None:
        return
    if isinstance(primal, dict):
        assert list(bar) == list(primal)
    for a, b in zip(_parts(bar), _parts(primal), strict=True):
        assert_same_structure(a, b)


def _parts(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(tree.values())
    if dataclasses.is_dataclass(tree):
        return [getattr(tree, field.name) for field in dataclasses.fields(tree)]
    return list(tree)


def identical(a: Any, b: Any) -> bool:
    """Whether two containers hold the same bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple | dict) or dataclasses.is_dataclass(a):
        x, y = _parts(a), _parts(b)
        return len(x) == len(y) and all(map(identical, x, y))
    return repr(a) == repr(b) or a is b
