"""f(x1, x2) = ln x1 + x1 x2 - sin x2 (examples/scalar_expression.py)."""

import math


def f_grad(x1, x2):
    return 1 / x1 + x2, x1 - math.cos(x2)
