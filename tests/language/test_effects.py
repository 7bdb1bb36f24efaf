"""What a function says and raises happens in its gradient exactly once, in order."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.language.checking import check

LOG = logging.getLogger(__name__)
X = np.array([0.3, 0.4, 0.5])


class Collected(logging.Handler):
    """Prints what is logged, so that the order shows."""

    def emit(self, record):
        print("log:", record.levelname, record.getMessage())


@pytest.fixture(autouse=True)
def printed_log():
    handler = Collected()
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
    yield
    LOG.removeHandler(handler)


def said(f, *args):
    """All that a call prints, warns of and raises, in order."""
    out = io.StringIO()

    def show(message, category, *rest, **named):
        print("warning:", category.__name__, message)

    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        try:
            f(*args)
        except Exception as error:
            print(type(error).__name__, error, repr(error.__cause__))
    return out.getvalue()


def same(f, *args):
    """Asserts that the gradient says what the function says, each time."""
    expected = said(f, *args)
    gradient = grad(f)
    for _ in range(2):
        assert said(gradient, *args) == expected
    assert said(value_and_grad(f), *args) == expected

    def pulled_twice(*given):
        y, pullback = vjp(f, *given)
        pullback(1.0 * y)
        pullback(2.0 * y)

    if all(isinstance(arg, float | np.ndarray) for arg in args):
        assert said(pulled_twice, *args) == expected
    return expected


def fail(message):
    raise RuntimeError(message)


def speaking_helper(x, *, deep=True):
    print(f"helper {x:.3f}")
    if deep:
        LOG.debug("deep %s", round(float(x), 3))
        return speaking_helper_of_another(x) * 2
    return x


def speaking_helper_of_another(x):
    warnings.warn(f"at {x:.2f}", RuntimeWarning, stacklevel=2)
    return np.sin(x)


def mixture(x):
    print("start", x.shape, "unused is", 2 * x)
    y = np.sin(x)
    print(f"y = {y[0]:.3f}", f"{y[1]!r:>30}", "%.2f" % y[2], "{:.1f}".format(y[0]), sep="|")
    warnings.warn(f"mean {y.mean():.2f}", stacklevel=1)
    LOG.warning("value %s of %d", y[1], len(y))
    for i in range(3):
        y = y * x
        print("step", i, float(y.sum()), file=sys.stdout, end=";\n")
        if y.sum() > 0.2:
            LOG.info("large")
        else:
            print("small", i)
    total = np.sum(y)
    assert np.isfinite(y).all(), f"not finite: {y}"
    assert total < 100
    z = fail("huge") if total > 1000 else total + speaking_helper(y[0])
    print("nobody reads", np.sum(y * 2), "this")
    return z * speaking_helper(z, deep=False)


def test_everything_once_and_in_order():
    text = same(mixture, X)
    assert text.count("step") == 3
    assert text.count("warning:") == 2
    assert text.count("log:") == 4


def test_effects_do_not_change_the_gradient():
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(mixture, X)


def test_effects_of_what_is_not_needed():
    def f(x):
        print("value", np.exp(x))
        np.log(x)
        speaking_helper(x)
        return 2.0 * x

    assert same(f, 0.5).count("value") == 1


def test_effects_in_loops_of_unknown_length():
    def f(x, n):
        y = x
        while y < n:
            print("y", y)
            y = y * 2.0 + x
        for i in range(int(n)):
            speaking_helper(y + i, deep=i % 2 == 0)
        return y

    assert said(grad(f), 0.5, 4) == said(f, 0.5, 4)
    assert said(grad(f), 5.0, 0) == said(f, 5.0, 0)


@pytest.mark.parametrize("x", [0.5, 1.5, 2.5, -1.0, 7.0])
def test_raising(x):
    def f(x):
        print("in")
        if x < 0:
            fail(f"negative: {x}")
        if x > 5:
            raise ValueError("large") from KeyError("cause")
        y = fail("two") if x > 2 else x * x
        print("after", y)
        z = [fail("list"), y][1] if x > 1 else y
        assert x < 1, "and never here"
        return y * z

    same(f, x)


def test_always_raising_helper_as_a_value():
    def f(x):
        print("before")
        y = fail("always")
        print("not reached")
        return x * y

    def in_a_loop(x, n):
        for i in range(n):
            print("trip", i)
            x = x * fail(f"in trip {i}")
        return x

    def in_an_argument(x):
        return np.sum(x * fail("argument")) + fail("second")

    def both_ways(x):
        if x > 1:
            y = fail("yes")
        else:
            y = fail("no")
        return y

    def only_raises(x):
        raise ValueError(f"only {x}")

    assert "not reached" not in same(f, 0.5)
    same(in_an_argument, 0.5)
    same(both_ways, 0.5)
    same(both_ways, 1.5)
    same(only_raises, 1.5)
    same(in_a_loop, 0.5, 2)
    assert grad(in_a_loop)(0.5, 0) == 1.0


def test_gradient_beside_an_arm_that_raises():
    def f(x, n):
        y = fail("large") if n > 2 else x * x
        if n == 1:
            y = y * fail("one")
        return y * x

    check(f, 1.3, 0)
    check(f, 1.3, 2)
    same(f, 1.3, 1)
    same(f, 1.3, 3)


def test_source_names_what_it_calls():
    def f(x):
        warnings.warn("careful", stacklevel=1)
        return x * x

    lines = grad(f).lower(2.0).source.splitlines()
    assert "import warnings" in lines
    assert any("warnings.warn(" in line for line in lines)
