import numpy as np


def lstm_loss_grad(params, V, x, h, y):
    """Gradient of lstm_loss (recurrent_networks.py:45) with respect to params and V."""
    # Forward
    W, U, b = params
    n = len(h)
    c = np.zeros(n)
    states = []
    c_before = []
    h_before = []
    exp_minus_part_saved = []
    forget_saved = []
    exp_minus_part_saved_1 = []
    enter_saved = []
    exp_minus_part_saved_2 = []
    leave_saved = []
    tanh_part_saved = []
    tanh_c_saved = []
    for t in range(len(x)):
        c_before.append(c)
        h_before.append(h)
        z = W.dot(h) + U.dot(x[t]) + b
        exp_minus_part = np.exp(-z[:n])
        exp_minus_part_saved.append(exp_minus_part)
        forget = 1 / (1 + exp_minus_part)
        forget_saved.append(forget)
        exp_minus_part = np.exp(-z[n:2 * n])
        exp_minus_part_saved_1.append(exp_minus_part)
        enter = 1 / (1 + exp_minus_part)
        enter_saved.append(enter)
        exp_minus_part = np.exp(-z[2 * n:3 * n])
        exp_minus_part_saved_2.append(exp_minus_part)
        leave = 1 / (1 + exp_minus_part)
        leave_saved.append(leave)
        tanh_part = np.tanh(z[3 * n:])
        tanh_part_saved.append(tanh_part)
        c = forget * c + enter * tanh_part
        tanh_c = np.tanh(c)
        tanh_c_saved.append(tanh_c)
        h = leave * tanh_c
        states.append(h)
    stack_states = np.stack(states)

    # Backward
    # 46: return np.sum((lstm(params, x, h) @ V.T - y) ** 2) / len(x)
    diff_bar = 2 / len(x) * (stack_states.dot(V.T) - y)
    stack_states_bar = diff_bar.dot(V)
    V_bar = diff_bar.T.dot(stack_states)
    W_bar = np.zeros_like(W)                             # 31: for t in range(len(x)):
    U_bar = np.zeros_like(U)
    b_bar = np.zeros_like(b)
    z_bars = []
    c_bar = np.zeros_like(c)
    h_bar = np.zeros_like(h)
    for t in range(len(x) - 1, -1, -1):
        h_bar += stack_states_bar[t]                     # 36: states.append(h)
        tanh_c = tanh_c_saved.pop()                      # 35: h = leave * np.tanh(c)
        leave_bar = h_bar * tanh_c
        leave = leave_saved.pop()
        c_bar += h_bar * leave * (1 - tanh_c * tanh_c)
        tanh_part = tanh_part_saved.pop()  # 34: c = forget * c + enter * np.tanh(z[3 * n :])
        enter_bar = c_bar * tanh_part
        enter = enter_saved.pop()
        z_bar = np.zeros(len(W))
        z_bars.append(z_bar)
        z_bar[3 * n:] = c_bar * enter * (1 - tanh_part * tanh_part)
        c = c_before.pop()
        forget_bar = c_bar * c
        forget = forget_saved.pop()
        c_bar = c_bar * forget
        exp_minus_part = exp_minus_part_saved_2.pop()
        # 14: return 1 / (1 + np.exp(-z))
        part_bar = leave_bar * (leave / (1 + exp_minus_part)) * exp_minus_part
        # 33: forget, enter, leave = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), sigmoid(z[2 * n : 3  ...
        z_bar[2 * n:3 * n] += part_bar
        exp_minus_part = exp_minus_part_saved_1.pop()
        # 14: return 1 / (1 + np.exp(-z))
        part_bar = enter_bar * (enter / (1 + exp_minus_part)) * exp_minus_part
        # 33: forget, enter, leave = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), sigmoid(z[2 * n : 3  ...
        z_bar[n:2 * n] += part_bar
        exp_minus_part = exp_minus_part_saved.pop()
        # 14: return 1 / (1 + np.exp(-z))
        part_bar = forget_bar * (forget / (1 + exp_minus_part)) * exp_minus_part
        # 33: forget, enter, leave = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), sigmoid(z[2 * n : 3  ...
        z_bar[:n] += part_bar
        b_bar += z_bar                                   # 32: z = W @ h + U @ x[t] + b
        h_bar = z_bar.dot(W)
    z_bars.reverse()                                     # 31: for t in range(len(x)):
    z_bar_rows = np.array(z_bars)
    U_bar += z_bar_rows.T.dot(x)
    W_bar += z_bar_rows.T.dot(np.array(h_before))
    return (W_bar, U_bar, b_bar), V_bar
