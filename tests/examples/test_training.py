"""The data of the examples, and the optimizers."""

from __future__ import annotations

import digits_network
import numpy as np
import optimizers
import pytest


def test_digits_are_all_there():
    with np.load(digits_network.DATA) as data:
        images, labels = data["images"], data["labels"]
    assert images.shape == (1797, 64)
    assert images.dtype == labels.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # Sums as scikit-learn's own copy gives them.
    assert images.sum() == 561718
    assert labels[:10].tolist() == list(range(10))


def test_digits_are_split_without_overlap(rng):
    (X, y), (X_test, y_test) = digits_network.load_digits(rng, test=300)
    assert (len(X), len(y), len(X_test), len(y_test)) == (1497, 1497, 300, 300)
    assert X.min() == 0
    assert X.max() == 1
    assert X.sum() + X_test.sum() == pytest.approx(561718 / 16)


def quadratic(params, inputs, targets):
    """Squared distance of the parameters from the means of the batch, and its gradient."""
    (a, (b,)) = params
    da, db = a - np.mean(inputs, axis=0), b - np.mean(targets)
    return np.sum(da**2) + db**2, (2 * da, (2 * db,))


@pytest.mark.parametrize("name", ["sgd", "momentum", "adagrad", "rmsprop", "adam"])
def test_optimizers_find_a_minimum(name, rng):
    inputs = np.tile([1.0, -2.0], (64, 1))
    start = (np.zeros(2), (np.float64(5.0),))
    rates = {"sgd": 0.1, "momentum": 0.02, "adagrad": 1.0, "rmsprop": 0.05, "adam": 0.2}
    reports = []
    params, losses = optimizers.train(
        quadratic,
        start,
        inputs,
        np.full(64, 3.0),
        rng,
        rule=getattr(optimizers, name),
        rate=rates[name],
        batch=8,
        epochs=30,
        decay=0.95,
        report=lambda epoch, loss, params: reports.append((epoch, loss)),
    )
    assert len(losses) == 30 * 8
    assert [epoch for epoch, _ in reports] == list(range(1, 31))
    np.testing.assert_allclose(params[0], [1.0, -2.0], atol=0.05)
    assert params[1][0] == pytest.approx(3.0, abs=0.05)
    assert isinstance(params, tuple)
    np.testing.assert_array_equal(start[0], 0.0)


def test_first_step_of_adam_is_the_step_size():
    memory = {}
    w = optimizers.adam(np.array([1.0, 1.0]), np.array([5.0, -0.01]), memory, 0.1)
    np.testing.assert_allclose(w, [0.9, 1.1], rtol=1e-5)


def test_clipping_keeps_direction_and_short_gradients():
    gradient = [(np.array([3.0, 0.0]), np.array([4.0]))]
    clipped = optimizers.clip_gradient(gradient, 1.0)
    np.testing.assert_allclose(clipped[0][0], [0.6, 0.0])
    np.testing.assert_allclose(clipped[0][1], [0.8])
    same = optimizers.clip_gradient(gradient, 10.0)
    np.testing.assert_array_equal(same[0][0], gradient[0][0])


def test_batches_cover_everything_once(rng):
    parts = optimizers.batches(rng, 32, 100)
    assert [len(part) for part in parts] == [32, 32, 32, 4]
    assert sorted(np.concatenate(parts)) == list(range(100))
