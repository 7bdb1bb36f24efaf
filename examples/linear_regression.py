"""Linear regression, differentiated in three ways side by side.

L(w) = 1/N sum_i (w' x_i - y_i)^2 has the gradient 2/N X' (X w - y).  It is computed by central
differences, by that formula and by srcgrad; errors and times of the three are compared.
"""

import time

import numpy as np

from srcgrad import grad


def loss(w, X, y):
    residual = X @ w - y
    return np.sum(residual**2) / len(y)


def analytic_gradient(w, X, y):
    return 2 / len(y) * X.T @ (X @ w - y)


def numerical_gradient(w, X, y, step=1e-6):
    gradient = np.zeros_like(w)
    for i in range(len(w)):
        shift = np.zeros_like(w)
        shift[i] = step
        gradient[i] = (loss(w + shift, X, y) - loss(w - shift, X, y)) / (2 * step)
    return gradient


def make_data(rng, samples=1000, features=50, noise=0.1):
    """Random inputs, and their images under a random linear function with noise."""
    X = rng.normal(size=(samples, features))
    y = X @ rng.normal(size=features) + noise * rng.normal(size=samples)
    return X, y


def seconds(function, *args, repeat=20):
    """The shortest of several times that a call takes."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    rng = np.random.default_rng(0)
    X, y = make_data(rng)
    w = rng.normal(size=X.shape[1])
    loss_grad = grad(loss)
    exact = analytic_gradient(w, X, y)

    print(f"{len(y)} samples, {len(w)} features")
    print("method        largest error   time")
    for name, method in (
        ("numerical", numerical_gradient),
        ("analytic", analytic_gradient),
        ("automatic", loss_grad),
    ):
        error = np.max(np.abs(method(w, X, y) - exact))
        print(f"{name:12}  {error:13.1e}   {1e6 * seconds(method, w, X, y):8.1f} us")
    print()

    for _ in range(200):
        w = w - 0.1 * loss_grad(w, X, y)
    print(f"loss after 200 steps of gradient descent: {loss(w, X, y):.5f}")
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    print(f"loss of the least-squares solution:       {loss(best, X, y):.5f}")
    print()
    print(loss_grad.source)


if __name__ == "__main__":
    main()
