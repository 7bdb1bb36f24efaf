import numpy as np


def neuron_grad(w, x):
    """Gradient of neuron (sigmoid_neuron.py:12) with respect to w and x."""
    # Forward
    w_0 = w[0]
    x_0 = x[0]
    w_1 = w[1]
    x_1 = x[1]
    exp_value = np.exp(-(w_0 * x_0 + w_1 * x_1 + w[2]))
    total = 1 + exp_value

    # Backward
    # 13: return 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))
    total_bar = 1 / total / total * exp_value
    w_bar = np.zeros_like(w)
    w_bar[2] = total_bar
    x_bar = np.zeros_like(x)
    x_bar[1] = total_bar * w_1
    w_bar[1] += total_bar * x_1
    x_bar[0] += total_bar * w_0
    w_bar[0] += total_bar * x_0
    return w_bar, x_bar
