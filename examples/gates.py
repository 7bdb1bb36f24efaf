"""How gradients flow through a circuit: addition distributes, maximum routes, products switch.

(x + y) z at (-2, 5, -4) is -12, with gradient (-4, -4, 3):

* the addition hands what arrives at its output, z = -4, to both of its inputs;
* the product hands each input the other input's value: q = x + y = 3 to z, and z to q;
* a maximum hands everything to the larger input and nothing to the other;
* where a value is used twice, the gradients of its uses add up.
"""

import numpy as np

from srcgrad import grad


def circuit(x, y, z):
    q = x + y
    return q * z


def routed(x, y, z, w):
    return 2 * (x * y + np.maximum(z, w))


def branching(x, y):
    s = x * y
    return s * x + np.sin(s)


def main():
    circuit_grad = grad(circuit, argnums=(0, 1, 2))
    dx, dy, dz = circuit_grad(-2.0, 5.0, -4.0)
    print(f"(x + y) z at (-2, 5, -4) = {circuit(-2.0, 5.0, -4.0)}     (known: -12)")
    print(f"gradient                 = ({dx}, {dy}, {dz})  (known: -4, -4, 3)")
    print()
    print(circuit_grad.source)

    routed_grad = grad(routed, argnums=(0, 1, 2, 3))
    dx, dy, dz, dw = routed_grad(3.0, -4.0, 2.0, -1.0)
    print("2 (x y + max(z, w)) at (3, -4, 2, -1): only z, the larger, gets a gradient")
    print(f"gradient                 = ({dx}, {dy}, {dz}, {dw})  (known: -8, 6, 2, 0)")
    print()
    print(routed_grad.source)

    branching_grad = grad(branching, argnums=(0, 1))
    x, y = 1.5, 0.5
    dx, dy = branching_grad(x, y)
    known_x, known_y = 2 * x * y + y * np.cos(x * y), x * x + x * np.cos(x * y)
    print("s = x y is used twice, and x once more: their gradients add up")
    print(f"gradient                 = ({dx:.6f}, {dy:.6f})  (known: {known_x:.6f}, {known_y:.6f})")
    print()
    print(branching_grad.source)


if __name__ == "__main__":
    main()
