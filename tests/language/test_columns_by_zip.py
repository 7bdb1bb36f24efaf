"""``a, b = zip(*pairs)``, of how many pairs is open, is refused; what to write is in the hint."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad
from tests.language.checking import check

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def test_the_hint_holds() -> None:
    def zipped(x):
        pairs = [(v, v * v) for v in x if v > 0]
        a, b = zip(*pairs, strict=True)
        return sum(u * w for u, w in zip(a, b, strict=True))

    def by_rows(x):
        pairs = [(v, v * v) for v in x if v > 0]
        a, b = [row[0] for row in pairs], [row[1] for row in pairs]
        return sum(u * w for u, w in zip(a, b, strict=True))

    with pytest.raises(UnknownTypeError, match="the number of elements must be known") as caught:
        grad(zipped)(X)
    assert caught.value.hint is not None
    assert "[row[0] for row in rows]" in caught.value.hint
    check(by_rows, X, wrt=0)
    assert by_rows(X) == zipped(X)
