"""Functions that call themselves in the trips of a loop, whose bounds a first call knows.

What the loop leaves when nothing is known of the calls yet, an empty list, proves nothing.
"""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

D = np.array([1.03, 1.87, 0.52, 3.1])


def rod_cutting(d):
    def best(n):
        if n == 0:
            return 0.0
        return max(d[k - 1] * k**0.5 + best(n - k) for k in range(1, n + 1))

    return best(4)


def shortest(d):
    def cost(i):
        if i == 0:
            return 0.0
        return min(cost(k) + d[k] * (i - k) ** 2 for k in range(i))

    return cost(3)


def minimax(d):
    def play(node, sign):
        if node >= 3:
            return d[node - 3] * d[0]
        kids = [play(child, -sign) for child in (2 * node + 1, 2 * node + 2)]
        return max(kids) if sign > 0 else min(kids)

    return play(0, 1)


def first_of_list(d):
    def f(i):
        if i == 0:
            return d[0]
        parts = [f(k) for k in range(i)]
        return parts[0] * d[1]

    try:
        return f(2)
    except IndexError:
        return d[2]


def largest_in_try(d):
    def depth(i):
        if i == 0:
            return 1.0 * d[0]
        kids = [depth(k) for k in range(i)]
        return max(kids) * 1.1

    try:
        return depth(2)
    except ValueError:
        return 20.0 * d[1]


def popped(d):
    def depth(i):
        if i == 0:
            return d[3]
        kids = [depth(i - 1) for _ in range(i)]
        return 1.1 * kids.pop()

    try:
        return depth(3)
    except IndexError:
        return d[1]


def in_a_dict(d):
    def f(i):
        if i == 0:
            return d[0]
        found = {"a": d[2]}
        for k in range(i):
            found["a"] = found["a"] + f(k)
        return found["a"] * d[1]

    try:
        return f(3)
    except KeyError:
        return d[2]


def none_at_first(d):
    def f(i):
        if i == 0:
            return d[0]
        best = None
        for k in range(i):
            cost = f(k) * d[k]
            if best is None or cost > best[0]:
                best = (cost, k)
        return best[0] * d[1]

    try:
        return f(3)
    except TypeError:
        return 10 * d[1]


def in_an_arm(d):
    def f(n):
        if n >= 3:
            return d[n]
        parts = [f(n + j) for j in range(1, 3) if n + j < 4]
        return parts[0] * d[0]

    if d[0] > 0:
        return f(0)
    return d[1]


def in_a_loop(d):
    def f(n):
        if n == 0:
            return d[n]
        return max([f(k) for k in range(n)]) * d[1]

    total = 0.0
    for v in d:
        total += v * f(2)
    return total


def assigned_in_the_trips(d):
    def f(i):
        if i == 0:
            return d[0]
        for k in range(i):
            s = f(k)
        return s * d[1]

    return f(3)


def ended_by_having_no_trip(d):
    def f(i):
        total = d[0]
        for k in range(i):
            one = f(k)
            total = total + one * d[k]
        return total

    return f(3)


class Chain:
    def __init__(self, d):
        self.d = d

    def value(self, n):
        if n == 0:
            return self.d[0]
        parts = [self.value(k) for k in range(n)]
        return self.d[1] * parts[-1]


def by_method(d):
    try:
        return Chain(d).value(2)
    except LookupError:
        return d[3]


def mutually(d):
    def largest(i):
        if i >= 3:
            return d[i % 4]
        return max([smallest(i + j) for j in (1, 2)]) * d[0]

    def smallest(i):
        if i >= 3:
            return d[i % 4] * d[1]
        return min([largest(i + j) for j in (1, 2)]) * d[1]

    return largest(0)


@pytest.mark.parametrize(
    "f",
    [
        rod_cutting, shortest, minimax, first_of_list, largest_in_try, popped, in_a_dict,
        none_at_first, in_an_arm, in_a_loop, assigned_in_the_trips,
        ended_by_having_no_trip, by_method, mutually,
    ],
)  # fmt: skip
def test_gradient(f):
    assert value_and_grad(f)(D)[0] == pytest.approx(f(D))
    check_grads(f, (D,))


def test_what_no_call_gives_is_no_error_of_the_program():
    def f(d, c):
        def g(i):
            parts = [g(k) for k in range(i)]
            return parts[0] * d[1]

        try:
            return g(c)
        except IndexError:
            return d[0]

    for c in (2, 0):
        value, d_bar = value_and_grad(f)(D, c)
        assert value == f(D, c) == D[0]
        np.testing.assert_array_equal(d_bar, np.eye(len(D))[0])
