import numpy as np


def branching_grad(x, y):
    """Gradient of branching (gates.py:25) with respect to x and y."""
    # Forward
    s = x * y

    # Backward
    s_bar = np.cos(s) + x              # 27: return s * x + np.sin(s)
    x_bar = s + s_bar * y              # 26: s = x * y
    y_bar = s_bar * x
    return float(x_bar), float(y_bar)
