"""Integers of texts in a base, and lists among the parts of ``np.r_`` and ``np.c_``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad
from tests.slopes import check_slope

ENDS = (0, 1)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def bits_reversed(x):
    x = x.copy()
    for i in range(4):
        j = int(format(i, "02b")[::-1], 2)
        if j > i:
            x[i], x[j] = x[j] ** 2, x[i]
    return x[0] + 2 * x[1] + x[2] * 3


@program
def in_another_base(x):
    s = 0.0
    for i in range(len(x)):
        s += x[int(str(i) + "1", base=5) % 4] * i * x[i]
    return s


@program
def knots_of_constants(x):
    knots, s = np.r_[[0] * 2, 0.5, [1.0] * 2], 0.0
    for i in range(4):
        s += knots[i + 1] * x[i] ** 2
    return s


@program
def lists_beside_arrays(x):
    ends = np.r_[0, x, [1, 2]]
    both = np.r_[ENDS, x, [x[0], x[1] * 2], (3.0, x[2]), []]
    return ends[-1] * x[0] + ends[2] + both @ both[::-1]


@program
def padded(x):
    return sum((np.r_[[x[0]] * 4, x, [x[-1]] * 3])[i + 2] * v for i, v in enumerate(x))


@program
def columns_of_lists(x):
    t = [x[0], x[1] ** 2]
    return (np.c_[[1, 2, 3, 4], x, x * 2] ** 2).sum() + np.r_[t, t].prod()


@program
def a_list_that_grows(x):
    t = []
    for v in x:
        if v > 0.3:
            t.append(v)
    return (np.r_[0, t, 1.0] ** 3).sum()


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_slope(f, np.array([0.9, 0.5, 1.1, 0.2]))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.r_["-1,2,0", x, x].sum(),
        lambda x: np.c_[True, x[:1]].sum(),
    ],
)
def test_other_parts_are_refused(f):
    with pytest.raises(NoDerivativeError, match="numpy.[rc]_ of these parts"):
        grad(f)(np.ones(3))
    with pytest.raises(NoDerivativeError, match="write np.concatenate"):
        grad(f)(np.ones(3))
