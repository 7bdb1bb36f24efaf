import numpy as np


def misfit_grad(start, velocity, c, steps, measured):
    """Gradient of misfit (wave_equation.py:44) with respect to start and velocity."""
    # Forward
    now = start.copy()
    now_bar_0 = np.zeros_like(now)
    before = start - velocity
    before_bar_0 = np.zeros_like(before)
    now_bar = now_bar_0
    before_bar = before_bar_0
    for _ in range(steps):
        around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
        before[1:-1, 1:-1] = 2 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + c * (around - 4 * now[1:
            -1, 1:-1])
        now, before, now_bar, before_bar = before, now, before_bar, now_bar

    # Backward
    # 45: return np.sum((wave(start, velocity, c, steps) - measured) ** 2)
    now_bar += 2 * (now - measured)
    before_bar, now_bar = now_bar, before_bar      # 20: for _ in range(steps):
    for _ in range(steps):
        total_bar = before_bar[1:-1, 1:-1].copy()  # 22: before[1:-1, 1:-1] = ( ...
        around_bar = total_bar * c
        before_bar[1:-1, 1:-1] = -total_bar
        now_bar[1:-1, 1:-1] -= 4 * around_bar
        now_bar[1:-1, 1:-1] += 2 * total_bar
        # 21: around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
        now_bar[1:-1, 2:] += around_bar
        now_bar[1:-1, :-2] += around_bar
        now_bar[:-2, 1:-1] += around_bar
        now_bar[2:, 1:-1] += around_bar
        before_bar, now_bar = now_bar, before_bar
    velocity_bar = -before_bar_0  # 30: now, before = start.copy(), start - velocity
    start_bar = before_bar_0 + now_bar_0
    return start_bar, velocity_bar
