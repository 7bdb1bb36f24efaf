"""What is refused says what is the matter, and who follows the hint gets the same result."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from srcgrad import SrcgradError, value_and_grad
from tests.language.checking import check

X = np.array([0.7, -1.2, 1.5, 0.4])


class Failure(Exception):
    def __init__(self, place, value):
        super().__init__(place, value)
        self.place = place
        self.value = value


def going_on(x):
    y = x.copy()
    y[0] *= 2.0
    it = itertools.chain(reversed(y))
    t = 0.0
    for v in it:
        if v < 0:
            break
        t += v
    for v in it:
        t += v * v
    return t


def going_on_with_a_list(x):
    y = x.copy()
    y[0] *= 2.0
    it = iter(list(itertools.chain(reversed(y))))
    t = 0.0
    for v in it:
        if v < 0:
            break
        t += v
    for v in it:
        t += v * v
    return t


def growing(x):
    q = [x[0]]
    for v in q:
        if v < 4:
            q.append(v * 2)
    return sum(q)


def growing_in_a_while(x):
    q = [x[0]]
    i = 0
    while i < len(q):
        v = q[i]
        if v < 4:
            q.append(v * 2)
        i += 1
    return sum(q)


def through_a_view(x):
    a = np.outer(x, x)
    d = np.einsum("ii->i", a)
    d *= 3.0
    return np.sum(a * a)


def through_indices(x):
    a = np.outer(x, x)
    i = np.arange(len(a))
    a[i, i] *= 3.0
    return np.sum(a * a)


@pytest.mark.parametrize(
    ("refused", "message", "hint", "instead"),
    [
        (going_on, "that is gone on with is changed", "list(it)", going_on_with_a_list),
        (growing, "changes its length", "'while i < len(items)'", growing_in_a_while),
        (through_a_view, "may give back any", "A[i, i] *= s", through_indices),
    ],
)
def test_who_follows_the_hint_gets_the_same(refused, message, hint, instead):
    with pytest.raises(SrcgradError, match=message) as raised:
        value_and_grad(refused)(X)
    assert hint in raised.value.hint
    np.testing.assert_allclose(refused(X.copy()), instead(X.copy()))
    check(instead, X)


def written(x):
    u = x.copy()
    try:
        if x[0] > 0:
            raise Failure(1, x[1])
    except Failure as e:
        u[e.place] = e.value * e.value * 3
    return np.sum(u)


def written_where_the_arguments_say(x):
    u = x.copy()
    try:
        if x[0] > 0:
            raise Failure(1, x[1])
    except Failure as e:
        j = e.args[0]
        u[j] *= 2.0
    return np.sum(u)


def taken_apart(x):
    u = x.copy()
    try:
        if x[0] > 0:
            raise Failure(1, 2)
    except Failure as e:
        i, j = e.args
        u[i] = j
    return np.sum(u)


def gone_through(x):
    t = 0.0
    try:
        if x[0] > 0:
            raise Failure(1, 2.0)
    except Failure as e:
        for v in e.args:
            t += v * x[1]
    return np.sum(x) + t


@pytest.mark.parametrize("f", [written, written_where_the_arguments_say, taken_apart, gone_through])
def test_attributes_of_what_is_caught(f):
    with pytest.raises(SrcgradError, match="what an attribute of a caught exception is") as raised:
        value_and_grad(f)(X)
    assert "from what is known before the 'try'" in raised.value.hint


def raveled_by_its_layout(a, s):
    r = a.ravel()
    a *= s
    return np.sum(r * a.T.ravel())


def copied_and_raveled(a, s):
    r = a.copy().ravel()
    a *= s
    return np.sum(r * a.T.ravel())


def test_a_copy_where_a_view_was_expected():
    a = np.asfortranarray(X.reshape(2, 2))
    with pytest.raises(ValueError, match="if a copy is meant, copy it before"):
        value_and_grad(raveled_by_its_layout)(a, 1.3)
    assert raveled_by_its_layout(a.copy("F"), 1.3) == copied_and_raveled(a.copy("F"), 1.3)
    value, a_bar = value_and_grad(copied_and_raveled)(a, 1.3)
    assert value == copied_and_raveled(a.copy("F"), 1.3)
    slopes = [
        (copied_and_raveled(a + e, 1.3) - copied_and_raveled(a - e, 1.3)) / 2e-6
        for e in 1e-6 * np.eye(4).reshape(4, 2, 2)
    ]
    np.testing.assert_allclose(a_bar.ravel(), slopes, rtol=1e-6)
