"""Waves on a membrane (examples/wave_equation.py): linear, so that nothing is saved."""

import numpy as np


def misfit_grad(start, velocity, c, steps, measured):
    now, before = start.copy(), start - velocity
    around = np.empty_like(start[1:-1, 1:-1])
    part = np.empty_like(around)
    stay = 2 - 4 * c
    for _ in range(steps):
        np.add(now[:-2, 1:-1], now[2:, 1:-1], out=around)
        around += now[1:-1, :-2]
        around += now[1:-1, 2:]
        around *= c
        around += np.multiply(now[1:-1, 1:-1], stay, out=part)
        inner = before[1:-1, 1:-1]
        np.subtract(around, inner, out=inner)
        now, before = before, now

    now -= measured
    now *= 2
    now_bar, before_bar = now, np.zeros_like(now)
    for _ in range(steps):
        now_bar, before_bar = before_bar, now_bar
        inner = before_bar[1:-1, 1:-1]
        np.multiply(inner, c, out=part)
        now_bar[:-2, 1:-1] += part
        now_bar[2:, 1:-1] += part
        now_bar[1:-1, :-2] += part
        now_bar[1:-1, 2:] += part
        now_bar[1:-1, 1:-1] += np.multiply(inner, stay, out=part)
        np.negative(inner, out=inner)
    now_bar += before_bar
    return now_bar, np.negative(before_bar, out=before_bar)
