"""Derivatives that users give for functions of their own."""

from __future__ import annotations

import inspect
import math
import operator

import numpy as np
import pytest

from srcgrad import RuleError, UnknownTypeError, grad, register_vjp, vjp
from srcgrad.ir.ops import DERIVATIVES

X = np.array([0.5, -1.0, 2.0])
FACTOR = 3.0
FLAG = True


class Gate:
    """Its methods are differentiable by their source, as ``cube`` is."""

    def squared(self, x):
        return x * x

    def twice(self, x):
        return 2.0 * self.squared(x)

    def __call__(self, x):
        return self.squared(x)

    def __matmul__(self, x):
        return x * x


class Inherited(Gate):
    def squared(self, x):
        return super().squared(x)


@pytest.fixture(autouse=True)
def rules_stay_as_they_are():
    before = dict(DERIVATIVES)
    yield
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


def cube(x):
    """Differentiable by its source; the rules below give something else, to tell them apart."""
    return x * x * x


def clipped(x, low, high):
    return np.minimum(np.maximum(x, low), high)


def noisy(x):
    try:
        return np.sin(x)
    except FloatingPointError:
        return x


def test_rule_takes_the_place_of_the_source():
    @register_vjp(cube)
    def cube_vjp(y_bar, y, x):
        return y_bar * 100.0

    g = grad(lambda x: np.sum(cube(x)))
    np.testing.assert_array_equal(g(X), np.full(3, 100.0))
    assert "100" in g.source
    assert "cube_vjp" not in g.source


def test_rule_gives_back_the_rule():
    rule = lambda y_bar, y, x: y_bar
    assert register_vjp(cube)(rule) is rule


def test_rule_with_several_arguments():
    @register_vjp(clipped)
    def clipped_vjp(y_bar, y, x, low, high):
        inside = (x > low) & (x < high)
        return y_bar * inside, None, np.sum(y_bar * (x >= high))

    def loss(x, high):
        return np.sum(clipped(x, -0.75, high) ** 2)

    gx, gh = grad(loss, argnums=(0, 1))(X, 1.5)
    np.testing.assert_array_equal(gx, [1.0, 0.0, 0.0])
    assert gh == 3.0


def test_rule_may_list_the_first_arguments_only():
    def f(x, n):
        return x * n

    @register_vjp(f)
    def f_vjp(y_bar, y, x):
        return 7.0 * y_bar

    @register_vjp(cube)
    def cube_vjp(y_bar, y, x):
        return y_bar * y

    assert grad(lambda x: cube(x))(2.0) == 8.0


WEIGHTS = np.array([1.0, 2.0, 3.0])


def weighted(x, w=WEIGHTS, k=2.0):
    return np.sum(x * w) * k


def power(x, *, n=3):
    return x**n


def test_rule_is_given_the_defaults_of_the_function(monkeypatch):
    @register_vjp(weighted)
    def weighted_vjp(y_bar, y, x, w, k):
        return y_bar * w * k, None, None

    @register_vjp(power)
    def power_vjp(y_bar, y, x, *, n):
        return y_bar * n * x ** (n - 1)

    g = grad(lambda x: weighted(x) + weighted(x, k=3.0) + weighted(x, np.ones(3)))
    np.testing.assert_allclose(g(X), 5 * WEIGHTS + 2)
    h = grad(lambda x: np.sum(power(x) * power(x, n=2)))
    np.testing.assert_allclose(h(X), 5 * X**4)
    np.testing.assert_allclose(grad(weighted)(X), 2 * WEIGHTS)
    monkeypatch.setattr(weighted, "__defaults__", (2 * WEIGHTS, 5.0))
    np.testing.assert_allclose(g(X), 16 * WEIGHTS + 5)
    monkeypatch.setattr(power, "__kwdefaults__", {"n": 4})
    np.testing.assert_allclose(h(X), 6 * X**5)


def test_defaults_of_a_rule_are_not_those_of_its_function():
    def scaled(x, k=2.0):
        return x * k

    @register_vjp(scaled)
    def scaled_vjp(y_bar, y, x, k=7.0):
        return y_bar * k

    assert grad(lambda x: scaled(x))(1.5) == 2.0


def test_rule_that_cannot_be_compiled_is_called():
    calls = []

    @register_vjp(noisy)
    def noisy_vjp(y_bar, y, x):
        try:
            calls.append(y)
            return y_bar * np.cos(x)
        finally:
            pass

    g = grad(lambda x: np.sum(noisy(x) ** 2))
    np.testing.assert_allclose(g(X), 2 * np.sin(X) * np.cos(X))
    np.testing.assert_allclose(g(2 * X), 2 * np.sin(2 * X) * np.cos(2 * X))
    assert len(calls) == 2
    assert "noisy_vjp(" in g.source


def test_rule_for_a_function_of_c():
    g = grad(lambda x: math.erf(x) * 2.0)
    DERIVATIVES.pop(math.erf, None)

    @register_vjp(math.erf)
    def erf_vjp(y_bar, y, x):
        return y_bar * 2.0 / math.sqrt(math.pi) * math.exp(-x * x)

    assert g(0.5) == pytest.approx(4 / math.sqrt(math.pi) * math.exp(-0.25))


def test_rule_for_a_function_that_does_not_tell_its_parameters():
    with pytest.raises(ValueError, match="signature"):
        inspect.signature(dict.update)
    rule = lambda y_bar, y, whatever: None
    assert register_vjp(dict.update)(rule) is rule


def test_rule_for_a_function_without_source(rng):
    namespace = {"np": np}
    exec("def hidden(x): return np.sum(x ** 2)", namespace)
    hidden = namespace["hidden"]

    @register_vjp(hidden)
    def hidden_vjp(y_bar, y, x):
        return y_bar * 2 * x

    np.testing.assert_array_equal(grad(lambda x: 3.0 * hidden(x))(X), 6 * X)


def test_registering_again_recompiles():
    def loss(x):
        return np.sum(cube(x))

    g, other = grad(loss), grad(lambda x: np.sum(cube(2 * x)))
    np.testing.assert_allclose(g(X), 3 * X**2)
    np.testing.assert_allclose(other(X), 24 * X**2)
    register_vjp(cube)(lambda y_bar, y, x: y_bar * 5.0)
    np.testing.assert_array_equal(g(X), np.full(3, 5.0))
    np.testing.assert_array_equal(other(X), np.full(3, 10.0))
    register_vjp(cube)(lambda y_bar, y, x: y_bar * 6.0)
    np.testing.assert_array_equal(g(X), np.full(3, 6.0))
    assert "6" in g.source
    value, pullback = vjp(cube, X)
    np.testing.assert_array_equal(value, X**3)
    np.testing.assert_array_equal(pullback(X)[0], 6 * X)


def test_gradient_of_the_function_itself_uses_its_rule():
    g = grad(cube)
    assert g(2.0) == 12.0
    register_vjp(cube)(lambda y_bar, y, x: y_bar * 5.0)
    assert g(2.0) == 5.0
    assert grad(cube)(2.0) == 5.0

    def make():
        return lambda x, *, n=1: x * n

    one, two = make(), make()
    register_vjp(one)(lambda y_bar, y, x, n: y_bar * 50.0)
    assert (grad(one)(1.0), grad(two)(1.0), grad(one)(1.0, n=3)) == (50.0, 1.0, 50.0)


def test_sum_of_a_function_with_a_rule_under_vjp():
    register_vjp(cube)(lambda y_bar, y, x: y_bar * 5.0)
    value, pullback = vjp(lambda x: np.sum(cube(x)), X)
    np.testing.assert_array_equal(pullback(1.0)[0], np.full(3, 5.0))


def test_globals_that_a_rule_reads_are_guarded(monkeypatch):
    @register_vjp(cube)
    def cube_vjp(y_bar, y, x):
        if FLAG:
            return y_bar * FACTOR
        return -y_bar

    g = grad(lambda x: cube(x))
    assert g(1.0) == 3.0
    monkeypatch.setitem(globals(), "FACTOR", 4.0)
    assert g(1.0) == 4.0
    monkeypatch.setitem(globals(), "FLAG", False)
    assert g(1.0) == -1.0


def test_rule_of_another_module_reads_its_own_globals(tmp_path, monkeypatch):
    (tmp_path / "rules_of_a_user.py").write_text(
        "from srcgrad import register_vjp\n"
        "FACTOR = 11.0\n"
        "def square(x):\n    return x * x\n"
        "@register_vjp(square)\n"
        "def square_vjp(y_bar, y, x):\n    return y_bar * FACTOR\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import rules_of_a_user

    def loss(x):
        return rules_of_a_user.square(x) * FACTOR

    assert grad(loss)(2.0) == 33.0


def test_rule_with_a_closure_reads_its_own_cells():
    def make():
        k = 2.0

        def helper(x):
            return x * k

        @register_vjp(helper)
        def helper_vjp(y_bar, y, x):
            return y_bar * k

        return helper

    def outer(helper):
        k = 100.0
        return lambda x: helper(x) * k

    assert grad(outer(make()))(1.0) == 200.0


def gate_vjp(y_bar, y, self, x):
    return None, 50.0 * x * y_bar


GATE, INHERITED = Gate(), Inherited()
BOUND = GATE.squared


@pytest.mark.parametrize(
    ("method", "function", "factor"),
    [
        ("squared", lambda x: np.sum(GATE.squared(x)), 50.0),
        ("squared", lambda x: np.sum(Gate.squared(GATE, x)), 50.0),
        ("squared", lambda x: np.sum(BOUND(x)), 50.0),
        ("squared", lambda x: np.sum(GATE.twice(x)), 100.0),
        ("squared", lambda x: np.sum(INHERITED.squared(x)), 50.0),
        ("squared", lambda x: sum(map(GATE.squared, x)), 50.0),
        ("__call__", lambda x: np.sum(GATE(x)), 50.0),
        ("__matmul__", lambda x: np.sum(GATE @ x), 50.0),
    ],
)
def test_rule_for_a_method(method, function, factor):
    g = grad(function)
    np.testing.assert_allclose(g(X), factor / 25 * X)  # by the source
    register_vjp(Gate.__dict__[method])(gate_vjp)
    np.testing.assert_allclose(g(X), factor * X)


def test_rule_for_a_method_of_an_argument():
    register_vjp(Gate.squared)(gate_vjp)
    g = grad(lambda x, gate: np.sum(gate.squared(x)))
    np.testing.assert_allclose(g(X, GATE), 50.0 * X)
    np.testing.assert_allclose(g(X, INHERITED), 50.0 * X)


def test_rule_for_a_method_of_an_instance_made_inside():
    register_vjp(Gate.squared)(gate_vjp)
    with pytest.raises(UnknownTypeError, match="an instance of 'Gate' made here"):
        grad(lambda x: np.sum(Gate().squared(x)))(X)


def test_rules_belong_to_one_function_object():
    """A function that was made anew from the same code has no rule."""

    def make(k):
        def helper(x):
            return k * x

        return helper

    def loss(helper):
        return lambda x: helper(x)

    one, two = make(2.0), make(3.0)
    register_vjp(one)(lambda y_bar, y, x: y_bar * 50.0)
    assert grad(loss(one))(1.0) == 50.0
    assert grad(loss(two))(1.0) == 3.0
    assert grad(loss(one))(1.0) == 50.0


@pytest.mark.parametrize(
    ("function", "rule", "message"),
    [
        (cube, lambda y_bar: y_bar, "the rule for cube must take the cotangent, the result"),
        (cube, lambda *args: args[0], "the rule for cube must take the cotangent, the result"),
        (cube, lambda y_bar, y, z: y_bar, r"takes \(z\) after the cotangent .* takes \(x\)"),
        (cube, lambda y_bar, y, x, z: y_bar, r"takes \(x, z\) after .* takes \(x\)"),
        (clipped, lambda y_bar, y, low, x: y_bar, r"takes \(low, x\) after .*\(x, low, high\)"),
    ],
)
def test_rules_with_other_parameters(function, rule, message):
    with pytest.raises(RuleError, match=f"(?s){message}") as error:
        register_vjp(function)(rule)
    assert f"hint: def {function.__name__}_vjp(y_bar, y, x" in str(error.value)
    assert function not in DERIVATIVES


def test_what_is_no_function():
    with pytest.raises(TypeError, match="register_vjp takes a function, not int"):
        register_vjp(3)
    with pytest.raises(TypeError, match="register_vjp takes a function, not Gradient"):
        register_vjp(grad(cube))
    with pytest.raises(TypeError, match="a rule must be a function, not int"):
        register_vjp(cube)(3)
    with pytest.raises(TypeError, match="not methodcaller"):
        register_vjp(operator.methodcaller("sum"))
    with pytest.raises(TypeError, match="'isinstance' is part of the language"):
        register_vjp(isinstance)


def test_rule_that_does_not_cover_an_argument():
    def f(x, n=1.0):
        return x * n

    register_vjp(f)(lambda y_bar, y, x: y_bar * 9.0)
    assert grad(lambda x: f(x))(2.0) == 9.0
    with pytest.raises(Exception, match="'n'|positional") as error:
        grad(lambda x: f(x, n=x))(2.0)
    assert type(error.value).__module__.startswith("srcgrad")
