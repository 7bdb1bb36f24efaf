"""Named tuples of numbers that are known: keys of dicts, elements of sets, indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


class Cell(NamedTuple):
    row: int
    column: int

    def right(self):
        return Cell(self.row, self.column + 1)


WEIGHTS = {Cell(1, 2): 3.0, (4, 5): 2.0}


@dataclass(frozen=True)
class Key:
    number: int


@case(vector())
def a_grid(x):
    grid = {Cell(i, j): x[i] * x[j] for i in range(2) for j in range(2)}
    grid[(7, 7)] = x[3]
    total = 0.0
    for cell, v in grid.items():
        if cell == (7, 7):
            continue
        for other in (Cell(cell.row + 1, cell.column), cell.right()):
            if other in grid:
                total = total + v * grid[other]
    return total * grid[Cell(7, 7)] + grid.pop(Cell(0, 0))


@case(vector())
def weights_from_outside(x):
    total = 0.0
    for cell in [Cell(0, 1), Cell(1, 2), Cell(4, 5)]:
        total = total + WEIGHTS.get(cell, 0.5) * x[cell.row % 3]
    return total


@case(vector())
def as_a_tuple(x):
    same = {Cell(1, 2), (1, 2)}
    found = 2.0 if Cell(1, 2) in [(1, 2), 3] else 3.0
    rows = sorted([(Cell(2, 1), x[0]), (Cell(1, 1), x[1])], key=lambda row: row[0])
    return rows[0][1] * found * len(same) + rows[1][1]


@case(vector())
def an_index(x):
    a = np.outer(x, x)
    place = Cell(0, 1)
    a[place] = 3.0 * x[2]
    return np.sum(a[Cell(0, 1)]) + a[Cell(1, 0)]


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def test_keys_are_given_back() -> None:
    def f(x):
        grid = {Cell(0, 1): x[0] * 2}
        return np.sum(x), grid

    (value, aux), gradient = value_and_grad(f, has_aux=True)(np.ones(2))
    assert value == 2.0
    assert aux == {Cell(0, 1): 2.0}
    assert type(next(iter(aux))) is Cell
    np.testing.assert_array_equal(gradient, [1.0, 1.0])


def test_other_instances_are_refused() -> None:
    def f(x):
        d = {Key(1): x[0]}
        return d[Key(1)]

    with pytest.raises(UnknownTypeError, match="is an instance or a set"):
        grad(f)(np.ones(2))
