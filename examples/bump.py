"""A bump from four ReLUs g(m x + b), and any function of one variable from many of them.

Four ReLUs make a trapezoid that rises from a to b, stays at 1 and falls from c to d:

    (g(x - a) - g(x - b)) / (b - a) - (g(x - c) - g(x - d)) / (d - c).

A sum of such bumps comes as close as one likes to any continuous function; a network with one
hidden layer of ReLUs finds its own, from the gradient of its misfit.
"""

import numpy as np


def g(z):
    return np.maximum(z, 0)


def bump(x, a, b, c, d):
    return (g(x - a) - g(x - b)) / (b - a) - (g(x - c) - g(x - d)) / (d - c)


def network(params, x):
    m, b, out = params
    y = np.zeros_like(x)
    for k in range(len(m)):
        y += out[k] * g(m[k] * x + b[k])
    return y


def misfit(params, x, y):
    return np.sum((network(params, x) - y) ** 2) / len(x)


def bump_params(a, b, c, d):
    """The parameters of the network with four ReLUs that is a bump."""
    heights = np.array([1 / (b - a), -1 / (b - a), -1 / (d - c), 1 / (d - c)])
    return [np.ones(4), -np.array([a, b, c, d]), heights]


def make_params(rng, hidden):
    """ReLUs that begin at places spread over -1 to 1, half of them looking to either side."""
    m = np.where(np.arange(hidden) % 2 == 0, 1.0, -1.0)
    places = np.linspace(-1, 1, hidden)
    return [m, -m * places, 0.1 * rng.normal(size=hidden)]


def target(x):
    """An arbitrary function: a wave with a kink and a dent."""
    return np.sin(5 * x) * np.abs(x) + 0.5 * np.exp(-(((x - 0.5) / 0.1) ** 2))


def fit(misfit_and_grad, params, x, y, steps=2000, rate=0.02):
    """Adam; the parameters, and the misfits of all steps."""
    mean = [np.zeros_like(p) for p in params]
    square = [np.zeros_like(p) for p in params]
    misfits = []
    for t in range(1, steps + 1):
        value, gradient = misfit_and_grad(params, x, y)
        misfits.append(value)
        for k, slope in enumerate(gradient):
            mean[k] = 0.9 * mean[k] + 0.1 * slope
            square[k] = 0.999 * square[k] + 0.001 * slope**2
        scale = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * (1 - t / (steps + 1))
        params = [p - scale * a / (np.sqrt(b) + 1e-9) for p, a, b in zip(params, mean, square)]
    return params, misfits


def main():
    from srcgrad import value_and_grad

    x = np.linspace(-1, 1, 201)
    for place in (-0.6, -0.4, 0.0, 0.4, 0.6):
        made = network(bump_params(-0.5, -0.3, 0.3, 0.5), np.array([place]))[0]
        print(f"bump at {place:4.1f}: {bump(place, -0.5, -0.3, 0.3, 0.5):.3f}, network: {made:.3f}")
    print()

    misfit_and_grad = value_and_grad(misfit)
    print("ReLUs   root mean square error of the fit")
    for hidden in (4, 16, 32):
        params = make_params(np.random.default_rng(0), hidden)
        _, misfits = fit(misfit_and_grad, params, x, target(x), steps=1000)
        print(f"{hidden:5}   {np.sqrt(misfits[-1]):.4f}")
    print()
    print(misfit_and_grad.source)


if __name__ == "__main__":
    main()
