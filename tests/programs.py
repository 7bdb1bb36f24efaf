"""The programs that srcgrad must take unchanged: functions and arguments at which to check them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bump
import custom_gate
import factorisations
import functional
import gauss_seidel
import heat_equation
import layers
import n_body
import neural_turing_machine
import newton_sqrt
import numpy as np
import ode_integration
import problems
import recurrent_networks
import wave_equation
from autograd import numpy as autograd_numpy

from tests.systems import System

FILES = (
    "bump", "custom_gate", "factorisations", "gauss_seidel", "heat_equation", "layers", "n_body",
    "neural_turing_machine", "newton_sqrt", "ode_integration", "recurrent_networks",
    "wave_equation",
)  # fmt: skip


def _waves(rng: np.random.Generator) -> dict[str, System]:
    """Two swapped buffers: no step, one, two, and larger numbers, even and odd."""
    start, velocity, measured = rng.normal(size=(3, 6, 5))
    rows = {}
    for steps in (0, 1, 2, 7, 8):
        rows[f"wave_equation:{steps} steps"] = System(
            wave_equation.misfit, (start, velocity, 0.3, steps, measured), (0, 1, 2)
        )
        rows[f"wave_equation:one array, {steps} steps"] = System(
            wave_equation.diffusion_misfit, (start, 0.2, steps, measured), (0, 1)
        )
    return rows


def _recurrent(rng: np.random.Generator) -> dict[str, System]:
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 1))
    h, V = rng.normal(size=3), rng.normal(size=(1, 3))
    plain = [p + 0.1 * rng.normal(size=p.shape) for p in recurrent_networks.make_rnn(rng, 2, 3)]
    memory = [p + 0.1 * rng.normal(size=p.shape) for p in recurrent_networks.make_lstm(rng, 2, 3)]
    inputs, wide = rng.normal(size=(5, 3)), rng.normal(size=(5, 12))
    return {
        "recurrent_networks:rnn": System(
            recurrent_networks.rnn_loss, (tuple(plain), V, x, h, y), (0, 1, 2, 3)
        ),
        "recurrent_networks:lstm": System(
            recurrent_networks.lstm_loss, (tuple(memory), V, x, h, y), (0, 1, 2, 3)
        ),
        "recurrent_networks:rnn inputs": System(
            recurrent_networks.rnn_last, (inputs, tuple(plain), h)
        ),
        "recurrent_networks:lstm inputs": System(
            recurrent_networks.lstm_last, (wide, tuple(memory), h)
        ),
    }


def _differential_equations(rng: np.random.Generator) -> dict[str, System]:
    params, y, record = ode_integration.make_record(rng, h=0.1, steps=12)
    x, v, masses = n_body.make_bodies(rng, 4)
    goal = np.array([1.0, 0.5])
    return {
        "ode_integration:pendulum": System(
            ode_integration.final_energy,
            (np.array([1.0, 0.5]), np.array([2.0, 0.1]), 0.1, 9), (0, 1),
        ),
        "ode_integration:lotka_volterra": System(
            ode_integration.misfit, (params, y, 0.1, record[:, ::-1] + 1.0), (0, 1)
        ),
        "n_body:energy": System(n_body.final_energy, (x, v, masses, 0.05, 6), (0, 1, 2)),
        "n_body:miss": System(n_body.miss, (v[0], x, v, masses, 0.05, 6, goal), (0, 1, 3)),
    }  # fmt: skip


def _networks(rng: np.random.Generator) -> dict[str, System]:
    """Networks of classes; the values that a batch norm gathers are written in each call."""
    params, x, y = bump.make_params(rng, 6), rng.normal(size=9), rng.normal(size=9)
    bits = neural_turing_machine.make_params(rng, bits=3, hidden=5, width=4)
    task = neural_turing_machine.make_task(rng, bits=3, length=2)
    inputs, outputs = rng.normal(size=(7, 3)), rng.normal(size=(7, 1))
    return {
        "bump": System(bump.misfit, (params, x, y)),
        "layers:plain": System(layers.loss, (layers.plain_network(rng, 2, 3), inputs, outputs)),
        "layers:residual": System(
            layers.loss, (layers.residual_network(rng, 2, 3), inputs, outputs)
        ),
        "layers:normalised": System(
            layers.loss, (layers.normalised_network(rng, 3, 4), inputs, outputs)
        ),
        "neural_turing_machine": System(neural_turing_machine.copy_loss, (bits, *task, 3)),
    }


def programs() -> dict[str, System]:
    rng = np.random.default_rng(5)
    u, f, h, field = gauss_seidel.make_data(rng, 5, 6)
    A, y = factorisations.make_data(rng, 4)
    return {
        "heat_equation": System(
            heat_equation.misfit, (rng.normal(size=8), 0.3, rng.normal(size=8), 12), (0, 1)
        ),
        **_waves(rng),
        "gauss_seidel": System(gauss_seidel.misfit, (u, f, h, 3, field), (0, 1, 2)),
        **_recurrent(rng),
        **_differential_equations(rng),
        "newton_sqrt": System(newton_sqrt.newton_sqrt, (2.0, 1e-10)),
        "newton_sqrt:capped": System(newton_sqrt.newton_sqrt, (9.0, 1e-10, 2)),
        "factorisations:likelihood": System(factorisations.negative_log_likelihood, (A, y), (0, 1)),
        "factorisations:determinant": System(
            factorisations.lu_determinant, (rng.normal(size=(4, 4)),)
        ),
        **_networks(rng),
        "custom_gate": System(custom_gate.circuit, (1.0, 2.0, 3.0), (0, 1, 2)),
    }


FUNCTIONAL: dict[str, Callable[..., Any]] = {
    "heat_equation": functional.heat_misfit,
    **{f"wave_equation:{n} steps": functional.wave_misfit for n in (0, 1, 2, 7, 8)},
    **{f"wave_equation:one array, {n} steps": functional.diffusion_misfit for n in (0, 1, 2, 7, 8)},
    "gauss_seidel": functional.gauss_seidel_misfit,
    "recurrent_networks:rnn": recurrent_networks.rnn_loss,
    "recurrent_networks:lstm": recurrent_networks.lstm_loss,
    "recurrent_networks:rnn inputs": recurrent_networks.rnn_last,
    "recurrent_networks:lstm inputs": recurrent_networks.lstm_last,
    "ode_integration:pendulum": functional.pendulum_energy,
    "ode_integration:lotka_volterra": functional.lotka_volterra_misfit,
    "n_body:energy": functional.final_energy,
    "n_body:miss": functional.miss,
    "newton_sqrt": newton_sqrt.newton_sqrt,
    "newton_sqrt:capped": newton_sqrt.newton_sqrt,
    "bump": functional.bump_misfit,
    "neural_turing_machine": functional.copy_loss,
}
"""The same functions of the same arguments in a form that autograd differentiates."""


def for_autograd(name: str) -> Callable[..., Any]:
    """The functional form of a program, with autograd's NumPy."""
    return problems.with_numpy(FUNCTIONAL[name], autograd_numpy)
