"""What one arm of a branch adds to a sum is added in that arm."""

from __future__ import annotations

import math

from srcgrad import grad
from srcgrad.testing import check_grads


def one_part(x, c):
    s = x
    for _ in range(9):
        s = 1.5 * math.sin(s)
        if s > c:
            break
        s = s + x
    return s


def two_parts(x, c):
    """Both arms' contributions go to one sum, one after the other."""
    s, t = x, 2.0 * x
    for k in range(5):
        u = math.sin(s)
        if k % 2:
            s = s * x + u
        t = t + math.cos(s * x) * u
        if t > c:
            break
        t = t * x + s
    return s * t


def test_a_branch_that_adds():
    g = grad(one_part)
    assert math.isfinite(g(0.3, 1.2))
    assert "        if not stopped:" in g.source
    assert "            x_bar += s_bar" in g.source


def test_gradients():
    for c in (1.2, 1.4, 9.0):
        check_grads(one_part, (0.3, c))
        check_grads(two_parts, (0.7, c))
