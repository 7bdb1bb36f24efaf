def loss_grad(w, X, y):
    """Gradient of loss (linear_regression.py:14) with respect to w."""
    # Forward
    residual = X.dot(w) - y

    # Backward
    residual_bar = 2 / len(y) * residual  # 16: return np.sum(residual**2) / len(y)
    w_bar = residual_bar.dot(X)           # 15: residual = X @ w - y
    return w_bar
