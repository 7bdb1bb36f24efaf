"""Imports in functions."""

import sys
import types

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


def of_a_module(x):
    import math

    return math.sin(x[0]) * math.pi


def of_what_is_in_one(x):
    from numpy import cos as c
    from numpy import sin

    return np.sum(sin(x) * c(x))


def of_several(x):
    import math
    import os.path as paths

    import numpy.linalg
    import numpy.linalg as la

    return la.norm(x) * numpy.linalg.norm(x[1:]) + math.e + len(paths.sep) * x[0]


def of_a_module_in_a_package(x):
    from numpy import linalg

    return linalg.norm(x)


def in_a_nested_function(x):
    def g(v):
        from numpy import exp

        return np.sum(exp(v))

    return g(x) * g(x[1:])


def in_a_loop(x):
    s = 0.0
    for v in x:
        import math

        s += math.sin(v)
    return s


def in_the_arms_of_a_branch(x):
    if x[0] > 0:
        from numpy import sin as g
    else:
        from numpy import cos as g
    return np.sum(g(x))


def of_what_may_be_missing(x):
    try:
        from not_there_at_all import tanh
    except ImportError:
        from numpy import tanh
    try:
        from numpy import not_there_at_all as g
    except ImportError:
        g = np.sin
    return np.sum(tanh(x) * g(x))


def bound_again(x):
    from math import sin

    s = sin(x[0])
    sin = 2.0
    return s * sin


PROGRAMS = [
    *(of_a_module, of_what_is_in_one, of_several, of_a_module_in_a_package, bound_again),
    *(in_a_nested_function, in_a_loop, in_the_arms_of_a_branch, of_what_may_be_missing),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def of_a_module_that_changes(x):
    from scales_of_a_test import SCALE

    return x[0] * SCALE


def test_a_module_that_changes(monkeypatch):
    module = types.ModuleType("scales_of_a_test")
    module.SCALE = 2.0
    monkeypatch.setitem(sys.modules, module.__name__, module)
    derivative = grad(of_a_module_that_changes)
    assert derivative(POINTS[0])[0] == 2.0
    module.SCALE = 3.0
    assert derivative(POINTS[0])[0] == 3.0


def of_a_module_that_is_not_loaded(x):
    import module_of_a_test

    return module_of_a_test.scale * x[0]


def test_what_is_not_loaded_is_not_run(monkeypatch, tmp_path):
    (tmp_path / "module_of_a_test.py").write_text("print('loaded')\nscale = 2.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "module_of_a_test", raising=False)
    with pytest.raises(UnsupportedSyntaxError, match="not loaded yet") as caught:
        grad(of_a_module_that_is_not_loaded)(POINTS[0])
    assert caught.value.hint == "import it at the top of the module"
    assert "module_of_a_test" not in sys.modules
    import module_of_a_test  # noqa: F401

    assert grad(of_a_module_that_is_not_loaded)(POINTS[0])[0] == 2.0
    sys.modules.pop("module_of_a_test")
