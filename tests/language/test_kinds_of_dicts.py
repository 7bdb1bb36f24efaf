"""Arguments whose classes are kinds of dicts or lists: read as such, and asked for nothing that
their classes do otherwise."""

from __future__ import annotations

import copy
from collections import Counter, OrderedDict

import numpy as np
import pytest

from srcgrad import SubclassError, grad

X = np.array([0.7, 1.3, 0.9])


class Default(dict):
    def __missing__(self, key):
        return 3.0


class Stack(list):
    def append(self, item):
        self.insert(0, item)


COUNTED = Counter("aab")


def test_what_is_in_it():
    def f(x, d):
        s = 0.0
        for k, n in d.items():
            s += n * x[0] ** len(k)
        return s * len(d) * sum(d.values()) * d["a"] * d.get("q", 1) * ("a" in d)

    for d in (COUNTED, Default(a=2, b=1), OrderedDict(a=2, b=1)):
        want = np.array([3.0, 0, 0]) * len(d) * sum(d.values()) * d["a"]
        np.testing.assert_allclose(grad(f)(X, d), want)


def test_keys_that_are_not_there():
    np.testing.assert_allclose(grad(lambda x, d: x[0] * (d["q"] + 2))(X, COUNTED), [2.0, 0, 0])
    np.testing.assert_allclose(grad(lambda x, d: x[0] * (d["q"] + 2))(X, Default()), [5.0, 0, 0])


def test_a_dict_made_of_it():
    def f(x, d):
        d = dict(d)
        d.update({"z": 2})
        return x[0] * len(d)

    np.testing.assert_allclose(grad(f)(X, COUNTED), [3.0, 0, 0])


def _updated(x, d):
    d.update("z")
    return x[0] * len(d)


def _copied(x, d):
    d = d.copy()
    d.update("z")
    return x[0] * len(d)


def _copied_by_the_module(x, d):
    return x[0] * copy.copy(d)["q"]


def _copied_deeply(x, d):
    return x[0] * copy.deepcopy({"d": d})["d"]["q"]


def _added(x, d):
    return x[0] * (d + d)["a"]


def _less(x, d):
    return x[0] * len(d - d)


def _compared(x, d):
    return x[0] * (d == {"a": 2, "b": 1, "c": 0})


def _chosen(x, d):
    e = d if x[0] > 0 else {"q": 1.0}
    return x[0] * e["q"]


@pytest.mark.parametrize(
    "f",
    [
        *(_updated, _copied, _copied_by_the_module, _copied_deeply, _added, _less, _compared),
        _chosen,
    ],
)
def test_what_it_does_otherwise(f):
    """It was taken for a dict, and for an error of the program what a dict would have raised."""
    with pytest.raises(SubclassError, match=r"'d' is a Counter, .* of a dict"):
        grad(f)(X, COUNTED)


def test_a_list_that_puts_first():
    def f(x, items):
        return x[0] * (items + [1.0])[-1]

    def copied(x, items):
        items = copy.copy(items)
        items.append(4.0)
        return x[0] * items[-1]

    np.testing.assert_allclose(grad(f)(X, [2.0]), [1.0, 0, 0])
    with pytest.raises(SubclassError, match="'items' is a Stack"):
        grad(copied)(X, Stack([2.0]))
