"""Pullbacks: called often, from anywhere, whatever the caller does to the memory it knows."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import vjp
from srcgrad.testing import check_grads

SCALE = 2.0
WEIGHTS = np.array([1.0, 2.0, 3.0])
X, Y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, -0.5])
M = np.array([[0.1, -0.4, 0.3], [0.7, 0.2, -0.6], [-0.5, 0.9, 0.8]])


class Two(NamedTuple):
    first: Any
    second: Any


@dataclass
class Result:
    loss: Any
    parts: Any


def loop(h, W):
    for _ in range(3):
        h = np.tanh(W @ h)
    return h


def history(h, W):
    first = np.tanh(W @ h)
    second = np.tanh(W @ first)
    return [first, second, h]


def branch(x, y):
    if x[0] > 0:
        z = x * y
    else:
        z = x
    return z * x


def containers(x, y):
    z = np.exp(x)
    return {"z": z, "pair": (z * y, [np.sum(x), 2.0]), "named": Two(x, z)}


PROGRAMS = {
    "elementwise": (lambda x, y: np.exp(x) * y, (X, Y)),
    "returned intermediate": (lambda x: np.exp(x), (X,)),
    "identity": (lambda x: x, (X,)),
    "identity, read too": (lambda x, y: (x, x * y), (X, Y)),
    "one value twice": (lambda x: (np.tanh(x),) * 2, (X,)),
    "view of an argument": (lambda x, W: W[::-1].T @ x[::-1], (X, M)),
    "view returned": (lambda x: (np.tanh(x)[1:], np.sum(np.tanh(x) ** 2)), (X,)),
    "matrices": (lambda x, W: W @ x, (X, M)),
    "globals": (lambda x: WEIGHTS * np.sin(x) * SCALE, (X,)),
    "loop": (loop, (X, M)),
    "list of states": (history, (X, M)),
    "branch": (branch, (X, Y)),
    "containers": (containers, (X, Y)),
    "dataclass": (lambda x: Result(np.sum(x * x), np.sin(x)), (X,)),
    "parameters in containers": (lambda p, x: np.tanh(p["W"] @ x + p["b"]), ({"W": M, "b": X}, Y)),
    "a number": (lambda x: x * x, (3.0,)),
    "NumPy's number": (lambda x: np.sum(x * x), (X,)),
    "an array of no dimensions": (lambda x: np.sin(x), (np.array(0.5),)),
    "linear": (lambda x, y: 2 * x - y, (X, Y)),
    "float32": (lambda x, y: np.exp(x) * y, (X.astype("f4"), Y.astype("f4"))),
}


def arrays_in(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Result):
        value = (value.loss, value.parts)
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list | tuple):
        return [array for part in parts for array in arrays_in(part)]
    return []


def copied(value: Any) -> Any:
    """A copy in memory of its own, also of what occurs twice."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Result):
        return Result(copied(value.loss), copied(value.parts))
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [copied(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def assert_same(a: Any, b: Any) -> None:
    for x, y in zip(arrays_in(a), arrays_in(b), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", PROGRAMS)
def test_pullback(name):
    f, args = PROGRAMS[name]
    check_grads(f, args)


@pytest.mark.parametrize("name", PROGRAMS)
def test_pullback_is_its_own_master(name, monkeypatch):
    """The caller overwrites all it can reach between two calls, and the results are the same."""
    f, args = PROGRAMS[name]
    args = copied(args)
    weights = WEIGHTS.copy()
    monkeypatch.setitem(globals(), "WEIGHTS", weights)
    value, pullback = vjp(f, *args)
    y_bar = copied(value)
    first = pullback(y_bar)
    kept = copied(first)
    reachable = [*arrays_in(value), *arrays_in(args), *arrays_in(first), *arrays_in(y_bar), weights]
    given = copied(y_bar)
    for array in {id(array): array for array in reachable}.values():
        array[...] = 77.0
    monkeypatch.setitem(globals(), "SCALE", 1e6)
    monkeypatch.setitem(globals(), "WEIGHTS", "gone")
    second = pullback(given)
    assert_same(second, kept)
    assert_same(pullback(given), kept)


@pytest.mark.parametrize("name", PROGRAMS)
def test_cotangents_have_memory_of_their_own(name):
    f, args = PROGRAMS[name]
    args = copied(args)
    value, pullback = vjp(f, *args)
    y_bar = copied(value)
    arrays = arrays_in(pullback(y_bar))
    others = [*arrays_in(args), *arrays_in(value), *arrays_in(y_bar), WEIGHTS]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in others)
        assert not any(np.shares_memory(array, other) for other in arrays[i + 1 :])


def test_aux_that_the_pullback_reads():
    def f(x):
        y = np.exp(x)
        return np.sum(y), y

    value, pullback, aux = vjp(f, X, has_aux=True)
    aux[:] = 0.0
    np.testing.assert_array_equal(pullback(1.0)[0], np.exp(X))


def test_nothing_is_copied_that_the_pullback_does_not_read():
    x = np.ones(3)
    value, _ = vjp(lambda x: x, x)
    assert value is x
    y, pullback = vjp(lambda a, b: a + b, x, x)
    np.testing.assert_array_equal(pullback(2 * x)[1], 2 * x)


def test_pullback_in_threads():
    y, pullback = vjp(loop, X, M)
    expected = [pullback(k * Y) for k in range(4)]
    failures = []

    def work(k):
        for _ in range(50):
            got = pullback(k * Y)
            if not all(np.array_equal(a, b) for a, b in zip(got, expected[k], strict=True)):
                failures.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_no_arguments_and_aux_only():
    value, pullback = vjp(lambda: 3.0)
    assert value == 3.0
    assert pullback(1.0) == ()


# ---- cotangents ----


def test_cotangent_takes_the_dtype_of_the_value():
    x = X.astype(np.float32)
    y, pullback = vjp(lambda x: x * x, x)
    (x_bar,) = pullback(np.ones(3))
    assert x_bar.dtype == np.float32
    y, pullback = vjp(lambda x: np.sum(x), X)
    for one in (1, 1.0, np.float32(1), np.array(1.0), np.int64(1), True):
        np.testing.assert_array_equal(pullback(one)[0], np.ones(3))


WRONG = {
    "another shape": (lambda x: x * x, np.ones(2), ValueError, r"shape \(2,\).*shape \(3,\)"),
    "to broadcast": (lambda x: x * x, np.ones(1), ValueError, r"shape \(1,\).*shape \(3,\)"),
    "a number": (lambda x: x * x, 1.0, ValueError, r"shape \(\).*shape \(3,\)"),
    "an array": (lambda x: np.sum(x), np.ones(1), ValueError, r"shape \(1,\).*shape \(\)"),
    "a list": (lambda x: x * x, [1.0] * 3, TypeError, r"an array of shape \(3,\), not list"),
    "nothing": (lambda x: np.sum(x), None, TypeError, "a number, not NoneType"),
    "complex": (lambda x: x * x, np.ones(3) * 1j, TypeError, "real, not of dtype complex128"),
    "text": (lambda x: x * x, np.array(["a"] * 3), TypeError, "real, not of dtype <U1"),
    "a tuple missing": (lambda x: (x, x), X, TypeError, "structure of the value, here a tuple"),
    "too short": (lambda x: (x, x), (X,), TypeError, "has 1 parts, and the value has 2"),
    "list for tuple": (lambda x: (x, x), [X, X], TypeError, "a tuple, not list"),
    "keys": (lambda x: {"a": x}, {"b": X}, TypeError, r"keys \['b'\], the value \['a'\]"),
    "a part": (
        lambda x: {"a": (x, x)}, {"a": (X, X[:1])}, ValueError,
        r"cotangent\['a'\]\[1\] has shape \(1,\)",
    ),
    "a field": (lambda x: Two(x, 1.0 * x), Two(X, 1.0), ValueError, r"cotangent.second has shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_cotangents(name):
    f, cotangent, error, message = WRONG[name]
    value, pullback = vjp(f, X)
    with pytest.raises(error, match=f"(?s){message}"):
        pullback(cotangent)


def test_cotangents_of_integers_are_not_read():
    value, pullback = vjp(lambda x: (np.sum(x), 3, np.argmax(x)), X)
    np.testing.assert_array_equal(pullback((2.0, None, None))[0], np.full(3, 2.0))


def test_order_of_keys_does_not_matter():
    value, pullback = vjp(lambda x: {"a": x, "b": 2 * x}, X)
    (x_bar,) = pullback({"b": np.zeros(3), "a": Y})
    np.testing.assert_array_equal(x_bar, Y)


def test_arguments_are_checked_as_by_grad():
    with pytest.raises(TypeError, match="argument 'y' is an array of dtype int64"):
        vjp(lambda x, y: x * y, X, np.arange(3))
    with pytest.raises(TypeError, match="but <lambda>.. takes 1 positional argument"):
        vjp(lambda x: x, X, X)
