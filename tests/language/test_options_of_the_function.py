"""The dict of ``**options``, which each call makes anew; refusals that name what they mean."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad, value_and_grad, vjp
from srcgrad.errors import CertainError

X = np.array([1.0, 2.0])
SUM = np.poly1d([1.0, 2.0])


def with_a_default(x, **options):
    options.setdefault("z", 1.0)
    return np.sum(x) * options["z"]


def with_results(x, **options):
    options["a"] = np.sum(x)
    options.update(b=2.0)
    return options["a"] * options["b"] * options.get("s", 3.0)


def taken_out(x, **options):
    s = options.pop("s", 2.0)
    if options:
        raise TypeError("unexpected options")
    return s * np.sum(x)


def doubled(x, **options):
    for key in list(options):
        options[key] = options[key] * 2
    return sum(value * np.sum(x) for value in options.values())


def inner(x, scale=1.0, **others):
    others["scale"] = scale
    return np.sum(x) * others["scale"]


def handed_on(x, **options):
    return inner(x, **options)


@pytest.mark.parametrize(
    ("f", "options"),
    [
        (with_a_default, {}),
        (with_a_default, {"z": 3.0}),
        (with_results, {}),
        (with_results, {"s": 2.0}),
        (taken_out, {}),
        (taken_out, {"s": 5.0}),
        (doubled, {"a": 2.0, "b": 3.0}),
        (handed_on, {}),
        (handed_on, {"scale": 3.0, "name": "n"}),
    ],
)
def test_the_function_may_change_its_options(f, options):
    given = dict(options)
    value, gradient = value_and_grad(f)(X, **given)
    assert given == options
    assert value == f(X, **options)
    wanted = [(f(X + 1e-6 * e, **options) - f(X - 1e-6 * e, **options)) / 2e-6 for e in np.eye(2)]
    np.testing.assert_allclose(gradient, wanted, atol=1e-7)


def test_an_unexpected_option():
    with pytest.raises(TypeError, match="unexpected options"):
        value_and_grad(taken_out)(X, t=1.0)


def test_a_pullback_of_changed_options():
    _, pullback = vjp(functools.partial(with_results, s=2.0), X)
    np.testing.assert_allclose(pullback(1.0)[0], [4.0, 4.0])


class Fixed:
    def __init__(self, v):
        self._v = v

    @property
    def v(self):
        return self._v


def caught(x):
    p = Fixed(x[0])
    try:
        p.v = 3.0
    except AttributeError as error:
        return p.v * len(str(error))
    return x[1]


def test_a_property_without_a_setter():
    value, gradient = value_and_grad(caught)(X)
    assert value == caught(X)
    np.testing.assert_array_equal(gradient, [caught(X), 0.0])

    def f(x):
        p = Fixed(x[0])
        p.v = 3.0
        return p.v

    with pytest.raises(CertainError, match="property 'v' of 'Fixed' object has no setter"):
        grad(f)(X)


def test_what_is_called_is_named():
    with pytest.raises(NoDerivativeError, match="'SUM', an instance of 'poly1d', receives"):
        grad(lambda x: SUM(x))(X)
    with pytest.raises(NoDerivativeError, match="'g', an instance of 'poly1d', receives a"):
        grad(lambda x, g: g(x))(X, SUM)


def test_a_decorated_function_that_calls_itself():
    def f(x):
        def twice(g):
            return lambda n: 2 * g(n)

        @twice
        def power(n):
            return 1.0 if n == 0 else power(n - 1) * x[0]

        return power(3)

    assert np.isclose(grad(f)(X)[0], 16 * 3 * X[0] ** 2)
