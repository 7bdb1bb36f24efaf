"""Tests of many batches of random programs, some of them for ``--long`` only."""

from __future__ import annotations

from typing import Any

import pytest


def batches(normal: int, all_of_them: int) -> list[Any]:
    """The numbers of the batches: the first ones are part of every run of the tests."""
    long = [pytest.param(i, marks=pytest.mark.long) for i in range(normal, all_of_them)]
    return [*range(normal), *long]
