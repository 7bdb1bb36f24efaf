"""``extend``, ``update``, ``+=`` with an iterator that reads, or changes, what it is put into."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def the_last_one(x, n):
    items = [x]
    items.extend(items[-1] * 2 for _ in range(3))
    return np.sum(items[-1] ** 2) * len(items)


@program
def by_augmented_assignment(x, n):
    items = [x]
    items += (items[-1] * 2 for _ in range(3))
    return np.sum(items[-1] ** 2) * len(items)


@program
def as_often_as_asked(x, n):
    items, others = [x], [x]
    items.extend(items[-1] * 2 for _ in range(n))
    others += (others[-1] * v for v in x)
    return np.sum(items[-1] * others[-1]) * len(items)


@program
def how_many_there_are(x, n):
    items = [x]
    items.extend(map(lambda v: v * len(items), [x, x, x]))
    return np.sum(items[-1] ** 2)


@program
def how_many_there_are_of_an_unknown_number(x, n):
    items = []
    for i in range(n):
        items.append(x * i)
    items.extend(v * len(items) for v in [x, x])
    return np.sum(items[-1] ** 2) * len(items)


@program
def its_own_elements(x, n):
    items = [x]
    items.extend(v * 2 for v in items if len(items) < 3)
    return np.sum(items[-1] ** 2)


@program
def if_there_is_room(x, n):
    items = [x]
    items.extend(v * len(items) for v in [x, x, x] if len(items) < 3)
    return np.sum(items[-1] ** 2) * len(items)


@program
def what_the_function_appends(x, n):
    items = [x]

    def add(v):
        items.append(v * 2)
        return v * 3

    items.extend(map(add, [x, x]))
    return np.sum(items[1] * items[-1]) * len(items)


@program
def what_is_popped(x, n):
    items = [x]
    items.extend(items.pop() * 2 for _ in range(2))
    return np.sum(items[-1] ** 2) * len(items)


@program
def partial_sums(x, n):
    items = [x]
    items.extend(itertools.accumulate([x, x, x], lambda a, b: a + b * len(items)))
    return np.sum(items[-1] ** 2)


@program
def entries(x, n):
    entries = {"a": x}
    entries.update((key, entries["a"] * 2) for key in "aab")
    entries |= ((key + "c", v * len(entries)) for key, v in [("a", x), ("c", x)])
    return np.sum(entries["b"] * entries["cc"])


@program
def entries_of_some(x, n):
    entries = {"a": x}
    entries.update((key, entries["a"] * 2) for key in "abcd" if len(entries) < 3)
    return np.sum(entries["b"] * entries["a"]) * len(entries)


@program
def keys(x, n):
    keys = {1}
    keys.update(map(lambda k: k + len(keys), [1, 1, 1]))
    return np.sum(x**2) * len(keys)


@program
def elements_that_are_there(x, n):
    items = [x, x * 2]
    items.extend(items)
    items += items
    items.extend(reversed(items))
    items.extend({"a": x, "b": x}.values())
    return np.sum(items[5] * items[9]) * len(items)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, n):
    x, v = np.array([0.6, 1.4, -0.8]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x, n)
    slope = (f(x + 1e-6 * v, n) - f(x - 1e-6 * v, n)) / 2e-6
    np.testing.assert_allclose(value, f(x, n), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def longer_and_longer(x):
    items = [x]
    items.extend(zip(items, [x, x, x], strict=False))
    return np.sum(x) * len(items)


def into_itself(x):
    items = [x[0]]
    for v in x:
        items.append(v)
    items += (v * 2 for v in items if len(items) < 10)
    return np.sum(items)


def test_a_list_that_is_put_into_itself():
    value, x_bar = value_and_grad(into_itself)(np.array([1.0, 0.5, 2.0]))
    assert value == into_itself(np.array([1.0, 0.5, 2.0])) == 21.5
    np.testing.assert_array_equal(x_bar, [14.0, 3.0, 3.0])


def test_a_list_that_is_put_into_itself_with_others_is_refused():
    with pytest.raises(UnsupportedSyntaxError, match="changes its length"):
        value_and_grad(longer_and_longer)(np.ones(3))
