"""What a refusal says of lists and dicts is so of those that the program has."""

from __future__ import annotations

import array
import random
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import NoDerivativeError, UnknownTypeError, UnsupportedSyntaxError

X = np.array([1.0, 2.0, 3.0])
SEEN: list[Any] = []
STATS: dict[str, Any] = {}


def inserted(x):
    SEEN.insert(0, 1)
    return np.sum(x)


def set_by_default(x):
    STATS.setdefault("n", 0.0)
    return np.sum(x)


def test_globals(monkeypatch):
    np.testing.assert_array_equal(grad(inserted)(X), np.ones(len(X)))
    assert SEEN.pop() == 1
    assert SEEN == []
    monkeypatch.setitem(STATS, "before", 1.0)
    np.testing.assert_array_equal(grad(set_by_default)(X), np.ones(len(X)))
    assert STATS.pop("n") == 0.0


def test_shuffled_lists():
    def shuffled(x):
        items = [0, 1, 2]
        random.Random(3).shuffle(items)
        return x[items[0]]

    with pytest.raises(UnsupportedSyntaxError, match=r"for a list sample\(x, len\(x\)\)"):
        grad(shuffled)(X)

    def sampled(x):
        items = [0, 1, 2]
        items = random.Random(3).sample(items, len(items))
        return x[items[0]] * 2

    assert np.sum(grad(sampled)(X)) == 2.0


def test_dicts_in_another_order():
    def f(x):
        d = {"a": x[0], "b": x[1]} if x[0] > 0 else {"b": x[0], "a": x[1]}
        return d["a"] * d["b"] ** 2

    with pytest.raises(UnknownTypeError, match="the same keys in the same order"):
        grad(f)(X)


def test_indexing_what_is_no_list_nor_array():
    buffer = array.array("d", [1.0, 2.0])

    def indexed(x):
        return buffer[1] * x[0]

    def of_an_array(x):
        return np.array(buffer)[1] * x[0]

    with pytest.raises(UnsupportedSyntaxError, match="indexing a 'array' object") as caught:
        grad(indexed)(X)
    assert "np.array" in caught.value.hint
    np.testing.assert_array_equal(grad(of_an_array)(X), [2.0, 0.0, 0.0])


class Numbers(list):
    def total(self):
        return sum(self)


class Named(dict):
    pass


@pytest.mark.parametrize(
    ("f", "what"),
    [(lambda x: Numbers(x).total(), "list"), (lambda x: Named(a=x[0])["a"], "dict")],
    ids=["list", "dict"],
)
def test_subclasses_of_containers(f, what):
    with pytest.raises(NoDerivativeError, match=f"a subclass of {what}, receives") as caught:
        grad(f)(X)
    assert caught.value.hint == f"let a class keep a {what} in an attribute"


def test_a_name_that_a_try_assigns_again():
    def f(x):
        t = x[0]
        try:
            t = 2 * x[0]
            t = t * x[int(x[1]) + 9]
        except IndexError:
            pass
        return t

    with pytest.raises(UnsupportedSyntaxError, match="what 't' is depends on which") as caught:
        grad(f)(X)
    assert "in the last statement of the 'try' alone" in str(caught.value)

    def as_the_hint_says(x):
        t = x[0]
        try:
            u = 2 * x[0]
            t = u * x[int(x[1]) + 9]
        except IndexError:
            pass
        return t

    np.testing.assert_array_equal(grad(as_the_hint_says)(X), [1.0, 0.0, 0.0])
