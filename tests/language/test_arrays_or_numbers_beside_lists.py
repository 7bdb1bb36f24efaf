"""Lists and tuples that meet what is an array on one way, and a number or None on another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from srcgrad.errors import CertainError, UnknownTypeError

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def array_or_none(x):
    a = x
    if x[0] > 100:
        a = None
    return np.sum(a * [1.0, 2.0]) + np.sum((3.0, x[0]) * a)


@program
def growing_list_and_array_or_none(x):
    a = x
    if x[1] < 0:
        a = None
    items = []
    for v in x:
        items.append(v * v)
    return np.sum((a * items) ** 2)


@program
def list_in_place(x):
    a = x
    if x[0] > 100:
        a = None
    items, others = [1.0, x[0]], [2.0, 3.0]
    items *= a
    others += a
    return np.sum(items * others)


@program
def array_of_either(x):
    a = np.array([2, 3])
    if x[0] > 100:
        a = 2
    return np.sum((np.asarray(a) * [x[0], 2.0]) ** 2)


@program
def computed_from_either(x):
    a = x
    if x[0] > 100:
        a = 2
    return np.sum((a + x) * [x[0], 2.0])


@program
def never_equal(x):
    a = x if x[0] > 100 else 0.3
    w = a == [0.3, 0.3]
    return np.sum(w * x)


@program
def never_equal_if_none(x):
    a = None
    if x[0] > 100:
        a = x
    r = a == (0.3, 0.5)
    return np.sum(x) * (3 if np.ndim(r) else 2)


@program
def caught_of_a_number(x):
    s = x * 1
    if x[0] < 100:
        s = 2
    try:
        r = s + [x[0], 1.0]
    except TypeError:
        r = x * 3
    return np.sum(r)


@program
def caught_of_none(x):
    s = x * 1
    if x[0] < 100:
        s = None
    try:
        r = s @ [x[0], 1.0]
    except TypeError:
        r = x[0] * 3
    return r * x[1]


@program
def caught_of_no_elements(x):
    s = x * 1
    if x[0] < 100:
        s = None
    items = []
    for v in x:
        if v > 10:
            items.append(v)
    try:
        r = np.sum(s + items)
    except TypeError:
        r = x[0] * 3
    return r * x[1]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.3, 0.5]), np.array([0.7, -0.4])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def subtracted(x, a):
    if x[0] > 100:
        a = x
    return np.sum((a - [x[0], 2.0]) * x)


def powers(x, a):
    if x[0] > 100:
        a = x
    return np.sum((x[0], 2.0) ** a)


def of_matrices(x, a):
    if x[0] > 100:
        a = x
    return a @ [x[0], 2.0]


def in_order(x, a):
    if x[0] > 100:
        a = x
    return np.sum((a < [x[0], 2.0]) * x)


@pytest.mark.parametrize("f", [subtracted, powers, of_matrices, in_order])
@pytest.mark.parametrize("a", [2, 0.5, True])
def test_a_number_raises_where_it_meets_the_list(f, a):
    x = np.array([0.3, 0.5])
    for call in (f, grad(f)):
        with pytest.raises(TypeError):
            call(x, a)
    y = np.array([101.0, 0.5])
    np.testing.assert_allclose(value_and_grad(f)(y, a)[0], f(y, a))


def number_or_none(x):
    a = 1
    if x[0] > 100:
        a = None
    return np.sum((a + [x[0], 2.0]) * x)


def number_or_none_in_place(x):
    a = 1
    if x[0] > 100:
        a = None
    a += [x[0], 2.0]
    return np.sum(a * x)


def one_in_order(x):
    a = 1.5
    if x[0] > 100:
        a = None
    return x[0] if a < (x[0], 2.0) else x[1]


@pytest.mark.parametrize("f", [number_or_none, number_or_none_in_place, one_in_order])
def test_a_number_or_none_certainly_raises(f):
    x = np.array([0.3, 0.5])
    with pytest.raises(TypeError):
        f(x)
    with pytest.raises(CertainError) as caught:
        grad(f)(x)
    assert type(caught.value.original) is TypeError


def perhaps_empty_or_none(x):
    y = x[x > 1]
    if x[0] < 0:
        y = None
    return np.sum(y * {"a": 1})


def test_an_array_without_elements_does_not_raise():
    assert perhaps_empty_or_none(np.zeros(2)) == 0
    with pytest.raises(SrcgradError) as caught:
        value_and_grad(perhaps_empty_or_none)(np.zeros(2))
    assert not isinstance(caught.value, CertainError)


def nothing_is_compared(x):
    a = None
    if x[0] < 100:
        a = True
    r = a == [0.5, 2.0]
    return r[0] * x[0]


def test_one_answer_has_no_elements():
    with pytest.raises(TypeError, match="not subscriptable"):
        nothing_is_compared(np.ones(2))
    with pytest.raises((TypeError, SrcgradError)):
        grad(nothing_is_compared)(np.ones(2))


def repeated_or_multiplied(x):
    a = np.array(3)
    if x[0] > 100:
        a = 2
    y = x * 1.0
    for v in a * [x[0], x[1]]:
        y = y * v
    return np.sum(y)


def in_a_tuple(x):
    a = x
    if x[0] > 100:
        a = 2
    return np.sum((x[0], 2.0) * a)


def multiplied_in_place(x):
    a = x
    if x[0] > 100:
        a = 2
    items = [x[0], 2.0]
    items *= a
    return np.sum(items)


def growing(x):
    a = x
    if x[0] > 100:
        a = True
    return np.sum([v for v in x if v > 0.1] * a)


@pytest.mark.parametrize("f", [repeated_or_multiplied, in_a_tuple, multiplied_in_place, growing])
def test_what_multiplies_or_repeats_is_refused(f):
    with pytest.raises(UnknownTypeError, match="repeats it") as caught:
        grad(f)(np.array([0.3, 0.5]))
    assert "np.array" in (caught.value.hint or "")


def as_the_hint_says(x):
    a = np.array(3)
    if x[0] > 100:
        a = 2
    return np.sum((a * np.array([x[0], x[1]])) ** 2)


def test_the_hint():
    with pytest.raises(UnknownTypeError, match="a may be an array or a number"):
        grad(repeated_or_multiplied)(np.array([0.3, 0.5]))
    value, x_bar = value_and_grad(as_the_hint_says)(np.array([0.3, 0.5]))
    np.testing.assert_allclose(value, 3.06)
    np.testing.assert_allclose(x_bar, [5.4, 9.0])
