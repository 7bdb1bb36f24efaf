"""Factorisations written out, as in a textbook: scalar loops that work in place.

* Cholesky, A = L L', and the solution of L z = y by forward substitution; together they give the
  negative log-likelihood of y under a Gaussian with mean 0 and covariance A,

      1/2 (y' A^-1 y + ln det A + n ln 2 pi).

  With w = A^-1 y its gradient is w with respect to y and 1/2 (A^-1 - w w') with respect to A, of
  which the loops give the lower triangle, as they read nothing else: entries off the diagonal
  stand for two.

* LU with partial pivoting gives det A, whose gradient is det A times the transposed inverse.
"""

import numpy as np


def cholesky(A):
    L = A.copy()
    n = len(L)
    for j in range(n):
        for k in range(j):
            L[j, j] -= L[j, k] ** 2
        L[j, j] = np.sqrt(L[j, j])
        for i in range(j + 1, n):
            for k in range(j):
                L[i, j] -= L[i, k] * L[j, k]
            L[i, j] /= L[j, j]
            L[j, i] = 0.0
    return L


def forward_substitution(L, y):
    z = y.copy()
    for i in range(len(z)):
        for k in range(i):
            z[i] -= L[i, k] * z[k]
        z[i] /= L[i, i]
    return z


def negative_log_likelihood(A, y):
    L = cholesky(A)
    z = forward_substitution(L, y)
    return 0.5 * np.sum(z**2) + np.sum(np.log(np.diag(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def lu_determinant(A):
    U = A.copy()
    n = len(U)
    det = 1.0
    for j in range(n):
        p = j
        for i in range(j + 1, n):
            if abs(U[i, j]) > abs(U[p, j]):
                p = i
        if p != j:
            U[[j, p]] = U[[p, j]]
            det = -det
        for i in range(j + 1, n):
            U[i, j] /= U[j, j]
            for k in range(j + 1, n):
                U[i, k] -= U[i, j] * U[j, k]
        det = det * U[j, j]
    return det


def likelihood_gradients(A, y):
    """The closed form: the lower triangle of the gradient with respect to A, and that of y."""
    inverse = np.linalg.inv(A)
    w = inverse @ y
    full = 0.5 * (inverse - np.outer(w, w))
    return np.tril(2 * full) - np.diag(np.diag(full)), w


def make_data(rng, n=6):
    """A covariance matrix and a sample."""
    B = rng.normal(size=(n, n))
    return B @ B.T / n + 0.5 * np.eye(n), rng.normal(size=n)


def main():
    from srcgrad import grad

    rng = np.random.default_rng(0)
    A, y = make_data(rng)
    print(f"largest error of L L':  {np.max(np.abs(cholesky(A) @ cholesky(A).T - A)):.1e}")
    likelihood_grad = grad(negative_log_likelihood, argnums=(0, 1))
    names = ("A", "y")
    for name, got, known in zip(names, likelihood_grad(A, y), likelihood_gradients(A, y)):
        print(f"gradient of the likelihood with respect to {name}: error "
              f"{np.max(np.abs(got - known)):.1e}")  # fmt: skip
    det_grad = grad(lu_determinant)
    B = rng.normal(size=(5, 5))
    known = np.linalg.det(B) * np.linalg.inv(B).T
    print(f"det {lu_determinant(B):.6f}, NumPy's {np.linalg.det(B):.6f}; error of the gradient "
          f"{np.max(np.abs(det_grad(B) - known)):.1e}")  # fmt: skip
    print()
    print(likelihood_grad.source)
    print(det_grad.source)


if __name__ == "__main__":
    main()
