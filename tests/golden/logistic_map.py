def logistic_map_grad(x, steps):
    """Gradient of logistic_map (logistic_map.py:13) with respect to x."""
    # Forward
    l_before = []
    l = x
    for _ in range(steps):
        l_before.append(l)
        l = 4 * l * (1 - l)

    # Backward
    l_bar = 1.0                                        # 15: for _ in range(steps):
    for l in reversed(l_before):
        l_bar = 4 * l_bar * (1 - l) - l_bar * (4 * l)  # 16: l = 4 * l * (1 - l)
    return l_bar
