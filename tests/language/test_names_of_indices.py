"""The index of a loop in the backward sweep has a name that may be read."""

from __future__ import annotations

import numpy as np

from srcgrad import grad


def collected(x):
    items = []
    for _ in range(5):
        x = x * np.sin(x)
        items.append(x)
    return np.mean(np.array(items) ** 2)


def test_an_underscore_that_is_read_is_an_index() -> None:
    gradient = grad(collected)
    slope = (collected(1.2 + 1e-6) - collected(1.2 - 1e-6)) / 2e-6
    np.testing.assert_allclose(gradient(1.2), slope, rtol=1e-6)
    assert "[_]" not in gradient.source
    assert "[i]" in gradient.source
    assert "for _ in range(5):" in gradient.source
