"""Attributes that come and go between two calls, and names that lead to one object."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad

X = np.array([0.5, 1.5])


class Settings:
    """Attributes, and nothing else."""


def test_an_attribute_that_is_not_always_there() -> None:
    settings: Any = Settings()

    def f(x):
        if hasattr(settings, "scale"):
            return np.sum(x * settings.scale)
        return np.sum(x)

    gradient = grad(f)
    np.testing.assert_allclose(gradient(X), [1, 1])
    settings.scale = 3.0
    np.testing.assert_allclose(gradient(X), [3, 3])
    del settings.scale
    np.testing.assert_allclose(gradient(X), [1, 1])


def test_the_default_of_getattr() -> None:
    settings: Any = Settings()

    def f(x):
        return np.sum(x) * getattr(settings, "gain", 1.0)

    gradient = grad(f)
    np.testing.assert_allclose(gradient(X), [1, 1])
    settings.gain = 2.5
    np.testing.assert_allclose(gradient(X), [2.5, 2.5])
    del settings.gain
    np.testing.assert_allclose(gradient(X), [1, 1])


def test_a_class_gets_an_attribute() -> None:
    def f(x):
        return np.sum(x * 2) if hasattr(Settings, "doubled") else np.sum(x)

    gradient = grad(f)
    np.testing.assert_allclose(gradient(X), [1, 1])
    Settings.doubled = True  # type: ignore[attr-defined]
    try:
        np.testing.assert_allclose(gradient(X), [2, 2])
    finally:
        del Settings.doubled  # type: ignore[attr-defined]
    np.testing.assert_allclose(gradient(X), [1, 1])


class Layer:
    """With an activation that is a function of NumPy's."""

    activation = staticmethod(np.sin)

    def __call__(self, x: Any) -> Any:
        return self.activation(x)


def test_a_static_method_of_numpy_is_rebound() -> None:
    layer = Layer()
    gradient = grad(lambda x: np.sum(layer(x)))
    np.testing.assert_allclose(gradient(X), np.cos(X))
    Layer.activation = staticmethod(np.exp)
    try:
        np.testing.assert_allclose(gradient(X), np.exp(X))
    finally:
        Layer.activation = staticmethod(np.sin)
    np.testing.assert_allclose(gradient(X), np.cos(X))


ONE: Any = Settings()
OTHER: Any = ONE


def test_two_names_of_one_object() -> None:
    def f(x):
        return np.sum(x) * (2.0 if ONE is OTHER else 1.0)

    global OTHER
    gradient = grad(f)
    try:
        for OTHER, expected in ((ONE, 2), (Settings(), 1), (ONE, 2), (Settings(), 1)):
            np.testing.assert_allclose(gradient(X), [expected, expected])
    finally:
        OTHER = ONE


def test_an_object_that_is_found_when_the_function_runs() -> None:
    objects = iter([ONE])

    def f(x):
        return np.sum(x) * (2.0 if ONE is next(objects) else 1.0)

    with pytest.raises(SrcgradError, match="whether these are one object"):
        grad(f)(X)


def test_one_name_of_an_object() -> None:
    def f(x):
        return np.sum(x) * (2.0 if ONE is ONE else 1.0)

    np.testing.assert_allclose(grad(f)(X), [2, 2])
