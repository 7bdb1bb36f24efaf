"""Tuples in lists whose length data tell: named ones, and those that hold what is no number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_slope

X = np.array([0.913, 0.3171, 0.7229, 0.5377])


class Part(NamedTuple):
    a: Any
    b: Any


def test_named_tuples_are_popped() -> None:
    def halved(x):
        stack, total = [Part(x[0], x[1])], 0.0
        while stack:
            part = stack.pop()
            if part.a > 0.2:
                stack.append(Part(part.a * 0.5, part.b * 0.5))
                stack.append(Part(part.a * 0.3, part.b * 0.5))
            else:
                total = total + part.b * part.a**2
        return total

    check_slope(halved, X)
    check_slope(halved, X[::-1].copy())


@pytest.mark.parametrize("other", [None, "a text", np.sin, True, 3], ids=str)
def test_beside_numbers(other: Any) -> None:
    """What is no number has a cotangent of zero, as flags and indices have."""

    def squares(x):
        pairs = [pair for pair in [(v, other) for v in x] if pair[0] > 0.6]
        return sum(pair[0] ** 2 for pair in pairs)

    np.testing.assert_allclose(grad(squares)(X), np.where(X > 0.6, 2 * X, 0.0))
