"""Which of the lists, dicts and dataclasses that a function is given are one: never silently wrong.

Each program is called with containers that are as many objects, where it agrees with the function,
and then with one object in several places, where it agrees too, or is refused; and the other way
round, so that it is asked of each call and not only of the one that is compiled.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad
from tests.slopes import check_at


@dataclass
class Dense:
    w: Any


Given = Callable[[], tuple[Any, ...]]


@dataclass
class Case:
    """A function, what makes its arguments, and the same with one object in two places."""

    f: Callable[..., Any]
    apart: Given
    one: Given
    wrt: int | tuple[int, ...] = 0


def check_either_way(case: Case, refused: bool) -> None:
    """Compares with the function, in either order of the calls."""
    for first in (case.apart, case.one):
        derivative = value_and_grad(case.f, case.wrt)
        for given in (first, case.one if first is case.apart else case.apart):
            if refused and given is case.one:
                before = copy.deepcopy(given())
                args = given()
                with pytest.raises(AliasingError):
                    derivative(*args)
                assert args == before
            else:
                assert derivative(*given())[0] == case.f(*given())


# --- what has ints in it, which are differentiated as floats, in a copy ---------------------------

NUMBERS: list[Any] = [1, 2.0]


def of_two(a, b):
    a[0] = a[1] * 3
    return a[0] * b[0]


def of_two_keys(p):
    p["a"]["x"] = p["b"]["y"] * 3.0
    return p["a"]["x"] * p["b"]["x"]


def logged(items, log):
    log.append(5.0)
    return sum(items)


def beside_a_global(a):
    a[0] = a[1] * 3
    return a[0] * NUMBERS[0]


def of_rows(rows):
    return of_two(*rows)


def an_attribute(layers, other):
    layers[0].w = other.w * 3.0
    return layers[0].w * other.w + layers[1]


def _twice(value: Any) -> tuple[Any, Any]:
    return (value, value)


def _dense() -> tuple[Any, ...]:
    layer = Dense(2)
    return [layer, 0.5], layer


WITH_INTS = [
    Case(of_two, lambda: ([1, 2.0], [1, 2.0]), lambda: _twice([1, 2.0])),
    Case(of_two, lambda: ([1, 2.0], [1, 2.0]), lambda: _twice([1, 2.0]), (0, 1)),
    Case(
        of_two_keys,
        lambda: ({"a": {"x": 1, "y": 2.0}, "b": {"x": 1, "y": 2.0}},),
        lambda: (dict(zip("ab", _twice({"x": 1, "y": 2.0}), strict=True)),),
    ),
    Case(logged, lambda: ([1, 2.0], [3.0]), lambda: _twice([1, 2.0])),
    Case(beside_a_global, lambda: ([1, 2.0],), lambda: (NUMBERS,)),
    Case(of_rows, lambda: ([[1, 2.0], [1, 2.0]],), lambda: (list(_twice([1, 2.0])),)),
    Case(an_attribute, lambda: ([Dense(2), 0.5], Dense(2)), _dense),
]


@pytest.mark.parametrize("case", WITH_INTS, ids=lambda case: case.f.__name__)
def test_what_has_ints_in_it_is_known_by_what_was_given(case):
    check_either_way(case, refused=True)


def test_a_dataclass_with_an_int_that_is_in_two_arguments():
    def f(a, b):
        return a.w * b.w**2 * (3.0 if a is b else 1.0)

    one = Dense(2)
    derivative = value_and_grad(f, (0, 1))
    assert derivative(one, one) == (24.0, (Dense(12.0), Dense(24.0)))
    assert derivative(Dense(2), Dense(2)) == (8.0, (Dense(4.0), Dense(8.0)))
    assert derivative(one, one)[0] == 24.0


# --- copies, in which what was one object is one --------------------------------------------------


def copied_rows(rows):
    new = copy.deepcopy(rows)
    new[0][0] = new[0][1] * 5.0
    return new[1][0] * new[1][1]


def copied_dict(p):
    new = copy.deepcopy(p)
    new["a"].append(3.0 * new["b"][0])
    return sum(new["b"]) * new["a"][-1]


def two_copied(a, b):
    c, d = copy.deepcopy((a, b))
    c[0] = c[1] * 5.0
    return d[0] * d[1]


def copies_compared(rows):
    new = copy.deepcopy(rows)
    return new[0][0] * 3.0 if new[0] is new[1] else new[0][0]


def copied_of_an_object(net):
    new = copy.deepcopy(net)
    new.w[0][0] = new.w[0][1] * 5.0
    return new.w[1][0] * new.w[1][1]


def chosen_and_copied(a, b):
    best = a if a[0] > b[1] else b
    c, d = copy.deepcopy([best, b])
    c[0] = c[1] * 7.0
    return d[0] * d[1]


def of_a_copy_and_what_was_made(a, b):
    mine = [a[0], b[1]]
    c, d, e = copy.deepcopy([mine, a, mine])
    c[0] = c[1] * 7.0
    return d[0] * e[0] * b[0]


PAIR = [[1.0, 2.0], [3.0, 4.0]]
TWICE = list(_twice([1.0, 2.0]))


def rows(kind: type = list) -> tuple[Any, ...]:
    return (kind([[1.0, 2.0], [1.0, 2.0]]),)


def one_row(kind: type = list) -> tuple[Any, ...]:
    return (kind(_twice([1.0, 2.0])),)


COPIED = [
    Case(copied_rows, rows, one_row),
    Case(copied_rows, lambda: rows(tuple), lambda: one_row(tuple)),
    Case(copied_rows, lambda: ([[1, 2.0], [1, 2.0]],), lambda: (list(_twice([1, 2.0])),)),
    Case(
        copied_dict,
        lambda: ({"a": [1.0, 2.0], "b": [1.0, 2.0]},),
        lambda: (dict(zip("ab", _twice([1.0, 2.0]), strict=True)),),
    ),
    Case(two_copied, lambda: ([1.0, 2.0], [1.0, 2.0]), lambda: _twice([1.0, 2.0])),
    Case(two_copied, lambda: ([1.0, 2.0], [1.0, 2.0]), lambda: _twice([1.0, 2.0]), (0, 1)),
    Case(copies_compared, rows, one_row),
    Case(copied_of_an_object, lambda: (Dense(*rows()),), lambda: (Dense(*one_row()),)),
    Case(chosen_and_copied, lambda: ([1.0, 2.0], [1.0, 2.0]), lambda: _twice([1.0, 2.0]), (0, 1)),
]


@pytest.mark.parametrize("case", COPIED, ids=lambda case: case.f.__name__)
def test_copies_of_what_is_differentiated_twice_are_refused(case):
    check_either_way(case, refused=True)


def beside_rows(x, rows):
    new = copy.deepcopy(rows)
    new[0][0] = x[0] * 5.0
    return x[1] * new[1][0] * new[1][1] * (2.0 if new[0] is new[1] else 1.0)


def beside_an_object(x, net):
    new = copy.deepcopy(net)
    new.w["a"].append(x[0])
    return x[1] * new.w["b"][-1]


@pytest.mark.parametrize(
    "case",
    [
        Case(beside_rows, lambda: ([3.0, 4.0], *rows()), lambda: ([3.0, 4.0], *one_row())),
        Case(beside_rows, lambda: ([3, 4.0], *rows(tuple)), lambda: ([3, 4.0], *one_row(tuple))),
        Case(
            beside_an_object,
            lambda: ([3.0, 4.0], Dense({"a": [1.0], "b": [1.0]})),
            lambda: ([3.0, 4.0], Dense(dict(zip("ab", _twice([1.0]), strict=True)))),
        ),
    ],
    ids=lambda case: case.f.__name__,
)
def test_what_is_not_differentiated_is_copied_once(case):
    check_either_way(case, refused=False)


def test_gradients_through_copies_of_what_was_one():
    def f(x):
        new = copy.deepcopy(TWICE)
        new[0][0] = x[0] * 5.0
        return x[1] * new[1][0] * new[1][1]

    def g(x):
        rows = copy.deepcopy([[x[0], x[1]], [x[1], 0.5]])
        rows[0][0] = rows[0][1] * x[0]
        return rows[0][0] * rows[1][0]

    for function in (f, g):
        check_at(function, np.array([0.7, 1.3]), np.array([1.1, -0.4]))
    assert TWICE == [[1.0, 2.0], [1.0, 2.0]]


def test_copies_of_what_the_program_has_made_beside_what_was_given():
    derivative = value_and_grad(of_a_copy_and_what_was_made, (0, 1))
    given = ([2.0, 3.0], [5.0, 7.0])
    assert derivative(*given) == (490.0, ([245.0, 0.0], [98.0, 70.0]))
    chosen = value_and_grad(chosen_and_copied)
    with pytest.raises(AliasingError):  # 'b' is not the function's own, and has no number
        chosen(*given)


def test_a_memo_is_refused():
    def f(x):
        memo = {}
        a, b = copy.deepcopy(x, memo), copy.deepcopy(x, memo)
        a[0] = a[1] * 5
        return b[0]

    with pytest.raises(UnsupportedSyntaxError, match="memo"):
        value_and_grad(f)([1.0, 2.0])

    def g(x):
        return sum(copy.deepcopy(x, None))

    assert value_and_grad(g)([1.0, 2.0]) == (3.0, [1.0, 1.0])


# --- 'is' -----------------------------------------------------------------------------------------


def is_it(x, y):
    return x[0] * 3.0 if x is y else x[0]


def is_global(x):
    return x[0] * 3.0 if x is PAIR[0] else x[0]


def is_no_part(p, y):
    return p["p"][0] * 3.0 if p["p"] is not y else p["p"][0]


def without_one(rows, row):
    return sum(r[0] * r[1] for r in rows if r is not row)


def beside_a_change(x, y, z):
    z[0] = z[1] * 2.0
    return x[0] * 3.0 if y is x else x[0] * z[0]


def in_a_list(x, y):
    return sum(r[0] * 3.0 if r is y else r[0] for r in [x, y])


def by_an_index(rows, row):
    total = 0.0
    for i in range(len(rows)):
        r = rows[i]
        total = total + (r[0] * 3.0 if r is row else r[1])
    return total


def after_trips(x, y):
    z = x
    for _ in range(3):
        z = z
    return x[0] * 3.0 if z is y else x[0]


def in_an_object(net, y):
    return net.w[0] * 3.0 if net.w is y else net.w[0]


def _row_of(count: int) -> tuple[Any, Any]:
    given = [[float(i), 2.0] for i in range(count)]
    return given, given[1]


def _part_of() -> tuple[Any, Any]:
    given = {"p": [2.0, 3.0]}
    return given, given["p"]


def _attribute_of() -> tuple[Any, Any]:
    net = Dense([2, 3.0])
    return net, net.w


def of_lists() -> tuple[Any, Any]:
    return [2.0, 3.0], [2.0, 3.0]


def one_list() -> tuple[Any, Any]:
    return _twice([2.0, 3.0])


COMPARED = [
    Case(is_it, of_lists, one_list),
    Case(is_it, of_lists, one_list, (0, 1)),
    Case(is_it, lambda: ([2, 3.0], [2, 3.0]), lambda: _twice([2, 3.0])),
    Case(is_it, lambda: ({0: 2.0}, {0: 2.0}), lambda: _twice({0: 2.0})),
    Case(is_global, lambda: ([1.0, 2.0],), lambda: (PAIR[0],)),
    Case(is_no_part, lambda: ({"p": [2.0, 3.0]}, [2.0, 3.0]), _part_of),
    Case(without_one, lambda: (_row_of(3)[0], [1.0, 2.0]), lambda: _row_of(3)),
    Case(without_one, lambda: (_row_of(9)[0], [1.0, 2.0]), lambda: _row_of(9)),
    Case(by_an_index, lambda: (_row_of(9)[0], [1.0, 2.0]), lambda: _row_of(9)),
    Case(beside_a_change, lambda: (*of_lists(), [3.0, 4.0]), lambda: (*one_list(), [3.0, 4.0])),
    Case(
        beside_a_change,
        lambda: (*of_lists(), [3.0, 4.0]),
        lambda: (*one_list(), [3.0, 4.0]),
        (0, 1, 2),
    ),
    Case(in_a_list, of_lists, one_list),
    Case(after_trips, of_lists, one_list, (0, 1)),
    Case(in_an_object, lambda: (Dense([2, 3.0]), [2, 3.0]), _attribute_of),
]


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.f.__name__)
def test_is(case):
    check_either_way(case, refused=False)


def chosen_by_data(x, y):
    z = x if x[0] > y[1] else y
    return z[0] * 3.0 if z is x else z[1]


def test_is_of_what_data_choose():
    case = Case(chosen_by_data, of_lists, one_list, (0, 1))
    check_either_way(case, refused=True)
    with pytest.raises(AliasingError):  # 'y' is not the function's own, and has no number
        value_and_grad(chosen_by_data)(*of_lists())


def test_is_beside_what_the_program_makes():
    def f(x, y, n):
        rows = [[v, n] for v in x]
        return sum(r[0] for r in rows if x is not y and r is not y) * n

    assert value_and_grad(f)([2.0, 3.0], [2.0, 3.0], 2.0) == (10.0, [2.0, 2.0])
    with pytest.raises(AliasingError, match="'a' and 'b' are one list, and a copy or 'is'"):
        value_and_grad(two_copied)(*one_list())
