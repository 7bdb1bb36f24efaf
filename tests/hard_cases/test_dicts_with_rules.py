"""Functions with a rule of their own that give a dict, or a list."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from srcgrad import AliasingError, grad, register_vjp, vjp
from srcgrad.ir.ops import DERIVATIVES
from tests.hard_cases.checking import Case

X = np.array([0.3, -1.2, 0.7, 2.1])


def waves(x):
    return {"sine": np.sin(x), "cosine": np.cos(x)}


def waves_vjp(y_bar, y, x):
    return y_bar["sine"] * y["cosine"] - y_bar["cosine"] * y["sine"]


def in_place(y_bar, y, x):
    y_bar["sine"] *= y["cosine"]
    y_bar["cosine"] *= y["sine"]
    y_bar["sine"] -= y_bar["cosine"]
    return y_bar["sine"]


def filled(x):
    found = {}
    for i, name in enumerate(("one", "two")):
        found[name] = x * (i + 1)
    return found


def pair(x):
    return [np.sin(x), np.cos(x)]


def pair_vjp(y_bar, y, x):
    return y_bar[0] * y[1] - y_bar[1] * y[0]


def combined(parts):
    return parts["sine"] * parts["cosine"]


def combined_vjp(y_bar, y, parts):
    return {"sine": y_bar * parts["cosine"], "cosine": y_bar * parts["sine"]}


@pytest.fixture(autouse=True, params=[waves_vjp, in_place])
def rules(request: pytest.FixtureRequest) -> Iterator[None]:
    before = dict(DERIVATIVES)
    register_vjp(waves)(request.param)
    register_vjp(filled)(lambda y_bar, y, x: y_bar["one"] + 2 * y_bar["two"])
    register_vjp(pair)(pair_vjp)
    register_vjp(combined)(combined_vjp)
    yield
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


def both(x):
    d = waves(x)
    return np.sum(d["sine"] * d["cosine"])


def one(x):
    return np.sum(waves(x)["sine"])


def again(x):
    d = waves(x)
    return np.sum(d["sine"] * d["cosine"] * d["sine"]) + np.sum(waves(d["sine"])["cosine"])


def changed(x):
    d = waves(x)
    d["sine"] = d["sine"] * 2
    d["more"] = d["cosine"]
    return np.sum(d["sine"] * d["more"]) * len(d)


def looped(x):
    total = 0.0
    for i in range(3):
        total = total + sum(np.sum(part) for part in waves(x * i).values())
    return total


def made_in_a_loop(x):
    return np.sum(filled(x)["one"] * filled(x)["two"])


def handed_on(x):
    return np.sum(combined(waves(x)))


def unpacked(x):
    a, b = pair(x)
    return np.sum(a * b)


def lengthened(x):
    parts = pair(x)
    parts.append(parts[0])
    parts[0] = x
    return np.sum(parts[0] * parts[1] * parts[2])


@pytest.mark.parametrize(
    "program",
    [both, one, again, changed, looped, made_in_a_loop, handed_on, unpacked, lengthened],
)
def test_programs(program):
    Case(program, (X,)).run()


def test_the_dict_itself():
    y_bar = {"sine": X.copy(), "cosine": X.copy()}
    for function in (waves, lambda x: waves(x)):
        value, pullback = vjp(function, X)
        np.testing.assert_array_equal(value["sine"], np.sin(X))
        for _ in range(2):
            np.testing.assert_allclose(pullback(y_bar)[0], X * np.cos(X) - X * np.sin(X))
        np.testing.assert_array_equal(y_bar["sine"], X)


def test_parts_that_are_written():
    def writing(x):
        d = waves(x)
        d["sine"][0] = d["cosine"][1]
        return np.sum(d["sine"])

    with pytest.raises(AliasingError, match="a part of what it gives is written"):
        grad(writing)(X)
