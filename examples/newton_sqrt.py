"""Newton's method for a square root: a loop whose number of steps depends on its argument.

y <- y - (y^2 - x) / 2y until y^2 is within a tolerance of x, or the steps run out.  What comes out
is the derivative of the steps that were taken; it tends to 1 / (2 sqrt(x)) as fast as y tends to
the root.
"""

import numpy as np


def newton_sqrt(x, tol=1e-12, most=50):
    y = 0.5 * (1 + x)
    err = y * y - x
    steps = 0
    while abs(err) > tol:
        if steps == most:
            break
        y = y - err / (2 * y)
        err = y * y - x
        steps += 1
    return y


def main():
    from srcgrad import grad

    newton_grad = grad(newton_sqrt)
    print("       x   root            derivative      1 / (2 sqrt(x))")
    for x in (0.25, 1.0, 2.0, 9.0, 100.0):
        root, slope = newton_sqrt(x, 1e-10), newton_grad(x, 1e-10)
        print(f"{x:8.2f}   {root:.10f}   {slope:.10f}   {0.5 / np.sqrt(x):.10f}")
    print()
    print("steps allowed   derivative at x = 2")
    for most in range(6):
        print(f"{most:13}   {newton_grad(2.0, 1e-10, most):.12f}")
    print()
    print(newton_grad.source)


if __name__ == "__main__":
    main()
