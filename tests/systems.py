"""The systems that the examples and the golden sources are tested on: functions and arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import convolutional_classifier
import deep_network
import digits_network
import gates
import gauss_seidel
import heat_equation
import linear_regression
import logistic_map
import newton_sqrt
import numpy as np
import problems
import recurrent_networks
import recursion
import scalar_expression
import sigmoid_neuron
import softmax_classifier
import two_layer_relu
import wave_equation

from srcgrad import grad, value_and_grad


@dataclass(frozen=True)
class System:
    """A function to differentiate with respect to ``argnums`` at ``args``."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | tuple[int, ...] = 0
    value: bool = False

    def compile(self) -> Any:
        """A new gradient, which nothing was asked of yet."""
        return (value_and_grad if self.value else grad)(self.function, argnums=self.argnums)

    @property
    def positions(self) -> tuple[int, ...]:
        return (self.argnums,) if isinstance(self.argnums, int) else self.argnums


def _network(kind: str, activation: str) -> System:
    rng = np.random.default_rng(4)
    sizes = (5, 6, 4, 1) if kind == "binary" else (5, 6, 4, 3)
    X, Y = deep_network.make_data(rng, 7, sizes, kind)
    params = deep_network.make_params(rng, sizes, biases=0.3)
    return System(deep_network.network_loss, (params, X, Y, activation, kind, 0.05))


def networks() -> dict[str, System]:
    """System 8: the deep network with each of its losses and activations."""
    return {
        f"deep_{kind.replace('-', '_')}_{activation}": _network(kind, activation)
        for kind in ("binary", "softmax", "one-vs-rest", "squared")
        for activation in ("sigmoid", "tanh", "relu", "softplus")
    }


def systems() -> dict[str, System]:
    """Systems 1 to 9, and the functions that the benchmarks and the demo differentiate."""
    rng = np.random.default_rng(3)
    X, y = linear_regression.make_data(rng, 9, 4)
    signals, signs = convolutional_classifier.make_data(rng, samples=9, length=12)
    kernels, *layouts = convolutional_classifier.make_params(rng, 12, 4, 3)
    rest = (signals, signs, *layouts)
    softmax = softmax_classifier
    scores, target = np.array([3.2, 5.1, -1.7]), np.array([1.0, 0.0, 0.0])
    digits = digits_network.make_params(rng, 6, 5, 3)
    neuron = (np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0]))
    layer = (rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4), target)
    batch = (rng.normal(size=(8, 6)), np.eye(3)[rng.integers(0, 3, size=8)])
    deep = {name.removeprefix("deep_"): case for name, case in networks().items()}
    return {
        "scalar_expression": System(scalar_expression.f, (2.0, 5.0), (0, 1)),
        "gates_circuit": System(gates.circuit, (-2.0, 5.0, -4.0), (0, 1, 2)),
        "gates_routed": System(gates.routed, (3.0, -4.0, 2.0, -1.0), (0, 1, 2, 3)),
        "gates_branching": System(gates.branching, (1.5, 0.5), (0, 1)),
        "sigmoid_neuron": System(sigmoid_neuron.neuron, neuron, (0, 1)),
        "logistic_map": System(logistic_map.logistic_map, (0.3, 3)),
        "linear_regression": System(linear_regression.loss, (rng.normal(size=4), X, y)),
        "softmax": System(softmax.cross_entropy, (scores, target)),
        "softmax_linear": System(softmax.classifier_loss, layer, (0, 1)),
        "two_layer_relu": System(two_layer_relu.loss, two_layer_relu.make_data(rng), (0, 1)),
        "deep_binary": deep["binary_sigmoid"],
        "deep_softmax": deep["softmax_relu"],
        "deep_one_vs_rest": deep["one_vs_rest_tanh"],
        "deep_squared": deep["squared_softplus"],
        "convolution": System(
            convolutional_classifier.classifier_loss, (*kernels, *rest), (0, 1, 2)
        ),
        "rnn": System(problems.rnn, problems.make_rnn_data(rng, 6, 3, 4), (0, 1)),
        "horner": System(recursion.horner, (rng.normal(size=5), 0.7, 0), (0, 1)),
        "digits": System(digits_network.digits_loss, (digits, *batch), value=True),
        **_unchanged(),
    }


def _unchanged() -> dict[str, System]:
    """Programs that write into arrays by slices and by elements, or leave a loop."""
    rng = np.random.default_rng(6)
    rod = (rng.normal(size=7), 0.3, rng.normal(size=7), 5)
    membrane = (*rng.normal(size=(2, 5, 6)), 0.3, 3, rng.normal(size=(5, 6)))
    u, f, h, field = gauss_seidel.make_data(rng, 5, 4)
    return {
        "heat_equation": System(heat_equation.misfit, rod),
        "wave_equation": System(wave_equation.misfit, membrane, (0, 1)),
        "newton_sqrt": System(newton_sqrt.newton_sqrt, (2.0, 1e-10, 50)),
        "gauss_seidel": System(gauss_seidel.misfit, (u, f, h, 2, field), 1),
        **_networks(rng),
    }


def _networks(rng: np.random.Generator) -> dict[str, System]:
    """A network whose states are appended to a list, with respect to its parameters."""
    steps, inputs, hidden = 5, 2, 3
    x, y, h = rng.normal(size=(steps, inputs)), rng.normal(size=(steps, 1)), np.zeros(hidden)
    V = rng.normal(size=(1, hidden))
    plain = recurrent_networks.make_rnn(rng, inputs, hidden)
    memory = recurrent_networks.make_lstm(rng, inputs, hidden)
    return {
        "rnn_with_a_list": System(recurrent_networks.rnn_loss, (plain, V, x, h, y), (0, 1)),
        "lstm_with_a_list": System(recurrent_networks.lstm_loss, (memory, V, x, h, y), (0, 1)),
    }
