"""Functions with a rule of their own that give lists and dicts in tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad, register_vjp
from srcgrad.ir.ops import DERIVATIVES
from tests.hard_cases.checking import Case

X = np.array([1.2, 1.5, 2.1])


def beside(x):
    return x * 2, {"k": np.sum(x)}


def deep(x):
    return {"a": [x * 2, x[0]], "b": (x, {"c": x * 3})}


def rows(x):
    return [[x[0], x[1]], [x[2]]]


def records(x):
    return [{"k": v} for v in x]


def twice_the_same(x):
    d = {"k": np.sum(x)}
    return d, d


def handed_on(x, d):
    return x * 2, d


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    before = dict(DERIVATIVES)
    register_vjp(beside)(lambda g, r, x: 2 * g[0] + g[1]["k"])
    register_vjp(deep)(
        lambda g, r, x: (
            2 * g["a"][0] + g["a"][1] * np.array([1.0, 0.0, 0.0]) + g["b"][0] + 3 * g["b"][1]["c"]
        )
    )
    register_vjp(rows)(lambda g, r, x: np.array([g[0][0], g[0][1], g[1][0]]))
    register_vjp(records)(lambda g, r, x: np.array([each["k"] for each in g]))
    register_vjp(twice_the_same)(lambda g, r, x: (g[0]["k"] + g[1]["k"]) * np.ones(3))
    register_vjp(handed_on)(lambda g, r, x, d: (2 * g[0], {"k": g[1]["k"]}))
    yield
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


def a_dict_in_a_tuple(x):
    b, d = beside(x)
    return np.sum(b) * d["k"]


def the_dict_alone(x):
    return beside(x)[1]["k"] ** 2


def without_the_dict(x):
    b, _ = beside(x)
    return np.sum(b**2)


def in_a_loop(x):
    s = 0.0
    for i in range(3):
        b, d = beside(x * i)
        if b[0] > 1:
            s = s + d["k"] * b[1]
    return s


def of_many(x):
    r = deep(x)
    return np.sum(r["a"][0] * r["b"][1]["c"]) * r["a"][1] + np.sum(r["b"][0] ** 3)


def one_of_many(x):
    return np.sum(deep(x)["b"][1]["c"] ** 2)


def lists_in_a_list(x):
    r = rows(x)
    return r[0][0] * r[1][0] + sum(v**2 for row in r for v in row)


def dicts_in_a_list(x):
    return sum(each["k"] ** 2 for each in records(x))


@pytest.mark.parametrize(
    "program",
    [
        *(a_dict_in_a_tuple, the_dict_alone, without_the_dict, in_a_loop),
        *(of_many, one_of_many, lists_in_a_list, dicts_in_a_list),
    ],
)
def test_programs(program):
    Case(program, (X,)).run()


def one_for_two(x):
    return twice_the_same(x)[0]["k"] ** 2


def what_was_given(x):
    y, d = handed_on(x, {"k": x[0]})
    return np.sum(y) * d["k"]


@pytest.mark.parametrize("program", [one_for_two, what_was_given])
def test_of_which_nothing_is_known(program):
    with pytest.raises(NoDerivativeError, match="not known who made it"):
        grad(program)(X)
