"""Lists into which loops insert, and of which they take elements, at any place.

The gradient takes out what was inserted, ``out_bar.pop(i)``, and inserts a zero for what was taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_slope

X = np.array([0.7, -1.3, 1.9, -0.4])


def weighted(out: list[Any]) -> Any:
    s = 0.0
    for k, v in enumerate(out):
        s += np.sum(v) ** 2 * (k + 1)
    return s


@pytest.mark.parametrize("place", [0, 1, 2, 3, 9, -1, -2, -3, -9])
@pytest.mark.parametrize("known", [True, False])
def test_inserted_wherever_python_does(place, known):
    def f(x):
        k = place if known else place + int(x[0] > 9)
        out = [x[0] ** 2, x[1] * x[2]]
        if x[2] > 0:
            out.append(x[2])
        out.insert(k, x[3] * x[0])
        return weighted(out)

    check_slope(f, X)


@pytest.mark.parametrize("place", [0, 1, 2, -1, -2, -3])
def test_taken_from_wherever_python_does(place):
    def f(x):
        k = place + int(x[0] > 9)
        out = [x[0] ** 2, x[1] * x[2], np.sin(x[3])]
        s = out.pop(k) * 5
        if x[1] < 0:
            del out[k // 2]
        out.append(x[3] * x[3])
        return s + weighted(out)

    check_slope(f, X)


def in_a_loop(x: np.ndarray) -> Any:
    out: list[Any] = []
    for i in range(len(x)):
        out.insert(i // 2, x[i] ** 2)
    return weighted(out)


def around_the_middle(x: np.ndarray) -> Any:
    out = [v * x[0] for v in x]
    for i in range(3):
        out.insert(-i, x[i])
        if x[i] > 0:
            out[len(out) // 2] *= out.pop(int(x[i] > 1))
    return weighted(out)


def the_old_list_stays(x: np.ndarray) -> Any:
    out = [v * v for v in x]
    for i in range(len(x)):
        before = out[:]
        out.insert(i, x[i] * before[-1])
        out.pop(-2)
    return weighted(out) + weighted(before)


def arrays(x: np.ndarray) -> Any:
    out: list[Any] = []
    for i in range(3):
        row = x[i:] * x[0]
        out.insert(int(x[i] > 0), row)
        row *= 0.5
        out[-1] += i
    out.pop(1)
    return weighted(out)


def sorted_insertion(x: np.ndarray) -> Any:
    ordered: list[Any] = []
    for v in x:
        k = 0
        while k < len(ordered) and ordered[k] < v:
            k += 1
        ordered.insert(k, v)
    return weighted(ordered)


def while_they_last(x: np.ndarray) -> Any:
    items = list(x)
    s = 1.0
    while items:
        s = s * 0.5 + items.pop(len(items) // 2) ** 2
    return s


@pytest.mark.parametrize(
    "f",
    [
        *(in_a_loop, around_the_middle, the_old_list_stays, arrays),
        *(sorted_insertion, while_they_last),
    ],
)
def test_loops(f: Callable[..., Any]) -> None:
    check_slope(f, X)


def test_the_gradient_takes_out_what_was_inserted() -> None:
    text = grad(in_a_loop).lower(X).source
    assert "out.insert(i // 2, x[i] ** 2)" in text
    assert "items_bar.pop(_inserted_at(items_bar, i // 2))" in text


@pytest.mark.parametrize("place", [2, -3])
def test_there_is_none_to_take(place):
    def f(x):
        out = [x[0], x[1]]
        out.pop(place + int(x[2] > 9))
        return x[0] ** 2

    with pytest.raises(IndexError):
        f(X)
    with pytest.raises(IndexError):
        grad(f)(X)


def test_what_was_found_is_not_asked_for() -> None:
    def removed(x):
        left = [0, 1, 2, 3]
        for i in range(4):
            if x[i] > 0:
                left.remove(i)
        return sum(x[j] ** 2 for j in left)

    check_slope(removed, X)
    text = grad(removed).lower(X).source
    assert "list.remove(x): x not in list" in text
    assert "is None" not in text
