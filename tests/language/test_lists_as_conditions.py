"""Lists in conditions, sums of lists, `del` of items, f-strings as keys, instances in loops."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- conditions -----------------------------------------------------------------------------------


@program
def not_a_list(x):
    out = []
    for v in x:
        out.append(v)
    if not out:
        return 0.0
    return np.sum(x) + 1 + (0.0 if not out else sum(out))


@program
def a_selection(x):
    out = [v for v in x if v > 0]
    rest = [v for v in x if v > 100]
    assert bool(out)
    if not out or out[0] > 1:
        return 2 * sum(x)
    if len(out) > 1 and not out[1:]:
        return 0.0
    return sum(out) * bool(out) + (1.0 if not rest else 2.0) * x[0]


@program
def popped_until_it_is_empty(x):
    q = list(x)
    s = 0.0
    while True:
        if not q:
            break
        s = s * 0.5 + q.pop()
    for i in range(len(x)):
        if not list(x[:i]):
            continue
        s += x[i] ** 2
    return s


@program
def a_list_and_its_element(x):
    a = [v for v in x if v > 0]
    if a and a[0] > 0.5:
        return sum(a)
    return x[0] * x[1]


@program
def a_stack(x):
    stack = [x[0]]
    for v in x[1:]:
        while stack and stack[-1] < v:
            stack.pop()
        stack.append(v * 2)
    return sum(stack)


@program
def displays(x):
    left, right = [x[0], 1.0], [x[1]]
    if (left and not right) or x[0] > 5:
        return x[0]
    c = 1.0 if (left and x[1] > 0) else 2.0
    return c * x[-1]


@program
def in_a_comprehension(x):
    rows = [[v for v in x if v > w] for w in x]
    return sum(sum(row) * w for row, w in zip(rows, x) if row and row[0] > 0)


# --- sums of lists --------------------------------------------------------------------------------


@program
def sums_of_lists(x):
    a = sum([[v] for v in x], [])  # noqa: RUF017
    b = sum([[v, v * v] for v in x], [1.0])
    return len(a) * x[0] + sum(v * v for v in a) + sum(k * v for k, v in enumerate(b))


@program
def sums_from_a_list_outside(x, start=[1.0, 2.0], more=(3.0,)):
    a = sum([[v] for v in x], start)
    b = sum([(x[0], v) for v in (x[1], 2.0)], more)
    return sum(v * v for v in a) * len(a) + sum(b) * len(b)


@program
def sums_of_indices(x):
    numbers = sum([[i, i] for i in range(len(x))], [])  # noqa: RUF017
    return sum(x[i] ** 2 for i in numbers)


# --- `del`, and keys ------------------------------------------------------------------------------


@program
def items_are_deleted(x):
    items = [x[0], x[1], x[-1]]
    d = {"z": x[1], "y": x[-1]}
    del items[0], d["z"]
    del items[-1:]
    q = list(x)
    del q[0]
    return items[0] * d["y"] * len(items) * len(d) + sum(q)


@program
def keys_made_of_text(x):
    p = {"W1": x[0], "W2": x[1]}
    i = 1
    t = p[f"W{i}"]
    for i in range(1, 3):
        t += p[f"W{i}"] * i
    for name in ("1", "2"):
        t = t * p[f"W{name}"] + p.get(f"W{name}q", 1.0)
    return t


# --- instances ------------------------------------------------------------------------------------


class Batches:
    def __init__(self, values):
        self.values = values

    def __iter__(self):
        return iter([self.values[i : i + 2] for i in range(0, len(self.values), 2)])


class Squares:
    def __init__(self, values):
        self.values = values

    def __iter__(self):
        return (v * v for v in self.values)


class Pair:
    """Can be iterated over, added, compared and called."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __iter__(self):
        return iter((self.a, self.b))

    def __add__(self, other):
        return Pair(self.a + other.a, self.b + other.b)

    def __call__(self, v):
        return self.a * v


@program
def instances_as_arguments(x):
    a, b = sum([Pair(x[0], x[1]), Pair(x[-1], 2.0)], Pair(1.0, 2.0))
    v = Pair(x[0], x[1])
    t = sum(map(v, x)) + max(v) * min(v) + sum(v) + sum(map(np.sin, v))
    return a * b + t + sum(p * q for p, q in zip(v, v)) + len(list(v))


class Power(Enum):
    ONE = 1
    TWO = 2


class Endless:
    def __init__(self, values):
        self.values = values

    def __getitem__(self, i):
        return self.values[i]


@program
def an_instance(x):
    s = 0.0
    for part in Batches(x):
        s += np.sum(part) * x[0]
    for i, v in enumerate(Squares(x)):
        s += v * i
    for a, v in zip(x, Squares(x)):
        s += v * a
    return s + sum(Squares(x)) + np.sum([v * v for v in Squares(x)]) + max(Squares(x))


@program
def members(x):
    return sum(x[0] ** power.value for power in Power)


def last(*values):
    return values[0] * values[-1]


@program
def a_star_of_a_comprehension(x):
    us, vs = zip(*[(a, b) for a, b in zip(x, x[::-1])])
    return last(*[x[0] * k for k in range(1, 4)]) + us[0] * vs[1]


ARGUMENTS = [np.array([0.3, 0.5, -0.7, 1.2]), np.array([1.2, 0.7]), np.array([0.7, 0.4, 1.3])]


@pytest.mark.parametrize("x", ARGUMENTS, ids=len)
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, x):
    check_slope(f, x)


def test_an_empty_list():
    x = np.array([0.0])
    assert value_and_grad(not_a_list)(x)[0] == not_a_list(x) == 1.0
    assert value_and_grad(not_a_list)(np.zeros(0))[0] == 0.0


@pytest.mark.parametrize("kind", [Endless])
def test_an_instance_without_iter(kind):
    def f(x):
        return sum(v for v in kind([x[0], x[1]]))

    with pytest.raises(SrcgradError, match="cannot iterate over"):
        grad(f)(np.ones(2))


def test_del_of_an_element_of_an_array():
    def f(x):
        del x[0]
        return x[0]

    with pytest.raises(SrcgradError, match="'del' of an item"):
        grad(f)(np.ones(2))
