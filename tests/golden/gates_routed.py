def routed_grad(x, y, z, w):
    """Gradient of routed (gates.py:21) with respect to x, y, z and w."""
    prod = 0.5 * (z == w)              # 22: return 2 * (x * y + np.maximum(z, w))
    z_bar = 2 * ((z > w) + prod)
    w_bar = 2 * ((w > z) + prod)
    x_bar = 2 * y
    y_bar = 2 * x
    return x_bar, y_bar, z_bar, w_bar
