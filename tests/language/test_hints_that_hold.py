"""What is refused says why, and what the hint says to write instead is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from srcgrad.testing import check_grads

TIMES = np.array([3, 1, 2, 3])


def rows_and_numbers(x):
    x = x.copy()
    rows = []
    for i in range(3):
        rows.append((x[i], x[i, 0]))
    for p, v in rows:
        p += v
    return (x**2).sum()


def two_lists_of_rows(x):
    x = x.copy()
    v = x * 2
    xs, vs = [x[i] for i in range(3)], [v[i] for i in range(3)]
    for p, q in zip(xs, vs):
        p += q
    return (x**2).sum()


def set_of_what_data_tell(x):
    s = 0.0
    for v in set(x[:, 0]):
        s = s + v
    return s


def what_differs(x):
    s = 0.0
    for t in np.unique(TIMES):
        s = s + x[t - 1, 0] * t
    return s


def none_in_a_list(x):
    before = [None] * 60
    for i in range(1, 60):
        before[i] = int(np.argmax(x[:i, 0]))
    node, s = 59, 0.0
    while node is not None:
        s = s + x[node % 3, 1]
        node = before[node]
    return s


def minus_one_in_an_array(x):
    before = np.full(3, -1)
    for i in range(1, 3):
        before[i] = int(np.argmax(x[:i, 0]))
    node, s = 2, 0.0
    while node >= 0:
        s = s + x[node, 1]
        node = before[node]
    return s


class Tank:
    def __init__(self, level, rate=2.0):
        self.level = level
        self.rate = rate

    def out(self):
        return self.level * self.rate


class Valved(Tank):
    def out(self):
        return self.level**2


def one_of_two_classes(x):
    tanks = [Valved(row[0]) if row[1] > 3 else Tank(row[0]) for row in x]
    return sum(tank.out() for tank in tanks)


def one_class(x):
    tanks = [Tank(row[0], 4.0) if row[1] > 3 else Tank(row[0]) for row in x]
    return sum(tank.out() for tank in tanks)


def characters(x):
    s = 0.0
    for c in "".join(["a" if v > 1 else "b" for v in x[:, 0]]):
        if c == "a":
            s = s + x[0, 0]
    return s


def merged(a):
    if len(a) <= 1:
        return a
    m = len(a) // 2
    left, right = merged(a[:m]), merged(a[m:])
    out = np.zeros(len(a))
    i = j = 0
    for k in range(len(a)):
        if j >= len(right) or (i < len(left) and left[i] <= right[j]):
            out[k] = left[i]
            i += 1
        else:
            out[k] = right[j]
            j += 1
    return out


def written_after_a_call(x):
    s = merged(x[:, 0])
    s[0] *= 3
    return s.sum()


def copied_after_a_call(x):
    s = merged(x[:, 0]).copy()
    s[0] *= 3
    return s.sum()


def columns_chosen(x):
    best = (np.inf, None)
    for j in range(x.shape[1]):
        for v in x[:, j]:
            if (v - 2.3) ** 2 < best[0]:
                best = ((v - 2.3) ** 2, j)
    return best


def none_as_an_index(x):
    error, j = columns_chosen(x)
    total = np.zeros(len(x))
    total += np.tanh(x[:, j] - error)
    return total.sum()


def none_as_an_index_of_a_sum(x):
    (_, j), total = columns_chosen(x), x[0, 0] ** 2
    for i in range(len(x)):
        total += x[i, j]
    return total


def an_index_that_is_there(x):
    error, j = columns_chosen(x)
    assert j is not None
    total = np.zeros(len(x))
    total += np.tanh(x[:, j] - error)
    return total.sum()


def counted_in_a_list(x):
    calls = [0]

    def doubled(v):
        calls[0] += 1
        return v if v > 20 else doubled(2 * v) + x[0, 1]

    return doubled(x[0, 0]) * calls[0]


def counted_in_an_array(x):
    calls = np.zeros(1)

    def doubled(v):
        calls[0] += 1
        return v if v > 20 else doubled(2 * v) + x[0, 1]

    return doubled(x[0, 0]) * calls[0]


def longest_rise(x):
    d = x[:, 0] * np.array([1.0, 0.2, 0.7])
    memo = np.full(len(d), np.nan)

    def rise(i):
        if not np.isnan(memo[i]):
            return memo[i]
        best = 0.0
        for j in range(i):
            if d[j] < d[i]:
                best = max(best, rise(j))
        memo[i] = d[i] + best
        return memo[i]

    return max(rise(i) for i in range(len(d)))


REFUSED = [
    (none_as_an_index, "an index here is None or a number", "assert k is not None"),
    (none_as_an_index_of_a_sum, "an index here is None or a number", "assert k is not None"),
    (rows_and_numbers, "an array is put into a list", r"loop over zip\(xs, ys\)"),
    (set_of_what_data_tell, "an element of a set", r"np\.unique\(xs\)"),
    (none_in_a_list, "an index into a container", r"np\.full\(n, -1\)"),
    (characters, "a string whose characters", "compute it from constants"),
    (written_after_a_call, "what 'merged' gives is written", r"merged\(\.\.\.\)\.copy\(\)"),
]


@pytest.mark.parametrize(
    ("f", "message", "hint"), REFUSED, ids=lambda v: getattr(v, "__name__", "")
)
def test_refused(f: Callable[..., Any], message: str, hint: str) -> None:
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(np.arange(6.0).reshape(3, 2) + 1)
    assert caught.value.loc is not None
    assert caught.value.hint is not None
    assert re.search(hint, caught.value.hint)


INSTEAD = [
    two_lists_of_rows, what_differs, minus_one_in_an_array, one_class, one_of_two_classes,
    copied_after_a_call, an_index_that_is_there, counted_in_a_list, counted_in_an_array,
    longest_rise,
]  # fmt: skip


@pytest.mark.parametrize("f", INSTEAD, ids=lambda f: f.__name__)
def test_what_hints_say(f: Callable[..., Any]) -> None:
    check_grads(f, (np.arange(6.0).reshape(3, 2) + 1,))


def test_classes_that_the_index_tells() -> None:
    """A loop that is unrolled knows of which class each object is."""

    def f(levels):
        tanks = [Valved(v) if i % 2 else Tank(v) for i, v in enumerate(levels)]
        return sum(tank.out() for tank in tanks)

    check_grads(f, (np.array([1.0, 2.0, 3.0]),))
