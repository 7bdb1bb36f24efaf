"""What is written instead of changing lists that an argument which is an object has."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from srcgrad import AliasingError, grad
from srcgrad.testing import check_grads

GRID = [[1.0, 2.0], [3.0, 4.0]]
TABLE = {"a": [1.0, 2.0]}


@dataclass
class Box:
    has: Any


def added_to(grid, s):
    for r in range(2):
        for c in range(2):
            grid[r][c] += s
    return sum(grid[0]) * sum(grid[1])


def of_its_own_outside(grid, s):
    return added_to(list(grid), s)


def of_its_own(grid, s):
    return added_to(copy.deepcopy(grid), s)


def in_a_dict(table, s):
    table["a"].append(s)
    return sum(table["a"]) ** 2


def in_a_dict_of_its_own(table, s):
    return in_a_dict(copy.deepcopy(table), s)


@pytest.mark.parametrize(
    ("f", "given"),
    [(added_to, GRID), (of_its_own_outside, GRID), (in_a_dict, TABLE)],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_refused(f: Callable[..., Any], given: Any) -> None:
    with pytest.raises(AliasingError, match="this changes a list") as caught:
        grad(lambda box, s: f(box.has, s))(Box(copy.deepcopy(given)), 2.0)
    assert "copy.deepcopy what it is in" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("f", "given"),
    [(of_its_own, GRID), (in_a_dict_of_its_own, TABLE)],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_the_hint_helps(f: Callable[..., Any], given: Any) -> None:
    check_grads(lambda box, s: f(box.has, s), (Box(copy.deepcopy(given)), 2.0))


@pytest.mark.parametrize(
    ("f", "given"),
    [(added_to, GRID), (of_its_own_outside, GRID), (in_a_dict, TABLE)],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_what_is_no_object_is_changed(f: Callable[..., Any], given: Any) -> None:
    check_grads(lambda given, s: f(copy.deepcopy(given), s), (given, 2.0))
    mine = copy.deepcopy(given)
    want = grad(lambda given, s: f(copy.deepcopy(given), s))(mine, 2.0)
    assert grad(f)(mine, 2.0) == want and mine == given
