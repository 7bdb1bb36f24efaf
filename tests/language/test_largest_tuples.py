"""``max((v, i) for i, v in enumerate(x))``: the tuples of numbers that Python finds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.language.checking import check
from tests.slopes import check_at

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def with_its_place(x):
    best, at = max((v, i) for i, v in enumerate(x))
    return best * x[at - 1]


def of_a_list(x):
    pairs = [(v * x[0], i) for i, v in enumerate(x)]
    best, at = min(pairs)
    return best * x[at - 1]


def of_a_zip(x):
    best, at = min(zip(x, range(5), strict=True))
    return best * x[at - 1]


def of_known_pairs(x):
    best, at = max([(x[0], 0), (x[1], 1), (x[2], 2)])
    return best * x[at + 1]


def as_arguments(x):
    best, at = max((x[0] * x[1], 1), (x[1] * 2, 2))
    return best * x[at]


def the_second_decides(x):
    rows = [(v > 0, -i, v) for i, v in enumerate(x)]
    return max(rows)[2] * min(rows)[2]


def neighbours(x):
    a, b = max((v, w) for v, w in pairwise(x))
    return a * b


def with_a_default(x):
    return max([(v * v, i) for i, v in enumerate(x) if v > 5], default=(x[0] * 2, 1))[0]


PROGRAMS = [
    *(with_its_place, of_a_list, of_a_zip, of_known_pairs, as_arguments),
    *(the_second_decides, neighbours, with_a_default),
]


@pytest.mark.parametrize("x", [X, -X, 10 * X], ids=["x", "-x", "10 x"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_one_that_python_finds(f: Callable[..., Any], x: Any) -> None:
    check(f, x, wrt=0)


def test_of_none() -> None:
    def f(x):
        return max([(v, i) for i, v in enumerate(x) if v > 5])[0]

    check(f, 10 * X, wrt=0)
    with pytest.raises(ValueError, match="empty"):
        value_and_grad(f)(X)


@pytest.mark.parametrize("choose", [max, min])
def test_tuples_with_texts(choose):
    def f(x):
        by_number = choose([(v * v, f"{v:.1f}") for v in x])
        by_text = choose([("even" if i % 2 else "odd", v) for i, v in enumerate(x)])
        return by_number[0] * by_text[1]

    for x in (np.array([0.7, -0.3, 0.9, 0.4]), np.array([0.2, 0.8, -1.5, 0.1])):
        check_at(f, x)
