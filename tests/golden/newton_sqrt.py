def newton_sqrt_grad(x, tol, most):
    """Gradient of newton_sqrt (newton_sqrt.py:11) with respect to x."""
    # Forward
    y = 0.5 * (1 + x)
    err = y * y - x
    prod_saved = []
    ratio_saved = []
    y_saved = []
    y_1 = y
    steps = 0
    while abs(err) > tol:
        if steps == most:
            break
        prod = 2 * y_1
        prod_saved.append(prod)
        ratio = err / prod
        ratio_saved.append(ratio)
        y_1 = y_1 - ratio
        y_saved.append(y_1)
        err = y_1 * y_1 - x
        steps = steps + 1

    # Backward
    y_1_bar = 1.0                      # 15: while abs(err) > tol:
    err_bar = 0.0
    x_bar = 0.0
    for y_1 in reversed(y_saved):
        prod = err_bar * y_1           # 19: err = y * y - x
        y_bar = y_1_bar + prod
        y_1_bar_1 = y_bar + prod
        prod = prod_saved.pop()        # 18: y = y - err / (2 * y)
        y_1_bar = y_1_bar_1 + 2 * y_1_bar_1 * (ratio_saved.pop() / prod)
        x_bar -= err_bar               # 15: while abs(err) > tol:
        err_bar = -(y_1_bar_1 / prod)  # 18: y = y - err / (2 * y)
    x_bar -= err_bar                   # 13: err = y * y - x
    prod = err_bar * y
    y_bar = y_1_bar + prod
    y_bar += prod
    x_bar += 0.5 * y_bar               # 12: y = 0.5 * (1 + x)
    return x_bar
