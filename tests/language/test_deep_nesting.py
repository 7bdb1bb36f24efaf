"""Code that stands far to the right: the user's line beside it is cut, and stays a comment."""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

from srcgrad import grad


@pytest.mark.parametrize("depth", [21, 24, 26])
def test_comments_stay_comments(depth: int) -> None:
    text = "def f(x):\n    s = 0.0\n"
    for i in range(depth):
        text += "    " * (i + 1) + f"if x[0] > -{i}.5:\n"
    text += "    " * (depth + 1) + "s = s + x[0] ** 2 * x[1]\n    return s\n"
    name = f"<nested {depth}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace: dict[str, Any] = {}
    exec(compile(text, name, "exec"), namespace)
    np.testing.assert_allclose(grad(namespace["f"])(np.array([0.5, 3.0])), [3.0, 0.25])
