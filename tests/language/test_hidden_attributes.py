"""Attributes of an instance that hide those of its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad


@dataclass
class Scaled:
    w: Any
    factor = 2.0

    def weight(self):
        return 3.0

    def __call__(self, x):
        return self.factor * self.weight() * self.w * x


def loss(layer, x):
    return np.sum(layer(x))


def test_attribute_of_the_class_is_read():
    got = grad(loss)(Scaled(np.ones(2)), np.ones(2))
    np.testing.assert_array_equal(got.w, [6.0, 6.0])


def test_number_that_is_no_field_is_not_read():
    layer = Scaled(np.ones(2))
    loss_grad = grad(loss)
    loss_grad(layer, np.ones(2))
    layer.factor = 5.0  # after the gradient was compiled, and before another one is
    for gradient in (loss_grad, grad(loss)):
        with pytest.raises(UnsupportedSyntaxError, match="'factor' that is not a field"):
            gradient(layer, np.ones(2))


def test_setting_that_is_no_field_is_read():
    layer = Scaled(np.ones(2))
    loss_grad = grad(loss)
    loss_grad(layer, np.ones(2))
    layer.weight = lambda: 7.0
    for gradient in (loss_grad, grad(loss)):
        np.testing.assert_array_equal(gradient(layer, np.ones(2)).w, [14.0, 14.0])


def test_gradient_of_another_argument_reads_the_attribute():
    layer = Scaled(np.ones(2))
    layer.factor = 5.0
    np.testing.assert_array_equal(grad(loss, argnums=1)(layer, np.ones(2)), [15.0, 15.0])
