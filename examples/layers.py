"""A small library of layers as classes, and why deep networks have shortcuts.

A layer is an object that holds its parameters and is called with its input.  ``Sequential`` calls
layers one after the other, ``Residual`` adds what its layer computes to the input, ``BatchNorm``
scales a batch to mean 0 and variance 1 and keeps a running mean and variance for later use.  The
gradient of a loss with respect to a network is a network of the same layers, which hold gradients
in the place of parameters.

The gradient that arrives at the first layers of a deep plain network all but vanishes; past a
shortcut, which hands it on unchanged, it does not.
"""

from dataclasses import dataclass, fields, is_dataclass, replace

import numpy as np


@dataclass
class Dense:
    W: np.ndarray
    b: np.ndarray

    def __call__(self, x):
        return x @ self.W + self.b


@dataclass
class Tanh:
    def __call__(self, x):
        return np.tanh(x)


@dataclass
class BatchNorm:
    scale: np.ndarray
    shift: np.ndarray
    running_mean: np.ndarray
    running_var: np.ndarray

    momentum = 0.9
    training = True

    def __call__(self, x):
        if self.training:
            mean = x.mean(axis=0)
            var = x.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        return self.scale * (x - mean) / np.sqrt(var + 1e-5) + self.shift


@dataclass
class Sequential:
    layers: list

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


@dataclass
class Residual:
    inner: Sequential

    def __call__(self, x):
        return x + self.inner(x)


def loss(network, x, y):
    return np.mean((network(x) - y) ** 2)


def make_dense(rng, inputs, outputs, gain=1.0):
    return Dense(gain * rng.normal(size=(inputs, outputs)) / np.sqrt(inputs), np.zeros(outputs))


def make_batch_norm(size):
    return BatchNorm(np.ones(size), np.zeros(size), np.zeros(size), np.ones(size))


GAIN = 0.5
"""The size of the weights of deep networks: what each layer hands on is half as large."""


def plain_network(rng, depth, size=16):
    """So many layers, one after the other, and a single output."""
    layers = []
    for _ in range(depth):
        layers += [make_dense(rng, size, size, GAIN), Tanh()]
    return Sequential([*layers, make_dense(rng, size, 1)])


def residual_network(rng, depth, size=16):
    """The same layers with a shortcut around each."""
    inner = [Sequential([make_dense(rng, size, size, GAIN), Tanh()]) for _ in range(depth)]
    layers = [Residual(layer) for layer in inner]
    return Sequential([*layers, make_dense(rng, size, 1)])


def normalised_network(rng, inputs, size=16):
    """A small network with batch normalisation, to be trained."""
    return Sequential(
        [
            make_dense(rng, inputs, size),
            make_batch_norm(size),
            Tanh(),
            Residual(Sequential([make_dense(rng, size, size), make_batch_norm(size), Tanh()])),
            make_dense(rng, size, 1),
        ]
    )


def step(layer, gradient, rate):
    """The layer, list of layers or array after one step of gradient descent."""
    if isinstance(layer, np.ndarray):
        return layer - rate * gradient
    if isinstance(layer, list):
        return [step(part, bar, rate) for part, bar in zip(layer, gradient)]
    if is_dataclass(layer):
        names = [field.name for field in fields(layer)]
        parts = {n: step(getattr(layer, n), getattr(gradient, n), rate) for n in names}
        return replace(layer, **parts)
    return layer


def set_training(layer, training):
    """Whether batch norms take the mean and variance of the batch, or what they have gathered."""
    if isinstance(layer, BatchNorm):
        layer.training = training
    elif isinstance(layer, Sequential):
        for part in layer.layers:
            set_training(part, training)
    elif isinstance(layer, Residual):
        set_training(layer.inner, training)


def first_weights(network):
    """The weights of the first layer, with or without a shortcut."""
    first = network.layers[0]
    return first.inner.layers[0].W if isinstance(first, Residual) else first.W


def make_data(rng, samples=400, inputs=2):
    """Points and the values of a smooth function there."""
    x = rng.normal(size=(samples, inputs))
    return x, np.sin(2 * x[:, :1]) * x[:, 1:2]


def main():
    from srcgrad import grad, value_and_grad

    rng = np.random.default_rng(0)
    loss_grad = grad(loss)
    x, y = rng.normal(size=(20, 16)), rng.normal(size=(20, 1))
    print("layers   norm of the gradient of the first layer's weights")
    print("         plain     residual")
    for depth in (2, 5, 10, 20, 40):
        norms = []
        for make in (plain_network, residual_network):
            gradient = loss_grad(make(np.random.default_rng(1), depth), x, y)
            norms.append(np.sqrt(np.sum(first_weights(gradient) ** 2)))
        print(f"{depth:6}   {norms[0]:.1e}   {norms[1]:.1e}")
    print()

    x, y = make_data(rng)
    network = normalised_network(rng, 2)
    loss_and_grad = value_and_grad(loss)
    for epoch in range(301):
        value, gradient = loss_and_grad(network, x, y)
        if epoch % 100 == 0:
            print(f"epoch {epoch:3}: loss {value:.4f}")
        network = step(network, gradient, 0.08 * (1 - epoch / 301))
    x, y = make_data(rng)
    set_training(network, False)
    print(f"other points, running means: loss {loss(network, x, y):.4f}")
    print()
    print(loss_and_grad.source)


if __name__ == "__main__":
    main()
