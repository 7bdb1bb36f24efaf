"""Heat in a rod: one row of temperatures, updated in place by slices.

Each step moves the temperature of every inner cell towards that of its neighbours,

    u[i] <- u[i] + r (u[i - 1] - 2 u[i] + u[i + 1]),

and the two ends keep theirs.  A sine of k half-waves keeps its shape and shrinks by the factor
1 - 4 r sin(k pi / 2n)^2 in each step; n + 1 is the number of cells.

The program finds out how warm the rod was, cell by cell, from how warm it is 500 steps later: the
gradient of the misfit with respect to the first temperatures runs the equation backwards in time.
"""

import numpy as np


def heat(start, r, steps=500):
    u = start.copy()
    for _ in range(steps):
        u[1:-1] += r * (u[:-2] - 2 * u[1:-1] + u[2:])
    return u


def misfit(start, r, measured, steps=500):
    return np.sum((heat(start, r, steps) - measured) ** 2)


def decay(k, r, cells, steps=500):
    """What remains of a sine of k half-waves."""
    return (1 - 4 * r * np.sin(k * np.pi / (2 * (cells - 1))) ** 2) ** steps


def step_matrix(cells, r):
    """One step as a matrix, whose rows for both ends are those of the unit matrix."""
    A = np.eye(cells)
    for i in range(1, cells - 1):
        A[i, i - 1 : i + 2] += r * np.array([1.0, -2.0, 1.0])
    return A


def make_data(cells=41, r=0.25, steps=500):
    """A hot spot in a rod whose ends are at 0 and 1, and what has become of it."""
    x = np.linspace(0, 1, cells)
    start = x + np.exp(-(((x - 0.3) / 0.1) ** 2)) * np.sin(np.pi * x)
    return start, heat(start, r, steps)


def main():
    from srcgrad import grad, value_and_grad

    r, steps = 0.25, 500
    start, measured = make_data()
    cells = len(start)
    print("half-waves   left after 500 steps   closed form")
    for k in (1, 2, 3):
        wave = np.sin(k * np.pi * np.arange(cells) / (cells - 1))
        left = heat(wave, r) @ wave / (wave @ wave)
        print(f"{k:10}   {left:20.12f}   {decay(k, r, cells):11.12f}")
    print()

    misfit_grad = grad(misfit)
    guess = np.linspace(0, 1, cells)
    gradient = misfit_grad(guess, r, measured)
    A = np.linalg.matrix_power(step_matrix(cells, r), steps)
    known = 2 * A.T @ (A @ guess - measured)
    print(f"largest error of the gradient: {np.max(np.abs(gradient - known)):.1e}")
    print()

    misfit_and_grad = value_and_grad(misfit)
    for step in range(1001):
        value, gradient = misfit_and_grad(guess, r, measured)
        if step % 250 == 0:
            error = np.sqrt(np.mean((guess - start) ** 2))
            print(f"step {step:4}: misfit {value:.2e}, error of the first temperatures {error:.3f}")
        gradient[0] = gradient[-1] = 0.0  # the ends are known
        guess = guess - 0.9 * gradient
    print("(what diffusion has wiped out does not come back: only the long waves are found)")
    print()
    print(misfit_grad.source)


if __name__ == "__main__":
    main()
