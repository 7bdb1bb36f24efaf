import numpy as np


def horner_vjp(c, x, i):
    """Value of horner (recursion.py:16), and its pullback with respect to c, x."""
    test = i == len(c)
    if test:
        y = 0.0
    else:
        value, horner_pullback = horner_vjp(c, x, i + 1)
        y = c[i] + x * value

    def pullback(y_bar, c_bar):
        if test:                       # 18: if i == len(c):
            x_bar = 0.0
        else:
            # 20: return c[i] + x * horner(c, x, i + 1)
            x_bar = y_bar * value + horner_pullback(y_bar * x, c_bar)
            c_bar[i] += y_bar
        return x_bar

    return y, pullback


def horner_grad(c, x, i):
    """Gradient of horner (recursion.py:16) with respect to c and x."""
    # Forward
    _, horner_pullback = horner_vjp(c, x, i)

    # Backward
    c_bar = np.zeros_like(c)           # 16: def horner(c, x, i=0):
    x_bar = horner_pullback(1.0, c_bar)
    return c_bar, float(x_bar)
