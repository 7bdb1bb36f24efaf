"""What a value is computed from is looked at once, however many ways lead there."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad


@pytest.mark.parametrize("count", [12, 30])
def test_many_insertions(count: int) -> None:
    """The number of ways back doubles with each insertion."""

    def inserted(x):
        xs = []
        for v in x:
            i = 0
            while i < len(xs) and xs[i] < v:
                i += 1
            xs.insert(i, v)
        return sum((k + 1) * v for k, v in enumerate(xs))

    x = np.cos(np.arange(count) ** 2)
    np.testing.assert_allclose(grad(inserted)(x), 1 + np.argsort(np.argsort(x)))
