"""A network that reads hand-written digits: 64 pixels, 64 hidden units, 10 classes."""

from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "data" / "digits.npz"


def digits_loss(params, X, Y):
    (W1, b1), (W2, b2) = params
    h = np.maximum(X @ W1 + b1, 0)
    scores = h @ W2 + b2
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.sum(Y * log_p) / len(Y)


def predict(params, X):
    """The most likely digit for each row of ``X``."""
    (W1, b1), (W2, b2) = params
    h = np.maximum(X @ W1 + b1, 0)
    return np.argmax(h @ W2 + b2, axis=1)


def accuracy(params, X, labels):
    return float(np.mean(predict(params, X) == labels))


def make_params(rng, inputs=64, hidden=64, classes=10):
    return [
        (rng.normal(size=(inputs, hidden)) * np.sqrt(2 / inputs), np.zeros(hidden)),
        (rng.normal(size=(hidden, classes)) * np.sqrt(2 / hidden), np.zeros(classes)),
    ]


def load_digits(rng, test=360):
    """Images as rows of numbers from 0 to 1 and labels: (training pair), (test pair)."""
    with np.load(DATA) as data:
        images, labels = data["images"] / 16.0, data["labels"].astype(np.int64)
    order = rng.permutation(len(labels))
    held, kept = order[:test], order[test:]
    return (images[kept], labels[kept]), (images[held], labels[held])


def one_hot(labels, classes=10):
    return np.eye(classes)[labels]
