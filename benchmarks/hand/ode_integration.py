"""Runge-Kutta on Lotka and Volterra's equations (examples/ode_integration.py).

``misfit_grad`` is the adjoint of the program as it was written, with arrays of two numbers and any
right-hand side.  ``misfit_scalar_grad`` is that of a program written for these equations alone, in
Python floats: it takes a tenth of the time.
"""

import math

import numpy as np


def misfit_grad(params, y, h, record):
    n = len(record)
    states = np.empty((n, len(y)))
    states[0] = y
    points = []  # where the right-hand side was evaluated
    half, sixth = h / 2, h / 6
    for t in range(n - 1):
        k = _rhs(y, params)
        total = k
        y2 = y + half * k
        k = _rhs(y2, params)
        total = total + 2 * k
        y3 = y + half * k
        k = _rhs(y3, params)
        total += 2 * k
        y4 = y + h * k
        total += _rhs(y4, params)
        points.append((y, y2, y3, y4))
        total *= sixth
        y = np.add(y, total, out=states[t + 1])

    y_bars = np.log(states)
    y_bars -= np.log(record)
    y_bars *= 2 / n
    y_bars /= states
    params_bar = np.zeros(4)
    y_bar = y_bars[-1].copy()
    for t in range(n - 2, -1, -1):
        y, y2, y3, y4 = points[t]
        k4_bar = sixth * y_bar
        y4_bar = _add_rhs_pullback(k4_bar, y4, params, params_bar)
        k_bar = 2 * k4_bar
        y3_bar = _add_rhs_pullback(k_bar + h * y4_bar, y3, params, params_bar)
        y2_bar = _add_rhs_pullback(k_bar + half * y3_bar, y2, params, params_bar)
        y_bar += y4_bar
        y_bar += y3_bar
        y_bar += y2_bar
        y2_bar *= half
        y2_bar += k4_bar
        y_bar += _add_rhs_pullback(y2_bar, y, params, params_bar)
        y_bar += y_bars[t]
    return params_bar, y_bar


def _rhs(y, params):
    births, eaten, food, deaths = params.tolist()
    u, v = y.tolist()
    return np.array([(births - eaten * v) * u, (food * u - deaths) * v])


def _add_rhs_pullback(k_bar, y, params, params_bar):
    """The cotangent of the state; that of the parameters is added to ``params_bar``."""
    births, eaten, food, deaths = params.tolist()
    u, v = y.tolist()
    p, q = k_bar.tolist()
    params_bar += [p * u, -p * u * v, q * u * v, -q * v]
    return np.array(
        [p * (births - eaten * v) + q * food * v, q * (food * u - deaths) - p * eaten * u]
    )


def misfit_scalar_grad(params, y, h, record):
    births, eaten, food, deaths = params.tolist()
    u, v = y.tolist()
    n = len(record)
    half, sixth = h / 2, h / 6
    points = []  # where the right-hand side was evaluated
    states = [(u, v)]
    for _ in range(n - 1):
        a1, b1 = (births - eaten * v) * u, (food * u - deaths) * v
        u2, v2 = u + half * a1, v + half * b1
        a2, b2 = (births - eaten * v2) * u2, (food * u2 - deaths) * v2
        u3, v3 = u + half * a2, v + half * b2
        a3, b3 = (births - eaten * v3) * u3, (food * u3 - deaths) * v3
        u4, v4 = u + h * a3, v + h * b3
        a4, b4 = (births - eaten * v4) * u4, (food * u4 - deaths) * v4
        points.append((u, v, u2, v2, u3, v3, u4, v4))
        u += sixth * (a1 + 2 * a2 + 2 * a3 + a4)
        v += sixth * (b1 + 2 * b2 + 2 * b3 + b4)
        states.append((u, v))

    rows = record.tolist()
    births_bar = eaten_bar = food_bar = deaths_bar = 0.0
    u_bar = v_bar = 0.0
    for t in range(n - 1, -1, -1):
        (u, v), (u_seen, v_seen) = states[t], rows[t]
        u_bar += 2 / n * (math.log(u) - math.log(u_seen)) / u
        v_bar += 2 / n * (math.log(v) - math.log(v_seen)) / v
        if t == 0:
            break
        u, v, u2, v2, u3, v3, u4, v4 = points[t - 1]
        # Each stage: p and q are the cotangents of its two slopes.
        p4, q4 = sixth * u_bar, sixth * v_bar
        u4_bar = p4 * (births - eaten * v4) + q4 * food * v4
        v4_bar = q4 * (food * u4 - deaths) - p4 * eaten * u4
        p3, q3 = 2 * p4 + h * u4_bar, 2 * q4 + h * v4_bar
        u3_bar = p3 * (births - eaten * v3) + q3 * food * v3
        v3_bar = q3 * (food * u3 - deaths) - p3 * eaten * u3
        p2, q2 = 2 * p4 + half * u3_bar, 2 * q4 + half * v3_bar
        u2_bar = p2 * (births - eaten * v2) + q2 * food * v2
        v2_bar = q2 * (food * u2 - deaths) - p2 * eaten * u2
        p1, q1 = p4 + half * u2_bar, q4 + half * v2_bar
        u_bar += u4_bar + u3_bar + u2_bar + p1 * (births - eaten * v) + q1 * food * v
        v_bar += v4_bar + v3_bar + v2_bar + q1 * (food * u - deaths) - p1 * eaten * u
        births_bar += p1 * u + p2 * u2 + p3 * u3 + p4 * u4
        deaths_bar -= q1 * v + q2 * v2 + q3 * v3 + q4 * v4
        eaten_bar -= p1 * u * v + p2 * u2 * v2 + p3 * u3 * v3 + p4 * u4 * v4
        food_bar += q1 * u * v + q2 * u2 * v2 + q3 * u3 * v3 + q4 * u4 * v4
    return np.array([births_bar, eaten_bar, food_bar, deaths_bar]), np.array([u_bar, v_bar])
