"""``x.tolist()``: lists of Python's numbers; texts and None beside computed numbers."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.language.cases import Table, matrix, vector

case = Table()


@case(vector())
@case(np.zeros(0))
def numbers(x):
    items = x.tolist()
    s = 0.0
    for v in items:
        s += v * v
    return s + sum(items) * len(items)


@case(matrix())
def rows(a):
    items = a.tolist()
    return items[0][1] * items[1][2] + sum(sum(row) for row in items)


@case(vector())
def whole_numbers(x):
    order = np.argsort(x).tolist()
    return sum(x[j] * k for k, j in enumerate(order))


@case(vector())
def changed_later(x):
    items = x.tolist()
    items.append(items[0] * 2)
    x = x * 3
    items += x.tolist()
    return np.sum(np.array(items) ** 2) * (1.0 if isinstance(items[0], float) else 9.0)


@case(vector())
def text_among_numbers(x):
    items = [x[0], x[1], "end"]
    items.remove("end")
    return items[0] * len(items) + (1.0 if None in items else 2.0 * x[1])


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def test_the_value_is_of_python() -> None:
    value, _ = value_and_grad(lambda x: x.tolist()[0] * 2)(np.ones(2))
    assert type(value) is float
