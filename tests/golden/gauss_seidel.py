import numpy as np


def misfit_grad(u, f, h, sweeps, measured):
    """Gradient of misfit (gauss_seidel.py:24) with respect to f."""
    # Forward
    u = u.copy()
    rows, columns = u.shape
    for _ in range(sweeps):
        for i in range(1, rows - 1):
            for j in range(1, columns - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] + h ** 2 *
                    f[i, j])

    # Backward
    u_bar = 2 * (u - measured)  # 25: return np.sum((gauss_seidel(u, f, h, sweeps) - measured) ** 2)
    f_bar = np.zeros_like(f)                     # 15: for _ in range(sweeps):
    for _ in range(sweeps):
        for i in range(rows - 2, 0, -1):         # 16: for i in range(1, rows - 1):
            for j in range(columns - 2, 0, -1):  # 17: for j in range(1, columns - 1):
                total_bar = 0.25 * u_bar[i, j]   # 18: u[i, j] = 0.25 * ( ...
                f_bar[i, j] += total_bar * h ** 2
                u_bar[i, j] = 0
                u_bar[i, j + 1] += total_bar
                u_bar[i, j - 1] += total_bar
                u_bar[i + 1, j] += total_bar
                u_bar[i - 1, j] += total_bar
    return f_bar
