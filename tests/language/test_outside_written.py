"""Attributes of objects from outside that the function writes: once per call, in order."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad, vjp
from tests.language.cases import matrix, vector


class BatchNorm:
    def __init__(self):
        self.mean = np.zeros(3)
        self.calls = 0
        self.training = True

    def __call__(self, x):
        if self.training:
            m = np.mean(x, axis=0)
            old = self.mean
            self.mean = 0.9 * old + 0.1 * m
            self.calls += 1
            return (x - self.mean) * (1.0 + old) * self.calls
        return x - self.mean


def test_a_running_mean():
    def loss(x, norm):
        return np.sum(norm(x) ** 2)

    x = matrix(4, 3)
    norm, wanted = BatchNorm(), BatchNorm()
    dloss = value_and_grad(loss)
    for _ in range(3):
        before = wanted.mean, wanted.calls
        value, gradient = dloss(x, norm)

        def again(x, before=before):
            probe = BatchNorm()
            probe.mean, probe.calls = before
            return loss(x, probe)

        assert value == pytest.approx(loss(x, wanted), rel=1e-12)
        np.testing.assert_allclose(norm.mean, wanted.mean, rtol=1e-12)
        assert norm.calls == wanted.calls
        for index in np.ndindex(*x.shape):
            step = np.zeros_like(x)
            step[index] = 1e-6
            slope = (again(x + step) - again(x - step)) / 2e-6
            assert gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-8)
    norm.training = wanted.training = False
    value, gradient = dloss(x, norm)
    assert value == pytest.approx(loss(x, wanted))
    assert norm.calls == 3


NORM = BatchNorm()


def test_an_object_of_the_module_and_a_pullback():
    def f(x):
        old = NORM.mean
        NORM.mean = old + x
        return old * x * x

    NORM.mean = np.ones(3)
    x = vector(3)
    value, pullback = vjp(f, x)
    np.testing.assert_allclose(NORM.mean, 1 + x)
    for _ in range(2):
        np.testing.assert_allclose(pullback(np.ones(3))[0], 2 * x)
    np.testing.assert_allclose(NORM.mean, 1 + x)
    np.testing.assert_allclose(value, x * x)


class Other:
    def __init__(self, value):
        self.value = value


def a_new_object(x, norm):
    norm.mean = Other(x)
    return np.sum(x)


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (a_new_object, UnsupportedSyntaxError, "no number, array or container"),
    ],
)
def test_refused(f, kind, message):
    norm = BatchNorm()
    with pytest.raises(kind, match=message):
        grad(f)(vector(3), norm)
    np.testing.assert_array_equal(norm.mean, 0.0)
