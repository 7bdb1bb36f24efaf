"""Compares a gradient with the function itself: its value, what it does to objects, its slopes."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from srcgrad import value_and_grad

STEP = 1e-6
Path = tuple[Any, ...]


def follow(
    f: Callable[..., Any],
    *args: Any,
    wrt: int | tuple[int, ...] = 0,
    calls: int = 2,
    rtol: float = 2e-6,
) -> list[Any]:
    """Gradients of ``f`` in calls after each other, each compared with ``f`` on a copy.

    Each call leaves the arguments as ``f`` leaves them, with the same arrays and objects in the
    same places; its gradient is that of central differences, for which one number in an object is
    moved at a time.
    """
    mine = copy.deepcopy(args)
    gradient_of = value_and_grad(f, argnums=wrt)
    gradients = []
    for _ in range(calls):
        before, theirs = copy.deepcopy(mine), copy.deepcopy(mine)
        arrays = [(array, array.copy()) for array in all_arrays(mine)]
        want = f(*theirs)
        value, gradient = gradient_of(*mine)
        np.testing.assert_allclose(value, want, rtol=1e-12)
        assert_same_state(mine, theirs)
        for array, old in arrays:
            assert array.tobytes() == old.tobytes(), "an array of the caller's was written"
        numbers = wrt if isinstance(wrt, tuple) else (wrt,)
        for i, bar in zip(numbers, gradient if isinstance(wrt, tuple) else (gradient,)):
            assert_gradient(f, before, i, bar, rtol)
            assert_own_memory(bar, mine)
        gradients.append(gradient)
    return gradients


# --- slopes -------------------------------------------------------------------------------------


def assert_gradient(
    f: Callable[..., Any], args: tuple[Any, ...], position: int, bar: Any, rtol: float
) -> None:
    for path in paths(args[position]):
        slopes = slopes_at(f, args, position, path)
        got = at(bar, path)
        rtol = 2e-4 if np.asarray(got).dtype == np.float32 else rtol
        scale = max(1.0, float(np.max(np.abs(slopes), initial=0.0)))
        np.testing.assert_allclose(got, slopes, rtol=rtol, atol=rtol * scale, err_msg=str(path))


def slopes_at(
    f: Callable[..., Any], args: tuple[Any, ...], position: int, path: Path
) -> np.ndarray[Any, Any]:
    path = (position, *path)
    leaf = np.asarray(at(args, path))
    step = STEP if leaf.dtype != np.float32 else 1e-2
    slopes = np.zeros(leaf.shape)
    for index in np.ndindex(*leaf.shape):
        ends = []
        for sign in (1, -1):
            moved = copy.deepcopy(list(args))
            move(moved, path, index, sign * step)
            ends.append(float(f(*moved)))
        slopes[index] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def move(tree: Any, path: Path, index: tuple[int, ...], change: float) -> None:
    """Moves one number in place, where everybody sees it who has the object or the list."""
    owner, last = at(tree, path[:-1]), path[-1]
    leaf = at(owner, (last,))
    new = np.array(leaf, dtype=np.asarray(leaf).dtype)
    new[index] += change
    put = new if isinstance(leaf, np.ndarray) else type(leaf)(new)
    if isinstance(last, str) and not isinstance(owner, dict):
        object.__setattr__(owner, last, put)
    else:
        owner[last] = put


def names_of(value: Any) -> tuple[str, ...]:
    """The names of the attributes that are parts of an instance; none for anything else."""
    if isinstance(value, type | np.ndarray | np.generic) or callable(getattr(value, "ufunc", 0)):
        return ()
    if dataclasses.is_dataclass(value):
        return tuple(field.name for field in dataclasses.fields(value))
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    slots = [name for name in slots if name != "__dict__" and hasattr(value, name)]
    return tuple(dict.fromkeys((*getattr(value, "__dict__", ()), *slots)))


def paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Where the floats and float arrays are; those in tuples cannot be moved, and are left out."""
    if isinstance(tree, float | np.floating) or (
        isinstance(tree, np.ndarray) and tree.dtype.kind == "f"
    ):
        yield path
    elif isinstance(tree, dict):
        for key in tree:
            yield from paths(tree[key], (*path, key))
    elif isinstance(tree, list):
        for i, part in enumerate(tree):
            yield from paths(part, (*path, i))
    elif isinstance(tree, tuple):
        for i, part in enumerate(tree):
            if not isinstance(part, float | np.ndarray | np.generic):
                yield from paths(part, (*path, i))
    elif not callable(tree) or names_of(tree):
        for name in names_of(tree):
            yield from paths(getattr(tree, name), (*path, name))


def at(tree: Any, path: Path) -> Any:
    for key in path:
        is_attribute = isinstance(key, str) and not isinstance(tree, dict)
        tree = getattr(tree, key) if is_attribute else tree[key]
    return tree


# --- state --------------------------------------------------------------------------------------


def assert_same_state(mine: Any, theirs: Any) -> None:
    """The same values, and where one object stands twice in one, it does in the other."""
    pairs: dict[int, int] = {}

    def visit(a: Any, b: Any, where: str) -> None:
        assert type(a) is type(b), f"{where}: {a!r} and {b!r}"
        if isinstance(a, np.ndarray) or names_of(a) or isinstance(a, list | dict):
            assert pairs.setdefault(id(a), id(b)) == id(b), f"{where}: other objects are one"
            assert pairs.setdefault(-id(b), id(a)) == id(a), f"{where}: other objects are one"
        if isinstance(a, np.ndarray):
            assert (a.dtype, a.shape) == (b.dtype, b.shape), where
            precision = 1e-12 if a.dtype != np.float32 else 1e-5
            np.testing.assert_allclose(a, b, rtol=precision, atol=precision, err_msg=where)
        elif isinstance(a, dict):
            assert list(a) == list(b), where
            for key in a:
                visit(a[key], b[key], f"{where}[{key!r}]")
        elif isinstance(a, list | tuple):
            assert len(a) == len(b), where
            for i, (x, y) in enumerate(zip(a, b)):
                visit(x, y, f"{where}[{i}]")
        elif isinstance(a, float | np.floating):
            assert np.isclose(a, b, rtol=1e-5 if isinstance(a, np.float32) else 1e-12), where
        elif names_of(a):
            assert list(getattr(a, "__dict__", ())) == list(getattr(b, "__dict__", ())), where
            every = dict.fromkeys((*names_of(a), *getattr(a, "__dict__", ())))
            for name in every:
                visit(getattr(a, name), getattr(b, name), f"{where}.{name}")
        else:
            assert a is b or a == b, where

    visit(mine, theirs, "args")


def all_arrays(tree: Any, seen: set[int] | None = None) -> Iterator[np.ndarray[Any, Any]]:
    seen = set() if seen is None else seen
    if id(tree) in seen:
        return
    seen.add(id(tree))
    if isinstance(tree, np.ndarray):
        yield tree
    elif isinstance(tree, dict):
        for part in tree.values():
            yield from all_arrays(part, seen)
    elif isinstance(tree, list | tuple):
        for part in tree:
            yield from all_arrays(part, seen)
    else:
        for name in names_of(tree):
            yield from all_arrays(getattr(tree, name), seen)


def assert_own_memory(bar: Any, args: Any) -> None:
    """No array of a gradient shares memory with what the caller, or an object, holds."""
    bars, others = list(all_arrays(bar)), list(all_arrays(args))
    for i, array in enumerate(bars):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in (*others, *bars[i + 1 :]))
