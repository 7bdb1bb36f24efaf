"""Poisson's equation by Gauss-Seidel sweeps: scalar loops that read what they have just written.

-laplace(u) = f on a square with given values on its rim; each visit of a cell sets it to the mean
of its neighbours plus h^2 f / 4, where two of the neighbours are new already.  After enough sweeps
u solves the equations A u = h^2 f + rim, so that the gradient of a number made of u with respect to
f is h^2 times the solution of the same equations for the gradient with respect to u.
"""

import numpy as np


def gauss_seidel(u, f, h, sweeps):
    u = u.copy()
    rows, columns = u.shape
    for _ in range(sweeps):
        for i in range(1, rows - 1):
            for j in range(1, columns - 1):
                u[i, j] = 0.25 * (
                    u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] + h**2 * f[i, j]
                )
    return u


def misfit(u, f, h, sweeps, measured):
    return np.sum((gauss_seidel(u, f, h, sweeps) - measured) ** 2)


def poisson_matrix(rows, columns):
    """A of the equations A u = h^2 f + rim of the inner cells, row by row."""
    n, m = rows - 2, columns - 2
    second = [2 * np.eye(k) - np.eye(k, k=1) - np.eye(k, k=-1) for k in (n, m)]
    return np.kron(second[0], np.eye(m)) + np.kron(np.eye(n), second[1])


def source_gradient(u, f, h, measured):
    """The gradient of the misfit with respect to f when the sweeps have converged."""
    A = poisson_matrix(*u.shape)
    rim = np.zeros_like(u)
    rim[1, :] += u[0, :]
    rim[-2, :] += u[-1, :]
    rim[:, 1] += u[:, 0]
    rim[:, -2] += u[:, -1]
    solution = np.linalg.solve(A, (h**2 * f + rim)[1:-1, 1:-1].ravel())
    residual = solution - measured[1:-1, 1:-1].ravel()
    gradient = np.zeros_like(f)
    gradient[1:-1, 1:-1] = h**2 * np.linalg.solve(A, 2 * residual).reshape(f[1:-1, 1:-1].shape)
    return gradient


def make_data(rng, rows=9, columns=8):
    """Values on the rim (and zeros inside), a source, and a field to compare with."""
    u = rng.normal(size=(rows, columns))
    u[1:-1, 1:-1] = 0.0
    return u, rng.normal(size=(rows, columns)), 1.0 / (rows - 1), rng.normal(size=(rows, columns))


def main():
    from srcgrad import grad

    rng = np.random.default_rng(0)
    u, f, h, measured = make_data(rng)
    misfit_grad = grad(misfit, argnums=1)
    known = source_gradient(u, f, h, measured)
    print("sweeps   distance of the gradient from that of the solution")
    for sweeps in (5, 20, 80, 200):
        gradient = misfit_grad(u, f, h, sweeps, measured)
        print(f"{sweeps:6}   {np.max(np.abs(gradient - known)):.1e}")
    print()
    print(misfit_grad.source)


if __name__ == "__main__":
    main()
