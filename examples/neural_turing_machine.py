"""A neural Turing machine learns to copy: it writes a sequence into a memory, and reads it back.

A small network, the controller, moves two heads over the rows of a memory matrix.  A head stands
on all rows at once, with weights that sum to 1, and moves in four steps: it looks for rows similar
to a key, goes on from there or stays where it was (interpolation), shifts by one row or not
(circular convolution), and makes its weights sharper.  The writing head erases and adds to the
rows in place; the reading head takes their mean.  All of it is differentiable, so that the
controller learns by gradient descent where to write and where to read.

The machine sees a mark, a sequence of random bits and another mark, and then, seeing nothing more,
must repeat the sequence.
"""

import time

import numpy as np
from optimizers import adam, clip_gradient, update


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def softplus(z):
    return np.logaddexp(0, z)


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def address(memory, w, controls):
    """The new weights of a head that had the weights ``w``."""
    width = memory.shape[1]
    key = np.tanh(controls[:width])
    strength = softplus(controls[width])
    gate = sigmoid(controls[width + 1])
    shift = softmax(controls[width + 2 : width + 5])
    sharpness = 1 + softplus(controls[width + 5])

    # Content: cosine similarity of each row and the key.
    lengths = np.sqrt(np.sum(memory**2, axis=1)) * np.sqrt(np.sum(key**2))
    similar = softmax(strength * (memory @ key) / (lengths + 1e-8))
    w = gate * similar + (1 - gate) * w
    # Location: one row up, stay, one row down.
    moved = np.zeros_like(w)
    for k in range(3):
        moved += shift[k] * np.roll(w, k - 1)
    moved **= sharpness
    return moved / np.sum(moved)


def write(memory, w, erase, add):
    memory *= 1 - np.outer(w, erase)
    memory += np.outer(w, add)


def machine(params, x, slots):
    """The scores of the bits that the machine puts out in each step."""
    M, Wx, Wr, b, Wh, bh, Wo, bo = params
    width = len(M)
    memory = np.zeros((slots, width))
    memory[:] = M
    w_read = np.zeros(slots)
    w_read[0] = 1.0
    w_write = w_read.copy()
    read = np.zeros(width)
    head = width + 6
    scores = []
    for t in range(len(x)):
        h = np.tanh(Wx @ x[t] + Wr @ read + b)
        controls = Wh @ h + bh
        w_write = address(memory, w_write, controls[head : 2 * head])
        erase = sigmoid(controls[2 * head : 2 * head + width])
        add = np.tanh(controls[2 * head + width :])
        write(memory, w_write, erase, add)
        w_read = address(memory, w_read, controls[:head])
        read = w_read @ memory
        scores.append(Wo @ np.concatenate((h, read)) + bo)
    return np.stack(scores)


def copy_loss(params, x, y, slots=8):
    """Mean cross entropy of the bits that are put out after the sequence was shown."""
    scores = machine(params, x, slots)[-len(y) :]
    return np.mean(np.logaddexp(0, scores) - y * scores)


def bits_right(params, x, y, slots=8):
    scores = machine(params, x, slots)[-len(y) :]
    return np.mean((scores > 0) == (y > 0.5))


def make_task(rng, bits=6, length=5):
    """Random bits; and what is shown: mark, the bits, another mark, nothing."""
    y = rng.integers(0, 2, size=(length, bits)).astype(float)
    x = np.zeros((2 * length + 2, bits + 2))
    x[0, bits] = 1.0
    x[1 : length + 1, :bits] = y
    x[length + 1, bits + 1] = 1.0
    return x, y


def make_params(rng, bits=6, hidden=32, width=8):
    """The first row of the memory, and random weights of the controller."""

    def weights(outputs, inputs):
        return rng.normal(size=(outputs, inputs)) / np.sqrt(inputs)

    controls = 2 * (width + 6) + 2 * width
    return [
        0.1 * rng.normal(size=width),
        weights(hidden, bits + 2),
        weights(hidden, width),
        np.zeros(hidden),
        0.3 * weights(controls, hidden),
        np.zeros(controls),
        weights(bits, hidden + width),
        np.zeros(bits),
    ]


def train(loss_and_grad, seed=3, most=2000, rate=0.01, report=lambda step, loss: None):
    """Trained parameters: one sequence a step, until the loss is small."""
    rng = np.random.default_rng(seed)
    params, memories = make_params(rng), {}
    losses = []
    for step in range(1, most + 1):
        loss, gradient = loss_and_grad(params, *make_task(rng))
        losses.append(loss)
        params = update(adam, params, clip_gradient(gradient, 10.0), memories, rate)
        if step % 200 == 0:
            report(step, np.mean(losses[-200:]))
            if np.mean(losses[-200:]) < 0.002:
                break
    return params


def share_of_bits_right(params, seed=99, sequences=100):
    """Of sequences that were not trained on."""
    rng = np.random.default_rng(seed)
    return np.mean([bits_right(params, *make_task(rng)) for _ in range(sequences)])


def main():
    from srcgrad import value_and_grad

    loss_and_grad = value_and_grad(copy_loss)
    start = time.perf_counter()

    def report(step, loss):
        seconds = time.perf_counter() - start
        print(f"sequence {step:4}: loss {loss:.4f}   ({seconds:.0f} s)")

    params = train(loss_and_grad, report=report)
    print(f"bits right: {100 * share_of_bits_right(params):.2f} %")
    print()
    print(loss_and_grad.source)


if __name__ == "__main__":
    main()
