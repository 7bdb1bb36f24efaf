"""Plain NumPy programs that srcgrad takes as they are: values, gradients, and what they show."""

from __future__ import annotations

import copy
import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import autograd
import bump
import custom_gate
import factorisations
import gauss_seidel
import heat_equation
import layers
import n_body
import neural_turing_machine
import newton_sqrt
import numpy as np
import ode_integration
import pytest
import recurrent_networks
import wave_equation

from srcgrad import grad, testing, value_and_grad
from srcgrad.ir.ops import DERIVATIVES
from tests.programs import FILES, FUNCTIONAL, for_autograd, programs
from tests.systems import System

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = list(programs())


@pytest.fixture(autouse=True)
def gates():
    """The gates are known in these tests, and forgotten after each."""
    custom_gate.register()
    yield
    for function in (custom_gate.multiply, custom_gate.log_add_exp):
        DERIVATIVES.pop(function, None)


def gradient_of(system: System, *args: Any) -> Any:
    return system.compile()(*(args or system.args))


# --- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_gradient_agrees_with_finite_differences(name, passes):
    system = programs()[name]
    testing.check_grads(system.function, system.args, system.positions)
    assert passes


@pytest.mark.parametrize("name", sorted(FUNCTIONAL))
def test_functional_form_has_the_same_value(name):
    system = programs()[name]
    assert for_autograd(name)(*system.args) == pytest.approx(
        system.function(*copy.deepcopy(system.args)), rel=1e-12
    )


@pytest.mark.parametrize("name", sorted(FUNCTIONAL))
def test_gradient_agrees_with_autograd_of_the_functional_form(name):
    system = programs()[name]
    expected = autograd.grad(for_autograd(name), system.positions)(*system.args)
    got = gradient_of(system)
    assert_same(got if isinstance(system.argnums, tuple) else (got,), expected)


def assert_same(got: Any, expected: Any) -> None:
    if isinstance(expected, list | tuple):
        assert len(got) == len(expected)
        for a, b in zip(got, expected):
            assert_same(a, b)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_left_alone_and_calls_agree(name):
    system = programs()[name]
    args = copy.deepcopy(system.args)
    gradient = system.compile()
    first = copy.deepcopy(gradient(*args))
    if not name.startswith("layers:normalised"):  # whose running means move
        assert repr(args) == repr(system.args)
    assert repr(gradient(*args)) == repr(first)


# --- the files ----------------------------------------------------------------------------------


def test_every_file_of_the_list_is_there():
    assert [name for name in FILES if not (EXAMPLES / f"{name}.py").exists()] == []
    assert {name.partition(":")[0] for name in NAMES} == set(FILES)


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_program_runs_and_shows_its_gradient(name, capsys):
    importlib.import_module(name).main()
    printed = capsys.readouterr().out
    assert re.search(r"^def \w+_grad\w*\(", printed, re.MULTILINE)
    assert "nan" not in printed


PLAIN = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "srcgrad":
            raise ImportError("srcgrad is out of reach here")
sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
import importlib
for name in sys.argv[2:]:
    importlib.import_module(name)
import numpy as np
import heat_equation, neural_turing_machine, newton_sqrt
assert heat_equation.heat(np.ones(5), 0.25).tolist() == [1.0] * 5
assert abs(newton_sqrt.newton_sqrt(2.0) - 2**0.5) < 1e-12
rng = np.random.default_rng(0)
task = neural_turing_machine.make_task(rng)
assert neural_turing_machine.copy_loss(neural_turing_machine.make_params(rng), *task) > 0
"""


def test_programs_are_plain_numpy():
    """They are imported and called where there is no srcgrad."""
    command = [sys.executable, "-I", "-c", PLAIN, str(EXAMPLES), *FILES]
    run = subprocess.run(command, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()


# --- values against closed forms ----------------------------------------------------------------


def test_sine_in_a_rod_decays():
    for k in (1, 2, 5):
        sine = np.sin(k * np.pi * np.arange(41) / 40)
        expected = heat_equation.decay(k, 0.25, 41) * sine
        np.testing.assert_allclose(heat_equation.heat(sine, 0.25), expected, atol=1e-13)


def test_membrane_swings():
    for j, k in ((1, 1), (1, 2), (3, 2)):
        sines = wave_equation.mode(j, k, (12, 15))
        w = wave_equation.mode_angle(j, k, (12, 15), 0.4)
        for steps in (0, 1, 2, 9, 10):
            got = wave_equation.wave(sines, sines - np.cos(w) * sines, 0.4, steps)
            np.testing.assert_allclose(got, np.cos(steps * w) * sines, atol=1e-12)


def test_two_names_of_one_array_are_diffusion():
    sines = wave_equation.mode(1, 2, (12, 15))
    w = wave_equation.mode_angle(1, 2, (12, 15), 0.2)
    for steps in (0, 1, 2, 9, 10):
        expected = (1 - 4 * np.sin(w / 2) ** 2) ** steps * sines
        np.testing.assert_allclose(wave_equation.diffusion(sines, 0.2, steps), expected, atol=1e-13)


def test_sweeps_solve_the_equations(rng):
    u, f, h, _ = gauss_seidel.make_data(rng)
    u = gauss_seidel.gauss_seidel(u, f, h, 300)
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    np.testing.assert_allclose(4 * u[1:-1, 1:-1] - around, h**2 * f[1:-1, 1:-1], atol=1e-12)


def test_roots():
    for x in (1e-3, 0.25, 1.0, 2.0, 9.0, 1e4):
        assert newton_sqrt.newton_sqrt(x, 1e-10 * x) == pytest.approx(np.sqrt(x), rel=1e-9)
    assert newton_sqrt.newton_sqrt(9.0, most=0) == 5.0
    assert newton_sqrt.newton_sqrt(9.0, most=1) == pytest.approx(3.4)


def test_factorisations_are_those_of_linpack(rng):
    A, y = factorisations.make_data(rng)
    L = factorisations.cholesky(A)
    np.testing.assert_allclose(L, np.linalg.cholesky(A), atol=1e-14)
    np.testing.assert_allclose(L @ factorisations.forward_substitution(L, y), y)
    for n in (1, 2, 5):
        B = rng.normal(size=(n, n))
        assert factorisations.lu_determinant(B) == pytest.approx(np.linalg.det(B))


def test_constants_of_motion():
    y, params = np.array([2.0, 0.5]), np.array([9.81, 0.0])
    start = 0.5 * y[1] ** 2 - params[0] * np.cos(y[0])
    assert ode_integration.final_energy(y, params, 0.01, 300) == pytest.approx(start, rel=1e-7)
    params, y = np.array([1.1, 0.4, 0.1, 0.4]), np.array([10.0, 3.0])
    states = ode_integration.rk4(ode_integration.lotka_volterra, y, params, 0.05, 240)
    kept = ode_integration.constant_of_motion(states, params)
    np.testing.assert_allclose(kept, kept[0], atol=1e-7)


def test_order_of_runge_kutta():
    def linear(t, y, params):
        return params * y

    errors = []
    for steps in (10, 20):
        end = ode_integration.rk4(linear, np.ones(1), -1.0, 1 / steps, steps)[-1, 0]
        errors.append(abs(end - np.exp(-1)))
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.1)


def test_bodies_keep_momentum_and_nearly_energy(rng):
    x, v, masses = n_body.make_bodies(rng, 4)
    before = n_body.energy(x, v, masses)
    x1, v1 = n_body.verlet(x, v, masses, 0.01, 50)
    np.testing.assert_allclose(masses @ v1, masses @ v, atol=1e-15)
    assert n_body.energy(x1, v1, masses) == pytest.approx(before, abs=1e-6)
    x2, v2 = n_body.verlet(x1, -v1, masses, 0.01, 50)  # and back
    np.testing.assert_allclose(x2, x, atol=1e-13)


def test_bump_is_a_network_of_four():
    corners = (-0.5, -0.3, 0.3, 0.5)
    x = np.linspace(-1, 1, 81)
    made = bump.bump(x, *corners)
    np.testing.assert_allclose(bump.network(bump.bump_params(*corners), x), made, atol=1e-14)
    np.testing.assert_allclose(made, np.interp(x, corners, (0, 1, 1, 0)), atol=1e-14)


def test_head_moves():
    """With sharp controls a head goes to the row like its key, and from there by one."""
    memory = np.eye(4)[:, :3] + 0.1
    controls = np.array([0, 9, 0, 50.0, 9, -50, -50, 50, 50])
    w = neural_turing_machine.address(memory, np.full(4, 0.25), controls)
    np.testing.assert_allclose(w, [0, 0, 1, 0], atol=1e-4)
    controls[4] = -50.0  # the gate: stay, but for the shift
    w = neural_turing_machine.address(memory, np.array([0, 0, 0, 1.0]), controls)
    np.testing.assert_allclose(w, [1, 0, 0, 0], atol=1e-12)


def test_writing_erases_and_adds():
    memory = np.ones((3, 2))
    neural_turing_machine.write(
        memory, np.array([0, 1.0, 0]), np.array([1.0, 0]), np.array([5.0, 7])
    )
    np.testing.assert_array_equal(memory, [[1, 1], [5, 8], [1, 1]])


# --- gradients against closed forms -------------------------------------------------------------


def test_gradient_of_the_rod_is_the_matrix_backwards():
    r, steps = 0.25, 500
    start, measured = heat_equation.make_data(21)
    A = np.linalg.matrix_power(heat_equation.step_matrix(21, r), steps)
    got = grad(heat_equation.misfit)(np.zeros(21), r, measured)
    np.testing.assert_allclose(got, -2 * A.T @ measured, atol=1e-13)


def test_gradient_of_the_sweeps_is_that_of_the_solution(rng):
    u, f, h, measured = gauss_seidel.make_data(rng, 6, 5)
    got = grad(gauss_seidel.misfit, argnums=1)(u, f, h, 100, measured)
    expected = gauss_seidel.source_gradient(u, f, h, measured)
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_slope_of_a_root():
    newton_grad = grad(newton_sqrt.newton_sqrt)
    for x in (0.25, 1.0, 2.0, 9.0, 100.0):
        assert newton_grad(x, 1e-11 * x) == pytest.approx(0.5 / np.sqrt(x), rel=1e-5)
    assert newton_grad(9.0, 1e-10, 0) == 0.5
    assert newton_grad(9.0, 1e-10, 1) == pytest.approx(0.5 * (0.5 + 1 / 5 - 9 * 0.5 / 25))


def test_gradients_of_likelihood_and_determinant(rng):
    A, y = factorisations.make_data(rng)
    got = grad(factorisations.negative_log_likelihood, argnums=(0, 1))(A, y)
    for bar, known in zip(got, factorisations.likelihood_gradients(A, y), strict=True):
        np.testing.assert_allclose(bar, known, atol=1e-12)
    B = rng.normal(size=(5, 5))
    known = np.linalg.det(B) * np.linalg.inv(B).T
    np.testing.assert_allclose(grad(factorisations.lu_determinant)(B), known, rtol=1e-9, atol=1e-9)


def test_energy_of_the_pendulum_does_not_depend_on_time():
    y, params = np.array([2.0, 0.5]), np.array([9.81, 0.0])
    got = grad(ode_integration.final_energy)(y, params, 0.005, 400)
    np.testing.assert_allclose(got, [params[0] * np.sin(y[0]), y[1]], atol=1e-7)


def test_gradients_vanish_and_explode():
    inputs = np.zeros((40, 8))
    start = np.full(8, 0.01)
    ratios = {}
    for size in (0.5, 2.0):
        params = (size * np.eye(8), np.zeros((8, 1)), np.zeros(8))
        got = grad(recurrent_networks.rnn_last)(0 * inputs, params, 0 * start)
        norms = np.sqrt(np.sum(got**2, axis=1))
        ratios[size] = norms[0] / norms[-1]
    assert ratios[0.5] == pytest.approx(0.5**39)
    assert ratios[2.0] == pytest.approx(2.0**39)


def test_clipping():
    gradient = (np.array([3.0, 0.0]), np.array([4.0]))
    clipped = recurrent_networks.clip(gradient, 1.0)
    np.testing.assert_allclose(np.concatenate(clipped), [0.6, 0.0, 0.8])
    np.testing.assert_allclose(np.concatenate(recurrent_networks.clip(gradient, 9.0)), [3, 0, 4])


def test_gradient_vanishes_in_the_plain_network_only(rng):
    x, y = rng.normal(size=(20, 16)), rng.normal(size=(20, 1))
    norms = {}
    for make in (layers.plain_network, layers.residual_network):
        for depth in (2, 20):
            gradient = grad(layers.loss)(make(np.random.default_rng(1), depth), x, y)
            norms[make, depth] = np.sqrt(np.sum(layers.first_weights(gradient) ** 2))
    assert norms[layers.plain_network, 20] < 1e-4 * norms[layers.plain_network, 2]
    ratio = norms[layers.residual_network, 20] / norms[layers.residual_network, 2]
    assert 0.1 < ratio < 10


def test_gradient_of_a_network_is_a_network(rng):
    network = layers.normalised_network(rng, 3, 4)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 1))
    gradient = grad(layers.loss)(network, x, y)
    assert [type(layer) for layer in gradient.layers] == [type(layer) for layer in network.layers]
    assert gradient.layers[1].scale.shape == (4,)


def test_running_mean_moves_once(rng):
    networks = [layers.normalised_network(np.random.default_rng(0), 3, 4) for _ in range(2)]
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 1))
    layers.loss(networks[0], x, y)
    grad(layers.loss)(networks[1], x, y)
    for a, b in zip(networks[0].layers, networks[1].layers):
        if isinstance(a, layers.BatchNorm):
            np.testing.assert_allclose(a.running_mean, b.running_mean, rtol=1e-14)
            np.testing.assert_allclose(a.running_var, b.running_var, rtol=1e-14)
            assert np.any(a.running_mean != 0)


def test_gates_give_what_they_give_by_hand():
    circuit_grad = grad(custom_gate.circuit, argnums=(0, 1, 2))
    for point in ((-2.0, 5.0, -4.0), (1.0, 2.0, 3.0), (800.0, 0.5, 801.0)):
        assert circuit_grad(*point) == pytest.approx(custom_gate.circuit_by_hand(*point))


# --- training -----------------------------------------------------------------------------------


def test_network_finds_a_function():
    x = np.linspace(-1, 1, 101)
    params = bump.make_params(np.random.default_rng(0), 16)
    _, misfits = bump.fit(value_and_grad(bump.misfit), params, x, bump.target(x), steps=300)
    assert misfits[-1] < 0.2 * misfits[0]


@pytest.mark.long
def test_machine_learns_to_copy():
    params = neural_turing_machine.train(value_and_grad(neural_turing_machine.copy_loss))
    assert neural_turing_machine.share_of_bits_right(params) > 0.99
