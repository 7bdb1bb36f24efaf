"""The example programs that write in place, written functionally: autograd can differentiate these.

Each has the name, the arguments and the value of its program.  ``np`` is replaced by autograd's
NumPy in the tests.
"""

from __future__ import annotations

import numpy as np

# --- partial differential equations -------------------------------------------------------------


def second_difference(u):
    return u[:-2] - 2 * u[1:-1] + u[2:]


def heat(start, r, steps):
    u = start
    for _ in range(steps):
        u = np.concatenate([u[:1], u[1:-1] + r * second_difference(u), u[-1:]])
    return u


def heat_misfit(start, r, measured, steps):
    return np.sum((heat(start, r, steps) - measured) ** 2)


def inside(inner, u):
    """``u`` with other values inside of its rim."""
    middle = np.concatenate([u[1:-1, :1], inner, u[1:-1, -1:]], axis=1)
    return np.concatenate([u[:1], middle, u[-1:]], axis=0)


def around(u):
    return u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]


def wave(start, velocity, c, steps):
    now, before = start, start - velocity
    for _ in range(steps):
        inner = 2 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + c * around(now)
        now, before = inside(inner, before), now
    return now


def wave_misfit(start, velocity, c, steps, measured):
    return np.sum((wave(start, velocity, c, steps) - measured) ** 2)


def diffusion_misfit(start, c, steps, measured):
    u = start
    for _ in range(steps):
        u = inside(u[1:-1, 1:-1] + c * around(u), u)
    return np.sum((u - measured) ** 2)


def gauss_seidel_misfit(u, f, h, sweeps, measured):
    rows, columns = u.shape
    cells = [[u[i, j] for j in range(columns)] for i in range(rows)]
    for _ in range(sweeps):
        for i in range(1, rows - 1):
            for j in range(1, columns - 1):
                neighbours = cells[i - 1][j] + cells[i + 1][j] + cells[i][j - 1] + cells[i][j + 1]
                cells[i][j] = 0.25 * (neighbours + h**2 * f[i, j])
    return sum((cells[i][j] - measured[i, j]) ** 2 for i in range(rows) for j in range(columns))


# --- differential equations ---------------------------------------------------------------------


def rk4(rhs, y, params, h, steps):
    states = [y]
    for n in range(steps):
        t = n * h
        k1 = rhs(t, y, params)
        k2 = rhs(t + h / 2, y + h / 2 * k1, params)
        k3 = rhs(t + h / 2, y + h / 2 * k2, params)
        k4 = rhs(t + h, y + h * k3, params)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return np.stack(states)


def pendulum(t, y, params):
    return np.array([y[1], -params[0] * np.sin(y[0]) - params[1] * y[1]])


def lotka_volterra(t, y, params):
    births, eaten, food, deaths = params[0], params[1], params[2], params[3]
    return np.array([(births - eaten * y[1]) * y[0], (food * y[0] - deaths) * y[1]])


def pendulum_energy(y, params, h, steps):
    end = rk4(pendulum, y, params, h, steps)[-1]
    return 0.5 * end[1] ** 2 - params[0] * np.cos(end[0])


def lotka_volterra_misfit(params, y, h, record):
    states = rk4(lotka_volterra, y, params, h, len(record) - 1)
    return np.sum((np.log(states) - np.log(record)) ** 2) / len(record)


def accelerations(x, masses, softening):
    d = x[None, :, :] - x[:, None, :]
    r2 = np.sum(d * d, axis=2) + softening
    return np.sum(masses[None, :, None] * d / (r2 * np.sqrt(r2))[:, :, None], axis=1)


def verlet(x, v, masses, h, steps, softening=1e-3):
    a = accelerations(x, masses, softening)
    for _ in range(steps):
        half = v + 0.5 * h * a
        x = x + h * half
        a = accelerations(x, masses, softening)
        v = half + 0.5 * h * a
    return x, v


def miss(v0, x, v, masses, h, steps, goal):
    v = np.concatenate([v0[None, :], v[1:]])
    x, v = verlet(x, v, masses, h, steps)
    return np.sum((x[0] - goal) ** 2)


def final_energy(x, v, masses, h, steps):
    x, v = verlet(x, v, masses, h, steps)
    total = 0.5 * np.sum(masses * np.sum(v**2, axis=1))
    for i in range(len(masses)):
        for j in range(i):
            distance = np.sqrt(np.sum((x[i] - x[j]) ** 2) + 1e-3)
            total = total - masses[i] * masses[j] / distance
    return total


# --- networks -----------------------------------------------------------------------------------


def bump_misfit(params, x, y):
    m, b, out = params
    made = np.maximum(m[None, :] * x[:, None] + b, 0) @ out
    return np.sum((made - y) ** 2) / len(x)


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def softplus(z):
    return np.logaddexp(0, z)


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def address(memory, w, controls):
    width = memory.shape[1]
    key = np.tanh(controls[:width])
    strength, gate = softplus(controls[width]), sigmoid(controls[width + 1])
    shift = softmax(controls[width + 2 : width + 5])
    sharpness = 1 + softplus(controls[width + 5])
    lengths = np.sqrt(np.sum(memory**2, axis=1)) * np.sqrt(np.sum(key**2))
    similar = softmax(strength * (memory @ key) / (lengths + 1e-8))
    w = gate * similar + (1 - gate) * w
    moved = shift[0] * np.roll(w, -1) + shift[1] * w + shift[2] * np.roll(w, 1)
    moved = moved**sharpness
    return moved / np.sum(moved)


def copy_loss(params, x, y, slots):
    M, Wx, Wr, b, Wh, bh, Wo, bo = params
    width = len(M)
    head = width + 6
    memory = np.ones((slots, 1)) * M
    w_read = w_write = np.array([1.0] + [0.0] * (slots - 1))
    read = np.zeros(width)
    scores = []
    for t in range(len(x)):
        h = np.tanh(Wx @ x[t] + Wr @ read + b)
        controls = Wh @ h + bh
        w_write = address(memory, w_write, controls[head : 2 * head])
        erase = sigmoid(controls[2 * head : 2 * head + width])
        add = np.tanh(controls[2 * head + width :])
        memory = memory * (1 - np.outer(w_write, erase)) + np.outer(w_write, add)
        w_read = address(memory, w_read, controls[:head])
        read = w_read @ memory
        scores.append(Wo @ np.concatenate((h, read)) + bo)
    S = np.stack(scores[-len(y) :])
    return np.mean(np.logaddexp(0, S) - y * S)
