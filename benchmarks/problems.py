"""What is measured: functions, their arguments, and their gradients written by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

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
import recurrent_networks
import scalar_expression
import two_layer_relu
import wave_equation
from deep_network import network_loss


@dataclass(frozen=True)
class Problem:
    """A function to differentiate with respect to ``argnums`` at ``args``.

    The aim for the generated gradient is at most ``ratio`` times the hand-written one's time or,
    where a call takes so little that only the overhead counts, ``extra`` seconds more; and in any
    case less than autograd's.
    """

    name: str
    function: FunctionType
    hand: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | tuple[int, ...]
    ratio: float | None = None
    extra: float | None = None
    functional: FunctionType | None = None
    """The same function of the same arguments in a form that autograd takes, if it is another."""


def rnn(W, U, x, h):
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h)


def relu_softmax_loss(params, X, Y, decay):
    return network_loss(params, X, Y, "relu", "softmax", decay)


def make_rnn_data(rng, steps=200, inputs=32, hidden=64):
    W = rng.normal(size=(hidden, hidden)) / np.sqrt(hidden)
    U = rng.normal(size=(hidden, inputs)) / np.sqrt(inputs)
    return W, U, rng.normal(size=(steps, inputs)), rng.normal(size=hidden)


def problems() -> list[Problem]:
    """All problems, at the sizes that are reported."""
    rng = np.random.default_rng(0)
    sizes = (784, 128, 64, 10)
    X, Y = deep_network.make_data(rng, 256, sizes, "softmax")
    signals, y = convolutional_classifier.make_data(rng)
    kernels, *layouts = convolutional_classifier.make_params(rng)
    small = two_layer_relu.make_data(rng)
    large = two_layer_relu.make_data(rng, samples=512, inputs=400, hidden=300, outputs=50)
    relu_grad, both = hand.two_layer_relu.loss_grad, (0, 1)
    return [
        Problem(
            "scalar expression",
            scalar_expression.f, hand.scalar_expression.f_grad, (2.0, 5.0), both,
            extra=0.3e-6,
        ),
        Problem(
            "logistic map, 3 steps",
            logistic_map.logistic_map, hand.logistic_map.logistic_map_grad, (0.3, 3), 0,
            extra=0.3e-6,
        ),
        Problem(
            "logistic map, 500 steps",
            logistic_map.logistic_map, hand.logistic_map.logistic_map_grad, (0.3, 500), 0,
        ),
        Problem(
            "two-layer relu, 8x5-6-3", two_layer_relu.loss, relu_grad, small, both, ratio=1.25,
        ),
        Problem(
            "two-layer relu, 512x400-300-50",
            two_layer_relu.loss, relu_grad, large, both, ratio=1.05,
        ),
        Problem(
            "deep network, 256x784-128-64-10",
            relu_softmax_loss, hand.deep_network.network_loss_grad,
            (deep_network.make_params(rng, sizes), X, Y, 1e-4), 0, ratio=1.05,
        ),
        Problem(
            "convolutional classifier, 32x200",
            convolutional_classifier.classifier_loss,
            hand.convolutional_classifier.classifier_loss_grad,
            (*kernels, signals, y, *layouts), (0, 1, 2),
        ),
        Problem(
            "recurrent network, 200x64",
            rnn, hand.rnn.rnn_grad, make_rnn_data(rng), both, ratio=1.05,
        ),
        *simulations(),
        *recurrent(),
    ]  # fmt: skip


def simulations() -> list[Problem]:
    """Programs that write into arrays, and differential equations."""
    rng = np.random.default_rng(1)
    rod = (rng.normal(size=1000), 0.25, rng.normal(size=1000), 500)
    membrane = (*rng.normal(size=(2, 200, 200)), 0.4, 50, rng.normal(size=(200, 200)))
    rates, numbers, record = ode_integration.make_record(rng, steps=200)
    x, v, masses = n_body.make_bodies(rng, 8)
    heat, both = heat_equation.misfit, (0, 1)
    return [
        Problem(
            "heat equation, 1000 cells x 500", heat, hand.heat_equation.misfit_grad, rod, 0,
            functional=functional.heat_misfit,
        ),
        Problem(
            "heat equation and its rate", heat, hand.heat_equation.misfit_rate_grad, rod, both,
            functional=functional.heat_misfit,
        ),
        Problem(
            "wave equation, 200 x 200 x 50",
            wave_equation.misfit, hand.wave_equation.misfit_grad, membrane, both,
            functional=functional.wave_misfit,
        ),
        Problem(
            "Runge-Kutta, 200 steps",
            ode_integration.misfit, hand.ode_integration.misfit_grad,
            (rates, numbers, 0.05, record), both, functional=functional.lotka_volterra_misfit,
        ),
        Problem(
            "Runge-Kutta, hand in scalars",
            ode_integration.misfit, hand.ode_integration.misfit_scalar_grad,
            (rates, numbers, 0.05, record), both, functional=functional.lotka_volterra_misfit,
        ),
        Problem(
            "8 bodies, 50 steps",
            n_body.miss, hand.n_body.miss_grad,
            (v[0], x, v, masses, 0.02, 50, np.array([1.0, 0.5])), both,
            functional=functional.miss,
        ),
    ]  # fmt: skip


def recurrent() -> list[Problem]:
    """Recurrent networks that keep their states in a list."""
    rng = np.random.default_rng(2)
    x, y, h = rng.normal(size=(200, 32)), rng.normal(size=(200, 8)), np.zeros(64)
    V = rng.normal(size=(8, 64)) / 8
    plain, memory = recurrent_networks.rnn_loss, recurrent_networks.lstm_loss
    hands = hand.recurrent_networks
    return [
        Problem(
            "RNN with a list, 200x64", plain, hands.rnn_loss_grad,
            (recurrent_networks.make_rnn(rng, 32, 64), V, x, h, y), (0, 1),
        ),
        Problem(
            "LSTM with a list, 200x64", memory, hands.lstm_loss_grad,
            (recurrent_networks.make_lstm(rng, 32, 64, 1.0), V, x, h, y), (0, 1),
        ),
    ]  # fmt: skip


def with_numpy(
    function: FunctionType, numpy: ModuleType, namespaces: dict[int, dict[str, Any]] | None = None
) -> FunctionType:
    """The function, and all functions that it calls, with ``numpy`` in the place of ``np``."""
    namespaces = {} if namespaces is None else namespaces
    original = function.__globals__
    if id(original) not in namespaces:
        copy = namespaces[id(original)] = {**original, "np": numpy}
        for name, value in original.items():
            if isinstance(value, FunctionType) and value.__globals__.get("np") is np:
                copy[name] = with_numpy(value, numpy, namespaces)
    return FunctionType(
        function.__code__,
        namespaces[id(original)],
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
