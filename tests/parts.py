"""What is part of every run of the tests, and what of those with ``--long`` only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

everything = False
"""Whether ``--long`` was given; known before the tests are collected."""


def batches(normal: int, all_of_them: int) -> list[Any]:
    """The numbers of the batches: the first ones are part of every run of the tests."""
    long = [pytest.param(i, marks=pytest.mark.long) for i in range(normal, all_of_them)]
    return [*range(normal), *long]


def examples(normal: int, all_of_them: int) -> int:
    """How many examples a test draws."""
    return all_of_them if everything else normal


def one_of(count: int, items: Iterable[T], row: int) -> list[T]:
    """Every ``count``-th of ``items``, others in the next row; all of them with ``--long``.

    Where every item is tried in every row, each is in some rows so, and each row has some.
    """
    return list(items) if everything else list(items)[row % count :: count]
