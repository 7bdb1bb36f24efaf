"""Names of variables whose lives are cut by a loop that is left."""

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.backend.names import assign_names
from srcgrad.testing import check_grads
from tests import naming
from tests.verifying import verified_passes


def broken_off(x, y):
    v = x * y[1]
    v[0] = np.tanh(v[1] * y[0])
    while v[3] > -100:
        v[:3:2] = 0.5
        break
    v[0] = np.sin(v[1])
    return np.sum(v * v)


def test_what_is_saved_before_a_loop_that_is_surely_left_keeps_its_name(rng):
    check_grads(broken_off, (rng.uniform(0.5, 1.5, 5), rng.uniform(0.5, 1.5, 2)))


def test_two_values_under_one_name_are_noticed(monkeypatch, rng):
    def careless(scope, hints, fixed, reserved):
        names = assign_names(scope, hints, fixed, reserved)
        return {var: name.rsplit("_", 1)[0] for var, name in names.items()}

    monkeypatch.setattr("srcgrad.backend.assign_names", careless)
    verified_passes(monkeypatch)
    with pytest.raises(naming.WrongName):
        check_grads(broken_off, (rng.uniform(0.5, 1.5, 5), rng.uniform(0.5, 1.5, 2)))


class Scaled:
    def __init__(self):
        self.factor = np.ones(3)
        self.mean = np.zeros(3)

    def __call__(self, x):
        self.mean = 0.5 * self.mean + x
        return self.factor * x


def test_zeros_that_need_a_name_are_called_after_what_they_belong_to(rng):
    gradient = grad(lambda layer, x: np.sum(layer(x)))
    gradient(Scaled(), rng.normal(size=3))
    assert "mean_bar = np.zeros_like(" in gradient.source


def test_what_is_taken_apart_has_a_cotangent_of_its_name(rng):
    def f(theta, x):
        a, b, c = np.exp(theta)
        return a * b * c * x

    gradient = grad(f)
    gradient(rng.normal(size=3), 2.0)
    assert "exp_theta_bar = np.zeros_like(exp_theta)" in gradient.source
