def misfit_grad(start, r, measured, steps):
    """Gradient of misfit (heat_equation.py:24) with respect to start."""
    # Forward
    u = start.copy()
    for _ in range(steps):
        u[1:-1] += r * (u[:-2] - 2 * u[1:-1] + u[2:])

    # Backward
    u_bar = 2 * (u - measured)         # 25: return np.sum((heat(start, r, steps) - measured) ** 2)
    for _ in range(steps):
        total_bar = u_bar[1:-1] * r    # 20: u[1:-1] += r * (u[:-2] - 2 * u[1:-1] + u[2:])
        u_bar[2:] += total_bar
        u_bar[:-2] += total_bar
        u_bar[1:-1] -= 2 * total_bar
    return u_bar
