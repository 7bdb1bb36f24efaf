"""The ten systems on the compiler: every program runs, and its gradients are right."""

from __future__ import annotations

import importlib
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srcgrad import testing
from tests.programs import FILES
from tests.systems import networks, systems

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOT_PROGRAMS = {"digits_network", "optimizers", "recursion", "run_demo", *FILES}
PROGRAMS = sorted(p.stem for p in EXAMPLES.glob("*.py") if p.stem not in NOT_PROGRAMS)

SYSTEMS = systems()
NETWORKS = networks()


def test_there_are_ten_programs():
    assert len(PROGRAMS) == 10


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_runs_and_shows_its_gradient(name, capsys, passes):
    importlib.import_module(name).main()
    printed = capsys.readouterr().out
    assert re.search(r"^def \w+_grad\w*\(", printed, re.MULTILINE)
    assert "nan" not in printed
    assert {"specialise", "reverse"} <= set(passes)


@pytest.mark.parametrize("name", SYSTEMS)
def test_gradient_agrees_with_finite_differences(name, passes):
    system = SYSTEMS[name]
    testing.check_grads(system.function, system.args, system.positions)
    assert passes


@pytest.mark.parametrize("name", NETWORKS)
def test_every_loss_and_activation_agrees_with_finite_differences(name):
    system = NETWORKS[name]
    testing.check_grads(system.function, system.args, system.positions)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value]


@pytest.mark.parametrize("name", SYSTEMS)
def test_gradient_is_fresh_and_leaves_the_arguments_alone(name):
    system = SYSTEMS[name]
    inputs = _leaves(system.args)
    before = [np.copy(leaf) for leaf in inputs]
    gradients = _leaves(system.compile()(*system.args))
    for copy, leaf in zip(before, inputs):
        np.testing.assert_array_equal(copy, leaf)
    arrays = [leaf for leaf in gradients if isinstance(leaf, np.ndarray)]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        others = [leaf for leaf in inputs if isinstance(leaf, np.ndarray)] + arrays[:i]
        assert not any(np.shares_memory(array, other) for other in others)


# --- known values -------------------------------------------------------------------------------


def gradient_of(name: str) -> Any:
    return SYSTEMS[name].compile()(*SYSTEMS[name].args)


def test_scalar_expression():
    assert gradient_of("scalar_expression") == pytest.approx((5.5, 1.716), abs=5e-4)


def test_gates():
    assert gradient_of("gates_circuit") == (-4.0, -4.0, 3.0)
    assert gradient_of("gates_routed") == (-8.0, 6.0, 2.0, 0.0)
    x, y = SYSTEMS["gates_branching"].args
    known = (2 * x * y + y * np.cos(x * y), x * x + x * np.cos(x * y))
    assert gradient_of("gates_branching") == pytest.approx(known, rel=1e-14)


def test_sigmoid_neuron():
    w_bar, x_bar = gradient_of("sigmoid_neuron")
    np.testing.assert_allclose(w_bar, [-0.20, -0.39, 0.20], atol=5e-3)
    np.testing.assert_allclose(x_bar, [0.39, -0.59], atol=5e-3)


def test_logistic_map():
    import logistic_map

    gradient = SYSTEMS["logistic_map"].compile()
    for x in (0.05, 0.2, 0.35, 0.5, 0.8):
        known = logistic_map.three_steps_derivative(x)
        assert gradient(x, 3) == pytest.approx(known, rel=1e-12, abs=1e-12)
    assert gradient(0.3, 0) == 1.0
    assert gradient(0.3, 1) == pytest.approx(4 - 8 * 0.3)


def test_linear_regression():
    import linear_regression

    expected = linear_regression.analytic_gradient(*SYSTEMS["linear_regression"].args)
    np.testing.assert_allclose(gradient_of("linear_regression"), expected, rtol=1e-12)


def test_softmax():
    import softmax_classifier

    scores, y = SYSTEMS["softmax"].args
    p = softmax_classifier.probabilities(scores)
    np.testing.assert_allclose(gradient_of("softmax"), p - y, rtol=1e-12)
    np.testing.assert_allclose(gradient_of("softmax"), [-0.87, 0.87, 0.00], atol=5e-3)


def test_two_layer_network():
    W1, W2, X = SYSTEMS["two_layer_relu"].args
    z1 = X @ W1
    h1 = np.maximum(z1, 0)
    dy_hat = 2 * (h1 @ W2)
    dW1, dW2 = gradient_of("two_layer_relu")
    np.testing.assert_allclose(dW2, h1.T @ dy_hat, rtol=1e-12)
    np.testing.assert_allclose(dW1, X.T @ ((dy_hat @ W2.T) * (z1 > 0)), rtol=1e-12)


def test_output_layer_of_the_binary_network_gets_prediction_less_target():
    import deep_network

    (params, X, Y, activation, kind, decay) = NETWORKS["deep_binary_tanh"].args
    predicted = 1 / (1 + np.exp(-deep_network.scores(params, X, activation)))
    delta = (predicted - Y) / len(Y)
    params_bar = NETWORKS["deep_binary_tanh"].compile()(params, X, Y, activation, kind, decay)
    np.testing.assert_allclose(params_bar[-1][1], delta.sum(axis=0), rtol=1e-10)


def test_kernels_collect_the_gradients_of_the_whole_band():
    import convolutional_classifier as example

    kernel1, kernel2, W3, X, y, layout1, layout2 = SYSTEMS["convolution"].args
    k1_bar, *_ = gradient_of("convolution")

    def full(W1):
        """The loss of a full first matrix."""
        h2 = np.maximum(0, example.toeplitz(kernel2, *layout2) @ np.maximum(0, W1 @ X))
        return np.sum(np.log(1 + np.exp(-y * np.maximum(0, W3 @ h2)))) / len(y)

    from srcgrad import grad

    W1_bar = grad(full)(example.toeplitz(kernel1, *layout1))
    band, offset = layout1
    expected = [np.sum(W1_bar[band & (offset == k)]) for k in range(len(kernel1))]
    np.testing.assert_allclose(k1_bar, expected, rtol=1e-10)


# --- running the files, as a user does ----------------------------------------------------------


def test_programs_run_as_scripts(capsys):
    runpy.run_path(str(EXAMPLES / "two_layer_relu.py"), run_name="__main__")
    assert "def loss_grad(W1, W2, X):" in capsys.readouterr().out
