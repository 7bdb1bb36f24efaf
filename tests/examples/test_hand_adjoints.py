"""The hand-written gradients that the benchmarks measure against are right."""

from __future__ import annotations

from types import SimpleNamespace

import autograd
import autograd.numpy
import convolutional_classifier
import deep_network
import functional
import hand.convolutional_classifier
import hand.deep_network
import hand.heat_equation
import hand.logistic_map
import hand.n_body
import hand.ode_integration
import hand.recurrent_networks
import hand.rnn
import hand.scalar_expression
import hand.two_layer_relu
import hand.wave_equation
import heat_equation
import logistic_map
import n_body
import numpy as np
import ode_integration
import problems
import pytest
import recurrent_networks
import scalar_expression
import two_layer_relu
import wave_equation

from srcgrad.testing import compare


def cases() -> dict[str, SimpleNamespace]:
    """The problems at sizes at which each entry can be checked."""
    rng = np.random.default_rng(3)
    X, Y = deep_network.make_data(rng, 7, (5, 6, 4, 3), "softmax")
    params = [(W, rng.normal(size=b.shape)) for W, b in deep_network.make_params(rng, (5, 6, 4, 3))]
    signals, y = convolutional_classifier.make_data(rng, samples=9, length=12)
    kernels, *layouts = convolutional_classifier.make_params(rng, 12, 4, 3)
    conv, conv_grad = convolutional_classifier, hand.convolutional_classifier.classifier_loss_grad
    rows = {
        "scalar": (
            scalar_expression.f, hand.scalar_expression.f_grad, (2.0, 5.0), (0, 1),
        ),
        "logistic": (
            logistic_map.logistic_map, hand.logistic_map.logistic_map_grad, (0.3, 4), (0,),
        ),
        "two_layer": (
            two_layer_relu.loss, hand.two_layer_relu.loss_grad, two_layer_relu.make_data(rng),
            (0, 1),
        ),
        "deep": (
            problems.relu_softmax_loss, hand.deep_network.network_loss_grad,
            (params, X, Y, 0.05), (0,),
        ),
        "convolution": (
            conv.classifier_loss, conv_grad, (*kernels, signals, y, *layouts), (0, 1, 2),
        ),
        "rnn": (problems.rnn, hand.rnn.rnn_grad, problems.make_rnn_data(rng, 6, 3, 4), (0, 1)),
        **simulations(rng),
        **recurrent(rng),
    }  # fmt: skip
    keys = ("function", "gradient", "args", "argnums", "functional")
    return {name: SimpleNamespace(**dict(zip(keys, (*row, row[0])))) for name, row in rows.items()}


def simulations(rng: np.random.Generator) -> dict[str, tuple]:
    """Programs that autograd takes in another form only, which stands last."""
    rod = (rng.normal(size=9), 0.3, rng.normal(size=9), 7)
    membrane = (*rng.normal(size=(2, 6, 5)), 0.3, 7, rng.normal(size=(6, 5)))
    rates, numbers, record = ode_integration.make_record(rng, steps=9)
    x, v, masses = n_body.make_bodies(rng, 4)
    return {
        "heat": (
            heat_equation.misfit, hand.heat_equation.misfit_grad, rod, (0,),
            functional.heat_misfit,
        ),
        "heat_rate": (
            heat_equation.misfit, hand.heat_equation.misfit_rate_grad, rod, (0, 1),
            functional.heat_misfit,
        ),
        "wave": (
            wave_equation.misfit, hand.wave_equation.misfit_grad, membrane, (0, 1),
            functional.wave_misfit,
        ),
        "rk4": (
            ode_integration.misfit, hand.ode_integration.misfit_grad,
            (rates, numbers, 0.05, record + 1.0), (0, 1), functional.lotka_volterra_misfit,
        ),
        "rk4_scalar": (
            ode_integration.misfit, hand.ode_integration.misfit_scalar_grad,
            (rates, numbers, 0.05, record + 1.0), (0, 1), functional.lotka_volterra_misfit,
        ),
        "n_body": (
            n_body.miss, hand.n_body.miss_grad,
            (v[0], x, v, masses, 0.05, 6, np.array([1.0, 0.5])), (0, 1), functional.miss,
        ),
    }  # fmt: skip


def recurrent(rng: np.random.Generator) -> dict[str, tuple]:
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 3))
    h, V, b = rng.normal(size=4), rng.normal(size=(3, 4)), rng.normal(size=16)
    W, U, _ = recurrent_networks.make_rnn(rng, 2, 4)
    W4, U4, _ = recurrent_networks.make_lstm(rng, 2, 4)
    hands = hand.recurrent_networks
    return {
        "rnn_list": (
            recurrent_networks.rnn_loss, hands.rnn_loss_grad, ((W, U, b[:4]), V, x, h, y), (0, 1),
        ),
        "lstm_list": (
            recurrent_networks.lstm_loss, hands.lstm_loss_grad, ((W4, U4, b), V, x, h, y), (0, 1),
        ),
    }  # fmt: skip


NAMES = (
    "scalar", "logistic", "two_layer", "deep", "convolution", "rnn",
    "heat", "heat_rate", "wave", "rk4", "rk4_scalar", "n_body", "rnn_list", "lstm_list",
)  # fmt: skip


def _as_tuple(case: SimpleNamespace, gradient: object) -> tuple:
    return gradient if len(case.argnums) > 1 else (gradient,)


@pytest.mark.parametrize("name", NAMES)
def test_hand_adjoint_agrees_with_finite_differences(name):
    case = cases()[name]
    gradients = _as_tuple(case, case.gradient(*case.args))
    rows = compare(case.function, case.args, case.argnums, gradients, rtol=1e-6)
    assert rows
    assert all(row.passed for row in rows), rows
    assert all(row.largest > 0 for row in rows), "a gradient of zeros tests nothing"


@pytest.mark.parametrize("name", NAMES)
def test_hand_adjoint_agrees_with_autograd(name):
    case = cases()[name]
    function = problems.with_numpy(case.functional, autograd.numpy)
    expected = autograd.grad(function, case.argnums)(*case.args)
    _assert_same(_as_tuple(case, case.gradient(*case.args)), expected)


def _assert_same(got, expected):
    if isinstance(expected, list | tuple):
        assert type(got) is type(expected)
        assert len(got) == len(expected)
        for a, b in zip(got, expected):
            _assert_same(a, b)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_hand_adjoint_returns_fresh_arrays_and_python_floats(name):
    case = cases()[name]
    before = [np.copy(leaf) for leaf in _leaves(case.args)]
    gradients = list(_leaves(case.gradient(*case.args)))
    inputs = list(_leaves(case.args))
    for a, b in zip(before, inputs):
        np.testing.assert_array_equal(a, b)
    for gradient in gradients:
        if isinstance(gradient, np.ndarray):
            assert gradient.flags.writeable
            assert not any(np.may_share_memory(gradient, leaf) for leaf in inputs)
        else:
            assert type(gradient) is float


def _leaves(value):
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def test_all_problems_of_the_benchmark_are_checked_here():
    checked = {case.gradient for case in cases().values()}
    assert {problem.hand for problem in problems.problems()} == checked
