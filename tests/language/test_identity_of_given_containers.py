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

import pytest

from srcgrad import AliasingError, value_and_grad


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
