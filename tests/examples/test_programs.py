"""The functions of the examples compute what their descriptions say."""

from __future__ import annotations

import convolutional_classifier
import deep_network
import gates
import linear_regression
import logistic_map
import numpy as np
import pytest
import scalar_expression
import sigmoid_neuron
import softmax_classifier


def test_known_values():
    assert scalar_expression.f(2.0, 5.0) == pytest.approx(11.652, abs=5e-4)
    assert gates.circuit(-2.0, 5.0, -4.0) == -12.0
    w, x = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])
    assert sigmoid_neuron.neuron(w, x) == pytest.approx(0.73, abs=5e-3)


def test_logistic_map_is_its_polynomial():
    for x in np.linspace(0.01, 0.99, 7):
        assert logistic_map.logistic_map(x, 3) == pytest.approx(logistic_map.three_steps(x))
        h = 1e-6
        slope = (logistic_map.three_steps(x + h) - logistic_map.three_steps(x - h)) / (2 * h)
        assert logistic_map.three_steps_derivative(x) == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_linear_regression_gradients_agree(rng):
    X, y = linear_regression.make_data(rng, 30, 4)
    w = rng.normal(size=4)
    np.testing.assert_allclose(
        linear_regression.numerical_gradient(w, X, y),
        linear_regression.analytic_gradient(w, X, y),
        rtol=1e-6,
    )


def test_softmax():
    scores, y = np.array([3.2, 5.1, -1.7]), np.array([1.0, 0.0, 0.0])
    p = softmax_classifier.probabilities(scores)
    np.testing.assert_allclose(p, [0.13, 0.87, 0.00], atol=5e-3)
    assert softmax_classifier.cross_entropy(scores, y) == pytest.approx(2.04, abs=5e-3)


def test_deep_network_losses(rng):
    params = deep_network.make_params(rng, (4, 5, 3))
    X, Y = deep_network.make_data(rng, 6, (4, 5, 3), "softmax")
    s = deep_network.scores(params, X, "tanh")
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    assert deep_network.data_loss(s, Y, "softmax") == pytest.approx(-np.sum(Y * np.log(p)) / 6)
    q = 1 / (1 + np.exp(-s))
    binary = -np.sum(Y * np.log(q) + (1 - Y) * np.log(1 - q)) / 6
    assert deep_network.data_loss(s, Y, "one-vs-rest") == pytest.approx(binary)
    plain = deep_network.network_loss(params, X, Y)
    shifted = [(W, b + 1) for W, b in params]
    weights = sum(np.sum(W**2) for W, _ in params)
    decayed = deep_network.network_loss(params, X, Y, decay=0.1)
    assert decayed == pytest.approx(plain + 0.1 * weights)
    extra = deep_network.network_loss(shifted, X, Y, decay=0.1)
    assert extra - deep_network.network_loss(shifted, X, Y) == pytest.approx(0.1 * weights)


def test_toeplitz_matrix_is_a_correlation(rng):
    kernel, x = rng.normal(size=3), rng.normal(size=10)
    T = convolutional_classifier.toeplitz(kernel, *convolutional_classifier.band_layout(10, 3))
    np.testing.assert_allclose(T @ x, np.correlate(x, kernel, mode="valid"))
