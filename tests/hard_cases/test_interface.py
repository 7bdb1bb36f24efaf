"""Pullbacks, several results, aux, and what changes outside between two calls."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad, vjp
from tests.hard_cases.checking import assert_owned, leaves, matrix, same, vector

V, M = vector(), matrix()


class Pair(NamedTuple):
    a: Any
    b: Any


def looped(x, n=3):
    out = x
    for k in range(n):
        out = np.sin(out) * x + k
    return out


def branched(x):
    if x[0] > 0:
        return x * 2, np.sum(x) * x[0]
    return x * x, x[1]


OUTPUTS = [
    (lambda x: x * x, (V,)),
    (lambda x: x, (V,)),
    (lambda x: x[1:], (V,)),
    (lambda x: x.T, (M,)),
    (lambda x: (x, x), (V,)),
    (lambda x: (x * 2, np.sum(x), 3.0), (V,)),
    (lambda x: {"b": np.exp(x), "a": (x[0], [x[1:]])}, (V,)),
    (lambda x: [x[0], x[0] * x[1]], (V,)),
    (lambda x: Pair(np.exp(x), x), (V,)),
    (lambda x, y: (np.outer(x, y), x @ y), (V, V * 2)),
    (lambda x, y: x, (V, V * 2)),
    (lambda x, y: x * y, (1.5, 2.5)),
    (lambda x, y: x * y, (V.astype("f4"), V)),
    (lambda x: x.astype("f4") * 2, (V,)),
    (lambda W, x: np.tanh(W @ x), (M, V)),
    (lambda p: p["W"] @ p["x"], ({"W": M, "x": V},)),
    (lambda x: np.broadcast_to(x, (2, 4)), (V,)),
    (lambda x: np.sum(x, keepdims=True), (M,)),
    (lambda x: x.sum(axis=0) * 1.0, (M,)),
    (lambda x: np.split(x, 2), (V,)),
    (lambda x: np.zeros(3), (V,)),
    (lambda x: (x[0] if x[1] > 0 else x[2], x), (V,)),
    (lambda x: x[x > 1], (V,)),
    (lambda x: np.where(x > 1, x, 0.0), (V,)),
    (lambda x: np.sqrt(x), (np.array(2.0),)),
    (lambda x: np.sqrt(x), (np.float32(2.0),)),
    (looped, (V,)),
    (lambda x: looped(x, 0), (V,)),
    (lambda x: looped(x[:1], n=1), (V,)),
    (branched, (V,)),
    (branched, (-V,)),
]


def _seeds(y: Any, rng: np.random.Generator) -> Any:
    if isinstance(y, dict):
        return {k: _seeds(v, rng) for k, v in y.items()}
    if isinstance(y, tuple) and hasattr(y, "_fields"):
        return type(y)(*(_seeds(v, rng) for v in y))
    if isinstance(y, tuple | list):
        return type(y)(_seeds(v, rng) for v in y)
    if isinstance(y, np.ndarray):
        return np.asarray(rng.normal(size=y.shape), dtype=y.dtype)
    return type(y)(rng.normal())


@pytest.mark.parametrize(
    ("f", "args"),
    [pytest.param(f, args, id=f"{i}-{f.__name__}") for i, (f, args) in enumerate(OUTPUTS)],
)
def test_pullback(f: Any, args: Any, rng: np.random.Generator) -> None:
    own = tuple(_copied(arg) for arg in args)
    wrt = [i for i, arg in enumerate(args) if type(arg) is not int]
    y, pullback = vjp(f, *own)
    want = f(*args)
    assert same(_plain(y), _plain(want))
    seed = _seeds(want, rng)
    kept = _copied(seed)
    first = pullback(seed)
    assert same(seed, kept), "the pullback changed the cotangent"
    assert_owned([leaf for i in wrt for leaf in leaves(first[i])], (own, y, seed), f)
    scribble(y)
    scribble(own)
    again = pullback(kept)
    scribble(first)
    assert same(again, pullback(kept)), "a pullback cannot be called twice"
    check_against_differences(f, args, wrt, kept, again)


def check_against_differences(f: Any, args: Any, wrt: list[int], seed: Any, bars: Any) -> None:
    def weighted(*inputs: Any) -> Any:
        rows = zip(leaves(f(*inputs)), leaves(seed), strict=True)
        return sum(float(np.sum(np.asarray(y, "f8") * s)) for y, s in rows)

    for i in wrt:
        for j, bar in enumerate(leaves(bars[i])):
            leaf = list(leaves(args[i]))[j]
            assert np.shape(bar) == np.shape(leaf)
            assert getattr(bar, "dtype", None) == getattr(leaf, "dtype", None)
            for place in np.ndindex(np.shape(leaf)):
                ends = [weighted(*_moved(args, i, j, place, step)) for step in (1e-3, -1e-3)]
                slope = (ends[0] - ends[1]) / 2e-3
                np.testing.assert_allclose(np.asarray(bar)[place], slope, rtol=1e-3, atol=1e-3)


def _moved(args: Any, i: int, j: int, place: Any, step: float) -> Any:
    moved = [_copied(arg) for arg in args]
    count = iter(range(99))

    def change(leaf: Any) -> Any:
        if next(count) != j:
            return leaf
        leaf = np.array(leaf)
        leaf[place] += step
        return leaf if leaf.ndim else leaf[()]

    moved[i] = _mapped(moved[i], change)
    return moved


def _mapped(tree: Any, change: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _mapped(item, change) for key, item in tree.items()}
    return change(tree)


def _copied(tree: Any) -> Any:
    import copy

    return copy.deepcopy(tree)


def _plain(tree: Any) -> Any:
    return [np.asarray(leaf) for leaf in leaves(tree)]


def scribble(tree: Any) -> None:
    """Write into whatever the caller owns; the pullback must not care."""
    for leaf in leaves(tree):
        if isinstance(leaf, np.ndarray) and leaf.flags.writeable:
            leaf[...] = -99


# --- aux and argnums ----------------------------------------------------------------------------


def test_aux_is_given_as_it_is() -> None:
    def f(x, y):
        z = x * y
        return np.sum(z * z), {"z": z, "text": "a", "x": x, "n": len(x)}

    (value, aux), (x_bar, y_bar) = value_and_grad(f, (0, 1), has_aux=True)(V, V * 2)
    want, known = f(V, V * 2)
    assert value == want
    np.testing.assert_array_equal(aux["z"], known["z"])
    np.testing.assert_array_equal(aux["x"], V)
    assert (aux["text"], aux["n"], list(aux)) == ("a", 4, list(known))
    np.testing.assert_allclose(x_bar, 2 * known["z"] * 2 * V)
    np.testing.assert_allclose(y_bar, 2 * known["z"] * V)
    assert not np.may_share_memory(aux["z"], x_bar)


def _twice(x):
    value = np.sum(np.exp(x))
    return value, {"p": np.exp(x), "q": np.exp(x)}


def _twice_constant(x):
    value = np.sum(np.eye(3) @ x)
    first = np.eye(3)
    second = np.eye(3)
    return value, [first, second]


@pytest.mark.parametrize("f", [_twice, _twice_constant])
def test_arrays_of_aux_are_several_as_in_the_function(f) -> None:
    """Though all hold the same, and something else was computed with it before."""
    x = np.array([0.3, -0.2, 0.7])
    (_, aux), _ = value_and_grad(f, has_aux=True)(x)
    _, pullback, other = vjp(f, x, has_aux=True)
    kept = pullback(1.0)[0].copy()
    for several in (aux, other):
        first, second = several.values() if isinstance(several, dict) else several
        assert not np.shares_memory(first, second)
        first[...] = 7.0
    np.testing.assert_array_equal(pullback(1.0)[0], kept)


def test_aux_of_a_gradient_does_not_share_it() -> None:
    gradient, aux = grad(lambda x: (np.sum(x * C), C * x), has_aux=True)(V)
    gradient[:] = 0
    np.testing.assert_array_equal(aux, C * V)
    np.testing.assert_array_equal(C, np.arange(4.0))


C = np.arange(4.0)


@pytest.mark.parametrize("argnums", [0, 1, -1, (0,), (1, 0), (0, 1), (-1, 0), [0, 1]])
def test_argnums(argnums: Any) -> None:
    def f(x, y):
        return np.sum(x**2 * y)

    known = (2 * V * V * 3, V**2)
    try:
        got = grad(f, argnums)(V, V * 3)
    except (TypeError, ValueError):
        assert isinstance(argnums, list)
        return
    if isinstance(argnums, int):
        np.testing.assert_allclose(got, known[argnums])
        return
    assert isinstance(got, tuple)
    for i, bar in zip(argnums, got, strict=True):
        np.testing.assert_allclose(bar, known[i])


@pytest.mark.parametrize("argnums", [2, -3, (0, 2), "x", 0.5, None])
def test_wrong_argnums(argnums: Any) -> None:
    with pytest.raises((TypeError, ValueError, SrcgradError)):
        grad(lambda x, y: np.sum(x * y), argnums)(V, V)


def test_keyword_and_default_arguments() -> None:
    def f(x, y=2.0, *rest, k=3.0, **more):
        return np.sum(x * y) * k + sum(rest) * x[0] + more.get("z", 0.0) * x[1]

    g = grad(f)
    np.testing.assert_allclose(g(V), np.full(4, 6.0))
    np.testing.assert_allclose(g(x=V, k=1.0), np.full(4, 2.0))
    np.testing.assert_allclose(g(V, 1.0, 5.0, 6.0, k=1.0), [12.0, 1, 1, 1])
    np.testing.assert_allclose(g(V, z=7.0), [6.0, 13, 6, 6])
    np.testing.assert_allclose(g(V, y=V), 3 * V)


# --- what may change between two calls ----------------------------------------------------------

ARRAY = np.ones(4)
NUMBER = 2.0
FLAG = True
HELPER = np.sin
TABLE = {"k": 2.0, "f": np.cos}
LIST = [1.0, 2.0]


class Settings:
    rate = 2.0


def reads_globals(x):
    y = HELPER(x * ARRAY) * NUMBER
    return np.sum(y if FLAG else y * y) * Settings.rate + TABLE["k"] * np.sum(TABLE["f"](x)) * len(
        LIST
    )


CHANGES: dict[str, list[Any]] = {
    "ARRAY": [np.arange(4.0), np.ones(4, "f4"), np.float64(3.0), np.ones((2, 4)), 2, np.ones(1)],
    "NUMBER": [3.0, 3, np.float32(2.5), np.arange(4.0), True],
    "FLAG": [False, 0, np.array(True), 1.5],
    "HELPER": [np.cos, lambda t: t * t, abs],
    "TABLE": [{"k": 3.0, "f": np.cos}, {"k": 2.0, "f": np.sin}],
    "LIST": [[1.0], [1.0, 2.0, 3.0]],
}


@pytest.mark.parametrize("name", CHANGES)
def test_rebound_globals(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    g = grad(reads_globals)
    assert_slopes(reads_globals, g(V), V)
    for value in (*CHANGES[name], globals()[name]):
        monkeypatch.setitem(globals(), name, value)
        assert_slopes(reads_globals, g(V), V)


def test_changed_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    g = grad(reads_globals)
    assert_slopes(reads_globals, g(V), V)
    monkeypatch.setattr(Settings, "rate", 5.0)
    assert_slopes(reads_globals, g(V), V)
    monkeypatch.setitem(TABLE, "k", 7.0)
    assert_slopes(reads_globals, g(V), V)
    monkeypatch.setitem(TABLE, "f", np.exp)
    assert_slopes(reads_globals, g(V), V)
    LIST.append(3.0)
    try:
        assert_slopes(reads_globals, g(V), V)
    finally:
        LIST.pop()
    ARRAY[1] = 9.0
    try:
        assert_slopes(reads_globals, g(V), V)
    finally:
        ARRAY[1] = 1.0


def assert_slopes(f: Any, gradient: Any, x: Any) -> None:
    for i in range(len(x)):
        step = np.zeros(len(x))
        step[i] = 1e-6
        slope = (float(f(x + step)) - float(f(x - step))) / 2e-6
        np.testing.assert_allclose(gradient[i], slope, rtol=1e-5, atol=1e-6)


def test_one_gradient_for_many_signatures() -> None:
    def f(x, y):
        return np.sum(x * y + np.maximum(x, y) ** 2)

    g = grad(f, (0, 1))
    for x in (1.5, np.float32(0.5), V, V[:1], V[:0], M, M[:, :1], M.astype("f4"), M[:1, :1], 2):
        for y in (0.7, np.array(0.3), V * 1.1, M * 0.9, V[:1] * 3):
            try:
                np.broadcast_shapes(np.shape(x), np.shape(y))
            except ValueError:
                continue
            x_bar, y_bar = g(x, y)
            assert np.shape(x_bar) == np.shape(x)
            assert np.shape(y_bar) == np.shape(y)
            larger = np.asarray(x, "f8") > y
            a = np.asarray(y + 2.0 * x * larger, "f8")
            b = np.asarray(x + 2.0 * y * ~larger, "f8")
            np.testing.assert_allclose(x_bar, _reduced(a * np.ones(np.shape(y)), x), rtol=1e-5)
            np.testing.assert_allclose(y_bar, _reduced(b * np.ones(np.shape(x)), y), rtol=1e-5)


def _reduced(bar: Any, x: Any) -> Any:
    while bar.ndim > np.ndim(x):
        bar = bar.sum(axis=0)
    for i, n in enumerate(np.shape(x)):
        if n == 1:
            bar = bar.sum(axis=i, keepdims=True)
    return bar


def test_lengths_change_between_calls() -> None:
    def f(x, y):
        s = 0.0
        for i in range(len(y)):
            s = s + np.sum(x[i:] * y[: len(x) - i])
        return s + np.sum(x[1:] * x[:-1]) + np.sum(x[: len(y)] * y[: len(x)])

    g = grad(f)
    for m in (1, 2, 5, 3):
        for n in (m,):
            x, y = vector(m), vector(n, 5)
            assert_slopes(lambda t: f(t, y), g(x, y), x)
