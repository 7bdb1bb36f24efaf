"""Heat in a rod (examples/heat_equation.py): with respect to the start, and to the rate as well.

With respect to the start alone nothing is saved.  For the rate the second differences of all steps
are, in one block of memory.
"""

import numpy as np


def misfit_grad(start, r, measured, steps):
    u = start.copy()
    left, inner, right = u[:-2], u[1:-1], u[2:]
    move = np.empty_like(inner)
    stay = 1 - 2 * r
    for _ in range(steps):
        np.add(left, right, out=move)
        move *= r
        inner *= stay
        inner += move

    u -= measured
    u *= 2
    for _ in range(steps):
        np.multiply(inner, r, out=move)
        inner *= stay
        left += move
        right += move
    return u


def misfit_rate_grad(start, r, measured, steps):
    u = start.copy()
    left, inner, right = u[:-2], u[1:-1], u[2:]
    differences = np.empty((steps, len(inner)))
    move = np.empty_like(inner)
    for t in range(steps):
        difference = differences[t]
        np.add(left, right, out=difference)
        np.multiply(inner, 2, out=move)
        difference -= move
        np.multiply(difference, r, out=move)
        inner += move

    u -= measured
    u *= 2
    stay = 1 - 2 * r
    r_bar = 0.0
    for t in range(steps - 1, -1, -1):
        r_bar += inner.dot(differences[t])
        np.multiply(inner, r, out=move)
        inner *= stay
        left += move
        right += move
    return u, float(r_bar)
