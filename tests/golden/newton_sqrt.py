def newton_sqrt_grad(x, tol, most):
    """Gradient of newton_sqrt (newton_sqrt.py:11) with respect to x."""
    # Forward
    y = 0.5 * (1 + x)
    err = y * y - x
    y_before = []
    err_before = []
    stopped = False
    y_1 = y
    steps = 0
    while abs(err) > tol:
        y_before.append(y_1)
        err_before.append(err)
        if steps == most:
            stopped = True
            break
        y_1 = y_1 - err / (2 * y_1)
        err = y_1 * y_1 - x
        steps = steps + 1

    # Backward
    y_1_bar = 1.0                        # 15: while abs(err) > tol:
    err_bar = 0.0
    x_bar = 0.0
    for y_1 in reversed(y_before):
        err = err_before.pop()           # 16: if steps == most:
        if not stopped:
            prod = 2 * y_1
            ratio = err / prod
            y_1 = y_1 - ratio
            x_bar_1 = -err_bar           # 19: err = y * y - x
            prod_1 = err_bar * y_1
            y_bar = y_1_bar + prod_1
            y_1_bar = y_bar + prod_1
            err_bar = -(y_1_bar / prod)  # 18: y = y - err / (2 * y)
            y_1_bar += 2 * y_1_bar * (ratio / prod)
            x_bar += x_bar_1             # 15: while abs(err) > tol:
        stopped = False
    x_bar -= err_bar                     # 13: err = y * y - x
    prod = err_bar * y
    y_bar = y_1_bar + prod
    y_bar += prod
    x_bar += 0.5 * y_bar                 # 12: y = 0.5 * (1 + x)
    return x_bar
