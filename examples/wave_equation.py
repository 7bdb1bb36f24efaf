"""Waves on a square membrane: two arrays of heights that change places in each step.

The heights one step later follow from those now and one step before,

    later = 2 now - before + c (sum of the four neighbours - 4 now),

are written over those before, and then the two arrays swap their names.  The rim stays as it is.
A product of sines with j and k half-waves keeps its shape and swings with an angle of w per step,
where sin(w / 2)^2 = c (sin(j pi / 2n)^2 + sin(k pi / 2m)^2).

If both names stand for one array, nothing is kept of the heights before, and the loop is that of
the heat equation: now + c (sum of the four neighbours - 4 now).
"""

import numpy as np


def leapfrog(now, before, c, steps):
    """The heights after some steps; writes over both arrays."""
    for _ in range(steps):
        around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
        before[1:-1, 1:-1] = (
            2 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + c * (around - 4 * now[1:-1, 1:-1])
        )
        now, before = before, now
    return now


def wave(start, velocity, c, steps):
    now, before = start.copy(), start - velocity
    return leapfrog(now, before, c, steps)


def diffusion(start, c, steps):
    now = before = start.copy()
    return leapfrog(now, before, c, steps)


def focus(start, velocity, c, steps, place):
    """How high the wave stands at one place, squared."""
    return wave(start, velocity, c, steps)[place] ** 2


def misfit(start, velocity, c, steps, measured):
    return np.sum((wave(start, velocity, c, steps) - measured) ** 2)


def diffusion_misfit(start, c, steps, measured):
    return np.sum((diffusion(start, c, steps) - measured) ** 2)


def mode(j, k, shape):
    """The product of sines of j and k half-waves."""
    rows, columns = (np.arange(n) / (n - 1) for n in shape)
    return np.sin(j * np.pi * rows)[:, None] * np.sin(k * np.pi * columns)


def mode_angle(j, k, shape, c):
    """How far it swings in one step."""
    n, m = shape[0] - 1, shape[1] - 1
    squares = np.sin(j * np.pi / (2 * n)) ** 2 + np.sin(k * np.pi / (2 * m)) ** 2
    return 2 * np.arcsin(np.sqrt(c * squares))


def main():
    from srcgrad import grad

    shape, c, steps = (31, 31), 0.4, 40
    print("half-waves   after 40 steps   closed form")
    for j, k in ((1, 1), (1, 2), (3, 2)):
        sines, w = mode(j, k, shape), mode_angle(j, k, shape, c)
        velocity = sines - np.cos(w) * sines  # starts at the top of its swing
        left = np.sum(wave(sines, velocity, c, steps) * sines) / np.sum(sines**2)
        print(f"{j:5} x {k:2}   {left:14.10f}   {np.cos(steps * w):11.10f}")
    print()

    # The membrane to start from so that the wave meets in one place: climb the slope.
    place = (10, 20)
    focus_grad = grad(focus)
    start = 0.01 * mode(1, 1, shape)
    still = np.zeros(shape)
    for step in range(21):
        if step % 5 == 0:
            height = wave(start, still, c, steps)[place]
            print(f"step {step:2}: height at {place} {height:.3f}")
        start = start + 0.5 * focus_grad(start, still, c, steps, place)
        start = start / np.sqrt(np.sum(start**2))
    print()
    print(focus_grad.source)


if __name__ == "__main__":
    main()
