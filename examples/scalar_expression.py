"""A scalar expression of two numbers: f(x1, x2) = ln x1 + x1 x2 - sin x2.

The textbook example of automatic differentiation.  At (2, 5) its value is 11.652 and its gradient
(5.5, 1.716).
"""

import numpy as np

from srcgrad import grad


def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def main():
    x1, x2 = 2.0, 5.0
    f_grad = grad(f, argnums=(0, 1))
    g1, g2 = f_grad(x1, x2)
    print(f"f({x1}, {x2})        = {f(x1, x2):.3f}      (known: 11.652)")
    print(f"gradient           = ({g1:.3f}, {g2:.3f})  (known: 5.500, 1.716)")
    print(f"1/x1 + x2, x1 - cos x2 = ({1 / x1 + x2:.3f}, {x1 - np.cos(x2):.3f})")
    print()
    print(f_grad.source)


if __name__ == "__main__":
    main()
