"""Numbers of every kind that become arrays in every way: they share memory with nothing, and their
cotangents are numbers too."""

import copy

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad, vjp
from srcgrad.testing import check_grads
from tests.frontend.programs import make
from tests.parts import one_of

KINDS = {
    "a float": ("s = a", 0.7),
    "a NumPy number": ("s = a", np.float64(0.7)),
    "one of float32": ("s = a", np.float32(0.7)),
    "an array of rank zero": ("s = a", np.array(0.7)),
    "an element": ("s = a[1]", np.array([0.3, 0.7])),
    "a sum": ("s = a.sum()", np.array([0.3, 0.4])),
    "a number or a float": ("s = a if np.sum(b) > 9 else np.sin(a)", 0.7),
}
WAYS = [
    "np.asarray(s)",
    "np.array(s)",
    "np.asarray([s, s])",
    "np.array([s, 2.0])",
    "np.ascontiguousarray(s)",
    "np.asarray(s)[None]",
    "np.asarray(s)[...]",
    "np.ravel(s)",
    "np.reshape(s, -1)",
    "np.reshape(s, (1, 1))",
    "np.reshape(s, ())",
    "np.squeeze(s)",
    "np.squeeze(np.asarray(s))",
    "np.expand_dims(s, 0)",
    "np.atleast_1d(s)",
    "np.transpose(s)",
    "np.copy(s)",
    "np.repeat(s, 2)",
    "np.broadcast_to(s, (3,)).copy()",
    "np.concatenate([[s], [s]])",
    "np.diag(np.atleast_1d(s))",
    "np.where(b > 0, s, 2.0)",
]
METHODS = [
    "s[None]",
    "s[..., None]",
    "s[...]",
    "s[()]",
    "s.reshape(1)",
    "s.reshape(())",
    "s.ravel()",
    "s.copy().reshape(1)",
]
USES = {
    "read": """
    r = {way} + b
    return np.sum(r * r) * s
""",
    "written": """
    w = {way}
    w += 1.5 * s
    w *= 2.0
    return np.sum(w * b) * s
""",
    "written by index": """
    w = {way}
    w[...] = w * w
    w[...] *= s
    return np.sum(w * b) * s
""",
    "added up": """
    y = +s
    y = -y
    s = y + (+s) + s * 0.3
    r = {way} + b
    return np.sum(r * r)
""",
    "carried": """
    for i in range(3):
        s = s - 0.1 * np.sin(s)
    r = {way} + b
    return np.sum(r * r)
""",
    "carried while": """
    while s < 5:
        s = s * 1.5
    return np.sum({way} * b)
""",
    "from a branch": """
    if s > 0:
        s = s * b[0]
    return np.sum({way} * b)
""",
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_number_made_an_array(kind, use):
    first, a = KINDS[kind]
    b = np.array([0.4])
    checked = 0
    ways = one_of(3, [*WAYS, *METHODS], [*KINDS].index(kind) + [*USES].index(use))
    for way in ways:
        source = f"def f(a, b):\n    {first}{USES[use].format(way=way)}"
        f, _ = make(source)
        try:
            want = f(copy.deepcopy(a), b)
        except (AttributeError, TypeError):
            # A float has no methods, and what some operations give is a number, as their operand.
            assert way in METHODS or use == "written by index", source
            continue
        checked += _check(f, a, b, want, source)
        if use == "added up":
            _check_vjp(f, a, b, want, source)
    least = 9 if kind == "an array of rank zero" else 16
    assert checked > least * len(ways) // len([*WAYS, *METHODS])


def _check(f, a, b, want, source):
    """Whether a program is differentiated, and right."""
    twin = copy.deepcopy(a)
    refusal = ""
    try:
        value, (a_bar, b_bar) = value_and_grad(f, (0, 1))(a, b)
    except SrcgradError as error:
        refusal = str(error)
    if refusal:  # whether it is a number or an array, or its dtype, after trips or a branch
        assert "not known" in refusal or "must be known" in refusal, source
        assert "for" in source or "while" in source or "if" in source, source
        return False
    assert _form(a) == _form(twin), source
    assert _form(value) == _form(want), source
    assert _form(a_bar) == _form(a), source
    assert _form(b_bar) == _form(b), source
    wide = np.float64(a) if isinstance(a, np.float32) else a

    def by_a(step):
        return f(type(wide)(wide + step) if np.isscalar(wide) else np.asarray(wide + step), b)

    def by_b(step):
        return f(copy.deepcopy(wide), b + step)

    rtol, e = 1e-4 if isinstance(a, np.float32) else 1e-6, 1e-6
    for got, shifted in ((a_bar, by_a), (b_bar, by_b)):
        expected = (shifted(e) - shifted(-e)) / (2 * e)
        np.testing.assert_allclose(np.sum(got), expected, rtol=rtol, atol=1e-8, err_msg=source)
    return True


def _check_vjp(f, a, b, want, source):
    """The same of the pullback, for cotangents of rank zero too."""
    value, pullback = vjp(f, a, b)
    assert _form(value) == _form(want), source
    _, expected = value_and_grad(f, (0, 1))(a, b)
    got = pullback(np.ones(()))
    assert _form(got) == _form(expected), source
    np.testing.assert_allclose(np.sum(got[0]), np.sum(expected[0]), rtol=1e-6, err_msg=source)
    np.testing.assert_allclose(got[1], expected[1], rtol=1e-6, err_msg=source)


def _form(x):
    if isinstance(x, tuple):
        return [_form(part) for part in x]
    return type(x), getattr(x, "dtype", None), np.shape(x)


def newton(a, b):
    y = a
    for _ in range(3):
        y = y - 0.1 * np.sin(y)
    r = np.atleast_1d(y) + b
    return np.sum(r * r)


def test_the_cotangent_of_a_number_is_no_view():
    for a in (0.7, np.float64(0.7)):
        check_grads(newton, (a, np.array([0.3])))
    source = grad(newton, (0, 1)).lower(0.7, np.array([0.3])).source
    assert "y_bar = r_bar[0]" in source
    assert "reshape" not in source


def test_a_cotangent_of_rank_zero_is_not_written_to():
    def f(a):
        y = np.asarray(a * 2.0)
        z = +y
        for _ in range(3):
            z = z + 0.5 * z
        return np.asarray(z)

    for a in (0.7, np.float64(0.7)):
        y_bar = np.array(1.5)
        _, pullback = vjp(f, a)
        first = pullback(y_bar)
        assert y_bar == 1.5
        assert pullback(y_bar) == first
        np.testing.assert_allclose(first[0], 1.5 * 2 * 1.5**3)


def written(a):
    w = np.asarray(a)
    w += 1.0
    return a * w


def written_in_a_list(a):
    w = np.asarray(a[0])
    w += 1.0
    return a[0] * w


def test_what_is_made_of_a_number_shares_no_memory_with_it():
    for a in (0.7, np.float64(0.7)):
        np.testing.assert_allclose(grad(written)(a), 2.4)
        np.testing.assert_allclose(grad(written_in_a_list)([a]), [2.4])
    # An array of rank zero is written itself.
    np.testing.assert_allclose(grad(written)(np.array(0.7)), 3.4)


def a_float_before_the_first_trip(x, n):
    acc = 0.0
    for k in range(n):
        acc = acc + x * k
    return np.sum(acc) * np.sum(acc * x) + np.sum(acc)


def a_float_on_one_path(x, n):
    y = 1.0
    if n > 1:
        y = x * 2
    return np.sum(y) * np.mean(y) + np.sum(y)


def an_array_of_rank_zero_before_the_first_trip(x, n):
    y = np.asarray(np.sum(x))
    for _ in range(n):
        y = np.sin(y)
    return np.sum(y.astype(float) * x)


UNSURE = [
    a_float_before_the_first_trip,
    a_float_on_one_path,
    an_array_of_rank_zero_before_the_first_trip,
]


@pytest.mark.parametrize("f", UNSURE)
def test_a_float_or_an_array(f):
    derivative = grad(f)
    x = np.array([0.5, 1.5, 2.0])
    for n in (0, 3, 1, 0):
        check_grads(f, (x, n), argnums=0)
        step = 1e-6 * np.eye(3)
        expected = [(f(x + e, n) - f(x - e, n)) / 2e-6 for e in step]
        np.testing.assert_allclose(derivative(x, n), expected, rtol=1e-6, atol=1e-8)


TYPED = [
    lambda c: c + np.sum(np.broadcast_to(c, (3,))),
    lambda c: c + np.sum(np.full(3, c)),
    lambda c: np.sum(np.broadcast_to(c, (3,))) * 2.0 - c,
    lambda c: np.sum(np.where(c > 0, c, 0)),
    lambda c: 2 * np.squeeze(c),
    lambda c: np.sum(np.copy(c)) * 2 + c,
    lambda c: np.max(c * np.ones(3)) - c,
]


@pytest.mark.parametrize("c", [0.7, np.float64(0.7), np.float32(0.7), np.array(0.7)])
@pytest.mark.parametrize("f", TYPED)
def test_a_gradient_has_the_type_of_its_argument(f, c):
    value, c_bar = value_and_grad(f)(c)
    assert _form(value) == _form(f(c))
    assert _form(c_bar) == _form(c)
    assert _form(grad(f)(c)) == _form(c)
    value, pullback = vjp(f, c)
    assert _form(value) == _form(f(c))
    assert _form(pullback(1.5)[0]) == _form(c)


def test_a_value_that_may_be_a_number_keeps_its_type():
    def f(a, b):
        y = a
        for _ in range(3):
            y = y / np.sum(y * y) * b
        return y

    for a in (np.array(0.7), np.array([0.7, 0.2])):
        value, pullback = vjp(f, a, 0.3)
        assert _form(value) == _form(f(a, 0.3))
        direction = np.ones_like(a)
        expected = (f(a + 1e-6, 0.3) - f(a - 1e-6, 0.3)) / 2e-6
        got = pullback(np.ones_like(a))[0]
        np.testing.assert_allclose(np.sum(got * direction), np.sum(expected), rtol=1e-6)
