import numpy as np


def f_grad(x1, x2):
    """Gradient of f (scalar_expression.py:12) with respect to x1 and x2."""
    x2_bar = x1 - np.cos(x2)           # 13: return np.log(x1) + x1 * x2 - np.sin(x2)
    x1_bar = x2 + 1 / x1
    return x1_bar, float(x2_bar)
