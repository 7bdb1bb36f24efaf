"""The order in which a set comes to which data add elements: that of the set in Python."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad, vjp
from tests.slopes import check_at, slopes

X = np.array([0.31, -0.22, 0.73, 0.44, -1.17, 0.96, 1.38])
POINTS = (X, -X, X[:1])
SEEN = frozenset([24, 8, 16, 0])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def in_order(x, elements, s=1.0):
    for i in elements:
        s = s * 0.7 + x[i % len(x)] ** 2 * (i + 1)
    return s


# --- loops ----------------------------------------------------------------------------------------


@program
def active_ones(x):
    active = set()
    for i in range(len(x)):
        if x[i] > 0:
            active.add(i * 8)
    s = 0.0
    for i in active:
        s = s * 0.7 + x[i // 8] ** 2 * (i + 1)
    return s + sum(x[i // 8] / (j + 1) for j, i in enumerate(active))


@program
def of_a_comprehension(x):
    active = {i * 7 % 16 for i in range(len(x)) if x[i] > 0}
    rows, weights = list(active), tuple(active)
    s = sum(x[i % len(x)] * (k + 1) for k, i in enumerate(rows))
    for i in weights:
        s = s * 0.9 + x[i % len(x)]
    return s + in_order(x, set(range(len(x))) - active) + in_order(x, [*active, 3])


@program
def of_pairs(x):
    near = set()
    for i in range(len(x)):
        for j in range(i):
            if abs(x[i] - x[j]) < 0.6:
                near.add((j, i))
    s = 0.0
    for i, j in near:
        s = s * 0.9 + (x[i] - x[j]) ** 2 * (i + 2 * j)
    return s


@program
def of_texts(x):
    weights, found, s = {"a": 0.3, "b": 1.7, "c": -0.4}, set(), 0.0
    for i, v in enumerate(x):
        if v > 0:
            found.add("abc"[i % 3])
    for name in found:
        s = s * 0.5 + weights[name] * x[0]
    return s


@program
def breadth_first_by_sets(x):
    n = len(x)
    frontier, seen, s, weight = {0}, {0}, 0.0, 1.0
    while frontier:
        new = set()
        for i in frontier:
            s = s * 0.9 + weight * x[i] ** 2
            for j in ((i * 3 + 1) % n, (i * 2 + 3) % n):
                if j not in seen and x[j] > -1:
                    seen.add(j)
                    new.add(j)
        frontier = new
        weight *= 0.5
    return s


@program
def breadth_first_by_operators(x):
    n = len(x)
    frontier, seen, s = {0}, set(), 0.0
    while frontier:
        seen |= frontier
        s = s * 0.6 + sum(x[i] ** 2 / (k + 1) for k, i in enumerate(frontier))
        frontier = {j for i in frontier for j in ((i * 2 + 1) % n, (i * 3 + 2) % n)} - seen
    return s


@program
def loops_that_leave(x):
    active, s = {i * 5 % 8 for i in range(len(x)) if x[i] > 0}, 0.0
    for i in active:
        if i > 5:
            break
        s = s * 0.5 + x[i % len(x)]
    for i in list(active):
        if x[i % len(x)] > 0.5:
            active.discard(i)
    return s + in_order(x, active)


# --- any element ----------------------------------------------------------------------------------


@program
def the_first_one(x):
    active = {i * 8 for i in range(len(x)) if x[i] > 0.3}
    return x[next(iter(active)) // 8] ** 2 if active else x[0]


@program
def taken_out(x):
    n = len(x)
    todo, done, s = {0}, set(), 0.0
    while todo:
        i = todo.pop()
        done.add(i)
        s = s * 0.7 + x[i % n] ** 2
        for j in ((i * 5 + 8) % 41, (i + 16) % 41):
            if j not in done and x[j % n] > -1 and len(done) < 12:
                todo.add(j)
    return s + in_order(x, done)


@program
def taken_out_once(x):
    active = {0}
    if x[0] > 0:
        active |= {8, 16}
    s = x[active.pop() % len(x)] ** 2
    active.update([3, 11] if len(active) > 1 else [])
    return s + in_order(x, active)


# --- what is done to them -------------------------------------------------------------------------


@program
def operators(x):
    n, s = len(x), 0.0
    a = {i * 5 % 16 for i in range(n) if x[i] > 0}
    b = {i * 8 for i in range(n) if x[i] < 0.6}
    for some in (
        a | b,
        a & b,
        a ^ b,
        a - b,
        b - a,
        a | {16, 8, 0},
        SEEN - a,
        SEEN ^ b,
        {3, 11} | a,
    ):
        s = in_order(x, some, s)
    return s


@program
def operators_in_place(x):
    n = len(x)
    a = {i * 5 % 16 for i in range(n) if x[i] > 0}
    b, c = {i * 8 for i in range(n) if x[i] < 0.6}, a
    a |= b
    s = in_order(x, a)
    a -= {1, 2, 3}
    s = in_order(x, a, s)
    a ^= b
    s = in_order(x, a, s)
    a &= set(range(0, 40, 2))
    return in_order(x, c, s)


@program
def methods(x):
    n = len(x)
    a = {i * 8 for i in range(n) if x[i] > 0}
    s = in_order(x, a.union([3, 24], {i for i in range(n) if x[i] < 0}))
    s = in_order(x, a.intersection([40, 8, 0, 16]), s)
    s = in_order(x, a.difference([8, 3], a & {16}), s)
    s = in_order(x, a.symmetric_difference([24, 8, 5]), s)
    a.update([i * 3 for i in range(n) if x[i] < 0.5], {40: 1, 32: 2})
    a.difference_update([8, 6], {16})
    s = in_order(x, a, s)
    a.symmetric_difference_update([3, 24])
    a.intersection_update(range(0, 99, 3))
    s = in_order(x, a, s)
    a.clear()
    a.add(n)
    return in_order(x, a, s)


@program
def copies(x):
    a, s = {i * 37 % 64 for i in range(len(x)) if x[i] > 0}, 0.0
    b, c, d = a.copy(), set(a), copy.copy(a)
    b.add(1)
    c.discard(37)
    d |= {5}
    e = copy.deepcopy(d)
    for some in (a, b, c, d, e, frozenset(a)):
        s = in_order(x, some, s)
    return s


@program
def keys_of_dicts(x):
    sums, groups = {}, defaultdict(float)
    for i, v in enumerate(x):
        sums[i * 8 % 24] = sums.get(i * 8 % 24, 0.0) + v
        groups[int(v * 3)] += v
    a = {i * 8 for i in range(len(x)) if x[i] > 0}
    s = in_order(x, sums.keys() & a)
    for some in (sums.keys() | [0, 40], sums.keys() - a, a - sums.keys(), sums.keys() ^ {8, 3}):
        s = in_order(x, some, s)
    for some in (groups.keys() | a, groups.keys() - {0}, set(sums), set(groups), set(sums.keys())):
        s = in_order(x, some, s)
    return s + sum(sums[k] * (i + 1) for i, k in enumerate(sums.keys() & {16, 0, 8}))


@program
def with_what_is_known(x):
    """A set that was known until data added to it, however it came about."""
    s = 0.0
    for some in (
        {24, 8, 16, 0},
        {1, 2, 3, 4, 5, 6},
        set(range(7)) - {3},
        {15, 7} | {23},
        set({8: 1, 0: 2, 16: 3}),
        {0, 1, 2, 3, 4}.copy(),
        set(SEEN),
    ):
        for i in range(len(x)):
            if x[i] > 0.5:
                some.add(i * 8)
        s = in_order(x, some, s)
    return s


@program
def with_itself_and_with_nothing(x):
    a, b, s = set(range(4)), {i * 8 for i in range(len(x)) if x[i] > 0}, 0.0
    a |= a
    if x[0] > 0:
        a.add(8)
    b.update(b)
    for some in (a, b.union(b, [3]), b | b, b & b, b | set(), b ^ set(), b.union([])):
        s = in_order(x, some, s)
    b ^= b
    b |= {3, 11, 19}
    return in_order(x, b, s)


@program
def what_was_taken_out_before(x):
    some = set(range(20))
    for k in range(15):
        some.discard(k)
    some.pop()
    if x[0] > 0:
        some.update([48, 80])
    s = in_order(x, some) + x[some.pop() % len(x)]
    return s + x[some.pop() % len(x)]


@program
def in_arms(x):
    some = {3, 11}
    if x[0] > 0:
        some.add(19)
        s = in_order(x, some)
    else:
        some.discard(3)
        s = x[0]
    s = in_order(x, some, s)
    if x[-1] > 0:
        some = some | {27}
    return in_order(x, some, s)


@program
def merged_with_what_is_there(x):
    few, more = {0, 1, 2, 3}, {16, 32}
    few |= {3}
    more |= {24, 8}
    more |= {8}
    for i in range(len(x)):
        few.add((16, 5, 37)[i % 3])
        more.add((16, 5, 37)[i % 3])
    return in_order(x, few) * in_order(x, more)


@program
def merged_and_taken_out(x):
    groups, s = defaultdict(set), 0.0
    for i in range(len(x)):
        for k in (16, 5, 21):
            groups[i % 2] |= {k + i}
    while groups[0]:
        s = s * 0.5 + x[groups[0].pop() % len(x)] ** 2
    return s


class Active:
    def __init__(self):
        self.which = set()

    def note(self, i):
        self.which.add(i)

    def total(self, x):
        return in_order(x, self.which)


@program
def in_an_object(x):
    active = Active()
    for i, v in enumerate(x):
        if v > 0:
            active.note(i * 8)
    return active.total(x)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)
    for x in POINTS[:2]:
        assert value_and_grad(f)(x)[0] == f(x)


def test_a_pullback():
    value, pull = vjp(taken_out, X)
    assert value == taken_out(X)
    for _ in range(2):
        np.testing.assert_allclose(pull(-2.0)[0], -2.0 * grad(taken_out)(X))


def test_sets_that_are_given():
    def f(x, seen):
        s = 0.0
        for some in (seen - {8}, {8, 3} | seen, set(seen) | {5}, seen & {i for i in range(9)}):
            s = in_order(x, some, s)
        return s

    larger = {15, 7, *range(16, 60)}
    larger.difference_update(range(16, 60))
    for seen in ({15, 7, 23}, {7, 15}, larger, set(), set(range(0, 90, 8))):
        value, found = value_and_grad(f)(X, seen)
        assert value == f(X, seen)
        np.testing.assert_allclose(
            found, slopes(lambda x, t=seen: f(x, t), X), rtol=1e-5, atol=1e-6
        )


def test_the_text():
    source = grad(taken_out).lower(X).source
    assert "todo = {0}" in source
    assert "i = todo.pop()" in source
    assert "todo.add(" in source
    assert ".copy()" not in source


def test_what_python_raises():
    def f(x):
        some = {i for i in range(len(x)) if x[i] > 9}
        return x[some.pop()]

    with pytest.raises(KeyError) as wanted:
        f(X)
    with pytest.raises(KeyError) as caught:
        grad(f)(X)
    assert caught.value.args == wanted.value.args


# --- what is refused ------------------------------------------------------------------------------


def changed_while_it_is_iterated_over(x):
    some, s = {i for i in range(len(x)) if x[i] > 0}, 0.0
    for i in some:
        s += x[i]
        if x[i] > 1:
            some.discard(i)
    return s


def changed_before_an_iterator_is_asked(x):
    some = {i for i in range(len(x)) if x[i] > 0}
    values = (x[i] for i in some)
    some.add(99)
    return sum(values)


def changed_after_iter(x):
    some = {i for i in range(len(x)) if x[i] > 0}
    rest = iter(some)
    some.discard(0)
    return x[next(rest)]


def changed_by_what_reads_it(x):
    some = {i for i in range(len(x)) if x[i] > 0}
    some.difference_update(i + 1 for i in range(len(x)) if i in some)
    return in_order(x, some)


def came_about_in_two_ways(x):
    some = {8, 0}
    if x[0] > 0:
        some = {0, 8}
    if x[1] > 0:
        some.add(int(x[2] * 10))
    return in_order(x, some)


REFUSED = {
    changed_while_it_is_iterated_over: ("changed while it is iterated over", "list(elements)"),
    changed_before_an_iterator_is_asked: ("is changed between making an iterator", "list(...)"),
    changed_after_iter: ("is changed between making an iterator", "list(...)"),
    changed_by_what_reads_it: ("is given to 'difference_update'", "make a list of it"),
    came_about_in_two_ways: ("a set is iterated over", "sorted(elements)"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    message, hint = REFUSED[f]
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(X)
    assert caught.value.loc and hint in caught.value.hint
