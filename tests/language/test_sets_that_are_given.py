"""Sets among the arguments: they are read, copied and never changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from srcgrad.errors import CertainError

X = np.array([0.7, 1.3, 0.9, 1.1, 0.6, 1.7])
STEP = 1e-6
PROGRAMS: list[Callable[..., Any]] = []


def slopes(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    steps = STEP * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / (2 * STEP) for step in steps])


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_copy_that_grows(x, seen):
    mine = set(seen)
    s = 1.0
    for i in range(3):
        s *= x[len(mine)]
        mine.add(i + 5)
    return s * len(seen)


@program
def the_same_name(x, seen):
    seen = set(seen)
    seen.add(4)
    return np.sum(x) * len(seen)


@program
def in_order(x, seen):
    s = x[5]
    for k in sorted(seen):
        s = s * x[k]
    return s * (1 + sum(seen))


@program
def operators(x, seen):
    both = seen | {9}
    s = 0.0
    for k in sorted(both):
        s += x[k % 6] ** 2
    s = s * (9 in both) + s * (9 in seen)
    return s + s * len(seen & {1, 2, 4}) + s * len(seen - {1}) + s * len({1, 7} - seen)


@program
def methods(x, seen):
    more, other = seen.union({5}), seen.copy()
    other.discard(1)
    return x[len(more)] * x[len(other)] * len(seen) * (1 + len(seen.intersection((1, 3))))


@program
def emptied(x, seen):
    todo = set(seen)
    s = 0.0
    while todo:
        k = min(todo)
        todo.remove(k)
        s += x[k] ** 2
    return s


@program
def asked(x, seen):
    s = 0.0
    for i in range(len(x)):
        if i in seen:
            s += x[i] ** 2 * len(seen)
    return s


@program
def put_into_another(x, seen):
    mine = {4}
    mine.update(seen)
    return x[len(mine)] ** 2


@program
def in_its_order(x, seen):
    s = x[5]
    for i, k in enumerate(seen):
        s = 2 * s + i * x[k] ** 2
    return s + sum([x[k] for k in seen])


@program
def compared(x, seen):
    s = x[0] * (2 if seen <= {1, 2, 3} else 3) * (2 if {1, 2} > seen else 3)
    s *= (2 if seen == {1, 2} else 3) * (2 if seen.isdisjoint([0, 4]) else 3)
    return s * len(seen ^ {1, 9}) * len(seen.symmetric_difference([2])) * x[1]


@pytest.mark.parametrize("given", [{1, 2}, {3}, set(), {0, 2, 4}])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_set_is_read(f, given):
    before = copy.copy(given)
    value, gradient = value_and_grad(f)(X, given)
    assert given == before
    np.testing.assert_allclose(value, f(X, before), rtol=1e-12)
    want = slopes(lambda x: f(x, before), X)
    np.testing.assert_allclose(gradient, want, rtol=1e-6, atol=1e-7)


def test_texts():
    def total(p, names):
        s = 0.0
        for name in ("a", "b", "c"):
            if name in names | {"b"}:
                s += p[name] ** 2
        return s

    p = {"a": 1.5, "b": 2.0, "c": 0.5}
    assert grad(total)(p, {"a"}) == {"a": 3.0, "b": 4.0, "c": 0.0}


def test_the_text():
    source = grad(a_copy_that_grows).lower(X, {1, 2}).source
    assert "elements = set(seen)" in source
    assert "elements.add(i + 5)" in source
    assert "sum(list(seen))" in grad(in_order).lower(X, {1, 2}).source


def test_other_elements():
    """What they are is nothing that the gradient is compiled for, but whether they are integers."""
    derivative = grad(asked)
    for given in ({1}, {1, 2}, {5, 3, 0}, set(), {1.0, 2}):
        want = slopes(lambda x, given=given: asked(x, given), X)
        np.testing.assert_allclose(derivative(X, given), want, rtol=1e-6)
    with pytest.raises(CertainError, match="'<' not supported"):
        grad(in_order)(X, {1, "a"})


def _added(x, seen):
    seen.add(7)
    return np.sum(x) * len(seen)


def _joined(x, seen):
    seen |= {9}
    return np.sum(x) * len(seen)


def _in_a_branch(x, seen):
    if x[0] > 0:
        seen.discard(3)
    return x[0] * len(seen)


def _by_a_name(x, seen):
    drop = seen.clear
    drop()
    return x[0] * len(seen)


def _less(x, seen):
    seen -= {1}
    return x[0] * len(seen)


@pytest.mark.parametrize("f", [_added, _joined, _in_a_branch, _by_a_name, _less])
def test_it_is_not_changed(f):
    """As lists and dicts are not: the gradient would change what the caller has."""
    for program_, given in ((f, {1, 2}), (lambda x, p: f(x, p["seen"]), {"seen": {1, 2}})):
        before = copy.deepcopy(given)
        with pytest.raises(AliasingError, match=r"changes a set that the function was given"):
            grad(program_)(X, given)
        assert given == before


def test_a_loop_over_what_operators_make_of_it():
    """There the gradient is compiled for what is in the set, and for its order."""

    def in_any_order(x, seen):
        s = 0.0
        for k in (seen | {3}) - {1}:
            s = s * 2 + x[k] ** 2
        return s + sum(x[k] for k in {0, 1, 2} - seen)

    derivative = value_and_grad(in_any_order)
    for given in ({1, 2}, {5, 3, 0}, set(), {4, 1}, {1, 2}):
        value, found = derivative(X, given)
        np.testing.assert_allclose(value, in_any_order(X, given), rtol=1e-14)
        want = slopes(lambda x, given=given: in_any_order(x, given), X)
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)


def test_what_is_in_many():
    def less_one(x, seen):
        return sum(x[k % 6] / (i + 1) for i, k in enumerate(seen - {1}))

    seen = set(range(300))
    value, found = value_and_grad(less_one)(X, seen)
    np.testing.assert_allclose(value, less_one(X, seen), rtol=1e-14)
    np.testing.assert_allclose(found, slopes(lambda x: less_one(x, seen), X), rtol=1e-6)
