"""Bodies that attract each other (examples/n_body.py), in scalar loops on Python floats.

Elements of lists cost a quarter of elements of arrays.  The places of each step are saved;
distances are computed again.
"""

import math

import numpy as np


def miss_grad(v0, x, v, masses, h, steps, goal, softening=1e-3):
    m = masses.tolist()
    n = len(m)
    xs, ys = x[:, 0].tolist(), x[:, 1].tolist()
    us, vs = v[:, 0].tolist(), v[:, 1].tolist()
    us[0], vs[0] = v0.tolist()
    half = 0.5 * h
    places = [(xs, ys)]
    ax, ay = _accelerations(xs, ys, m, softening)
    for _ in range(steps):
        us = [u + half * a for u, a in zip(us, ax)]
        vs = [w + half * a for w, a in zip(vs, ay)]
        xs = [p + h * u for p, u in zip(xs, us)]
        ys = [p + h * w for p, w in zip(ys, vs)]
        places.append((xs, ys))
        ax, ay = _accelerations(xs, ys, m, softening)
        us = [u + half * a for u, a in zip(us, ax)]
        vs = [w + half * a for w, a in zip(vs, ay)]

    x_bar, y_bar, u_bar, v_bar = [0.0] * n, [0.0] * n, [0.0] * n, [0.0] * n
    x_bar[0], y_bar[0] = (2 * (np.array([xs[0], ys[0]]) - goal)).tolist()
    ax_bar, ay_bar = [0.0] * n, [0.0] * n
    for _ in range(steps):
        ax_bar = [a + half * u for a, u in zip(ax_bar, u_bar)]
        ay_bar = [a + half * w for a, w in zip(ay_bar, v_bar)]
        _add_pullback(x_bar, y_bar, ax_bar, ay_bar, *places.pop(), m, softening)
        u_bar = [u + h * p for u, p in zip(u_bar, x_bar)]
        v_bar = [w + h * p for w, p in zip(v_bar, y_bar)]
        ax_bar = [half * u for u in u_bar]
        ay_bar = [half * w for w in v_bar]
    _add_pullback(x_bar, y_bar, ax_bar, ay_bar, *places.pop(), m, softening)
    return np.array([u_bar[0], v_bar[0]]), np.array([x_bar, y_bar]).T.copy()


def _accelerations(xs, ys, m, softening):
    n = len(m)
    ax, ay = [0.0] * n, [0.0] * n
    for i in range(n):
        xi, yi, mi = xs[i], ys[i], m[i]
        axi = ayi = 0.0
        for j in range(i):
            dx, dy = xs[j] - xi, ys[j] - yi
            r2 = dx * dx + dy * dy + softening
            s = 1.0 / (r2 * math.sqrt(r2))
            dx *= s
            dy *= s
            axi += m[j] * dx
            ayi += m[j] * dy
            ax[j] -= mi * dx
            ay[j] -= mi * dy
        ax[i] += axi
        ay[i] += ayi
    return ax, ay


def _add_pullback(x_bar, y_bar, ax_bar, ay_bar, xs, ys, m, softening):
    """Adds to ``x_bar`` and ``y_bar`` what the cotangents of the accelerations give."""
    for i in range(len(m)):
        xi, yi, mi, axi, ayi = xs[i], ys[i], m[i], ax_bar[i], ay_bar[i]
        xi_bar = yi_bar = 0.0
        for j in range(i):
            dx, dy = xs[j] - xi, ys[j] - yi
            r2 = dx * dx + dy * dy + softening
            s = 1.0 / (r2 * math.sqrt(r2))
            wx, wy = m[j] * axi - mi * ax_bar[j], m[j] * ayi - mi * ay_bar[j]
            along = 3.0 / r2 * (wx * dx + wy * dy)
            dx_bar, dy_bar = s * (wx - along * dx), s * (wy - along * dy)
            x_bar[j] += dx_bar
            y_bar[j] += dy_bar
            xi_bar += dx_bar
            yi_bar += dy_bar
        x_bar[i] -= xi_bar
        y_bar[i] -= yi_bar
