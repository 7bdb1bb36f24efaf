"""One neuron with two inputs: the logistic function of w0 x0 + w1 x1 + w2.

For w = (2, -3, -3) and x = (-1, -2) it gives 0.73.  The gradient with respect to w is
(-0.20, -0.39, 0.20), and with respect to x (0.39, -0.59).
"""

import numpy as np

from srcgrad import grad


def neuron(w, x):
    return 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))


def main():
    w = np.array([2.0, -3.0, -3.0])
    x = np.array([-1.0, -2.0])
    neuron_grad = grad(neuron, argnums=(0, 1))
    w_bar, x_bar = neuron_grad(w, x)
    print(f"neuron(w, x)    = {neuron(w, x):.2f}                   (known: 0.73)")
    print(f"gradient of w   = {np.array2string(w_bar, precision=2)}   (known: -0.20 -0.39  0.20)")
    print(f"gradient of x   = {np.array2string(x_bar, precision=2)}         (known:  0.39 -0.59)")
    print()
    print(neuron_grad.source)


if __name__ == "__main__":
    main()
