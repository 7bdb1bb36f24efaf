"""A gate with a forward and a backward method, used as the derivative of a function.

Circuits are often written as gates: ``forward`` computes and remembers its inputs, ``backward``
turns the gradient of the output into those of the inputs.  ``register_vjp`` makes such a gate the
derivative of a function, and the function can be used like any other.  Here the gate computes

    x y,                    for which backward gives (y dz, x dz), and
    ln(exp(x) + exp(y)),    whose own formula overflows, and whose derivative is a softmax.
"""

import numpy as np


class MultiplyGate:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dz):
        return self.y * dz, self.x * dz


class LogAddExpGate:
    def forward(self, x, y):
        self.x, self.y = x, y
        top = max(x, y)
        return top + np.log(np.exp(x - top) + np.exp(y - top))

    def backward(self, dz):
        share = 1 / (1 + np.exp(self.y - self.x))
        return share * dz, (1 - share) * dz


def multiply(x, y):
    return MultiplyGate().forward(x, y)


def log_add_exp(x, y):
    return LogAddExpGate().forward(x, y)


def multiply_vjp(z_bar, z, x, y):
    gate = MultiplyGate()
    gate.forward(x, y)
    return gate.backward(z_bar)


def log_add_exp_vjp(z_bar, z, x, y):
    gate = LogAddExpGate()
    gate.forward(x, y)
    return gate.backward(z_bar)


def circuit(x, y, z):
    return multiply(multiply(x, y) + z, log_add_exp(x, z))


def circuit_by_hand(x, y, z):
    """The gradient, gate by gate, as it is taught."""
    product, outer, soft = MultiplyGate(), MultiplyGate(), LogAddExpGate()
    q = product.forward(x, y)
    outer.forward(q + z, soft.forward(x, z))
    dsum, dsoft = outer.backward(1.0)
    dx, dy = product.backward(dsum)
    dx_soft, dz_soft = soft.backward(dsoft)
    return dx + dx_soft, dy, dsum + dz_soft


def register():
    """Tells srcgrad which derivatives the gates give."""
    from srcgrad import register_vjp

    register_vjp(multiply)(multiply_vjp)
    register_vjp(log_add_exp)(log_add_exp_vjp)


def main():
    from srcgrad import grad

    register()
    circuit_grad = grad(circuit, argnums=(0, 1, 2))
    for point in ((-2.0, 5.0, -4.0), (1.0, 2.0, 3.0), (800.0, 0.5, 801.0)):
        print(f"circuit{point} = {circuit(*point):.6g}")
        for name, got, known in zip("xyz", circuit_grad(*point), circuit_by_hand(*point)):
            print(f"    with respect to {name}: {got:12.6f}   gate by gate: {known:12.6f}")
    print()
    print(circuit_grad.source)


if __name__ == "__main__":
    main()
