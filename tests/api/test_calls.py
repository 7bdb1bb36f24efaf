"""How gradients are made, called and looked at."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import threading

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad, vjp


def weighted(x, y, scale=2.0):
    """The sum of products."""
    return np.sum(x * y) * scale


@grad
def decorated(x):
    """Decorated plainly."""
    return np.sum(x * x)


@value_and_grad(argnums=(0, 1))
def decorated_with_arguments(x, y):
    return np.sum(x * y)


module_gradient = grad(weighted)
X, Y = np.array([1.0, 2.0]), np.array([3.0, -4.0])


# ---- argnums and aux ----


def test_argnums():
    np.testing.assert_array_equal(grad(weighted)(X, Y), 2 * Y)
    np.testing.assert_array_equal(grad(weighted, argnums=1)(X, Y), 2 * X)
    np.testing.assert_array_equal(grad(weighted, argnums=-2)(X, Y), 2 * X)
    assert grad(weighted, argnums=-1)(X, Y) == np.sum(X * Y)
    assert grad(weighted, argnums=2)(X, Y, 7.0) == np.sum(X * Y)


def test_argnums_as_a_tuple_gives_a_tuple_in_that_order():
    result = grad(weighted, argnums=(1, 0))(X, Y)
    assert type(result) is tuple
    np.testing.assert_array_equal(result[0], 2 * X)
    np.testing.assert_array_equal(result[1], 2 * Y)
    (only,) = grad(weighted, argnums=(-2,))(X, Y)
    np.testing.assert_array_equal(only, 2 * X)


def test_arguments_by_name_and_default():
    g = grad(weighted)
    np.testing.assert_array_equal(g(x=X, y=Y), 2 * Y)
    np.testing.assert_array_equal(g(X, scale=5.0, y=Y), 5 * Y)
    np.testing.assert_array_equal(g(X, Y, 5.0), 5 * Y)
    np.testing.assert_array_equal(g(X, Y), 2 * Y)


def test_value_and_grad():
    value, gradient = value_and_grad(weighted)(X, Y)
    assert value == weighted(X, Y)
    assert type(value) is type(weighted(X, Y))
    np.testing.assert_array_equal(gradient, 2 * Y)


def test_has_aux():
    def f(x, n):
        y = x * x
        return np.sum(y), {"y": y, "n": n, "text": "kept"}

    gradient, aux = grad(f, has_aux=True)(X, 3)
    np.testing.assert_array_equal(gradient, 2 * X)
    assert aux["n"] == 3
    assert aux["text"] == "kept"
    np.testing.assert_array_equal(aux["y"], X * X)
    (value, again), gradient = value_and_grad(f, has_aux=True)(X, 3)
    assert value == 5.0
    np.testing.assert_array_equal(again["y"], X * X)
    np.testing.assert_array_equal(gradient, 2 * X)
    value, pullback, aux = vjp(lambda x: f(x, 3), X, has_aux=True)
    np.testing.assert_array_equal(pullback(1.0)[0], 2 * X)
    np.testing.assert_array_equal(aux["y"], X * X)


def test_has_aux_wants_a_pair():
    with pytest.raises(TypeError, match="has_aux=True: the function must return a pair"):
        grad(weighted, has_aux=True)(X, Y)


def test_has_aux_of_a_function_that_is_refused():
    def change_and_raise(x):
        items = [x[0], x[1]]
        try:
            items[0] = 2 * x[1]
            items[5] = x[1]
        except IndexError:
            items.append(x[0])
        return np.sum(x) * items[0], items

    def handed_through(x):
        return change_and_raise(x)

    for f in (change_and_raise, handed_through):
        with pytest.raises(UnsupportedSyntaxError, match="in the same 'try'"):
            grad(f, has_aux=True)(X)


# ---- functions of all kinds ----


def test_decorators():
    np.testing.assert_array_equal(decorated(X), 2 * X)
    value, (gx, gy) = decorated_with_arguments(X, Y)
    assert value == np.sum(X * Y)
    np.testing.assert_array_equal(gx, Y)
    np.testing.assert_array_equal(gy, X)


def test_decorator_with_options_only():
    @grad(has_aux=True)
    def f(x):
        return x * x, "aux"

    assert f(3.0) == (6.0, "aux")


class Model:
    scale = 3.0

    def __init__(self, factor):
        self.factor = factor

    @grad(argnums=1)
    def slope(self, x):
        return np.sum(x * x) * self.factor

    def loss(self, x):
        return np.sum(x**3) * self.factor

    loss_gradient = grad(loss, argnums=1)

    @staticmethod
    @grad
    def fixed(x):
        return x * x


def test_methods():
    model = Model(2.0)
    np.testing.assert_array_equal(model.slope(X), 4 * X)
    np.testing.assert_array_equal(Model.slope(model, X), 4 * X)
    np.testing.assert_allclose(model.loss_gradient(X), 6 * X**2)
    np.testing.assert_array_equal(Model(5.0).slope(X), 10 * X)
    assert Model.fixed(2.0) == model.fixed(2.0) == 4.0


def test_lambdas_and_nested_functions():
    assert grad(lambda x: x * x)(3.0) == 6.0

    def outer(factor):
        def inner(x):
            return factor * x * x

        return inner

    assert grad(outer(2.0))(3.0) == 12.0
    assert grad(outer(4.0))(3.0) == 24.0
    f, g = grad(lambda x: x * x), grad(lambda x: x * x * x)
    assert (f(2.0), g(2.0)) == (4.0, 12.0)


def test_parameters_of_every_kind():
    def f(a, /, b, *rest, c=2.0, **more):
        return a * b * rest[0] * c * more["d"]

    assert grad(f)(3.0, 5.0, 7.0, d=11.0) == 5.0 * 7.0 * 2.0 * 11.0
    assert grad(f, argnums=1)(3.0, 5.0, 7.0, 13.0, c=17.0, d=1.0) == 3.0 * 7.0 * 17.0
    g = grad(f)
    for _ in range(2):
        with pytest.raises(TypeError, match="missing a? ?required|missing 1 required|positional"):
            g(a=3.0, b=5.0, d=1.0)
        g(3.0, 5.0, 7.0, d=1.0)


@pytest.mark.parametrize("first", [True, False])
def test_names_that_the_entry_uses_itself_are_free_for_users(first):
    def f(benefits, entry, fits="fits", factory=1.0, ndarray=2.0):
        return benefits * entry * factory * ndarray if fits == "fits" else benefits

    g = grad(f)
    if not first:
        g(1.0, 1.0)
    assert g(benefits=2.0, entry=3.0) == 6.0
    assert g(2.0, 3.0, fits="no") == 1.0
    assert g(2.0, 3.0, factory=5.0) == 30.0


def test_wrong_calls_raise_what_the_function_would():
    g = grad(weighted)
    for _ in range(2):  # before and after compiling
        with pytest.raises(TypeError, match=r"weighted\(\).*'?y'?"):
            g(X)
        with pytest.raises(TypeError, match=r"weighted\(\)"):
            g(X, Y, 1.0, 2.0)
        with pytest.raises(TypeError, match=r"weighted\(\).*unknown"):
            g(X, Y, unknown=1.0)
        g(X, Y)


# ---- what a handle is ----


def test_name_docstring_and_signature_are_kept():
    g = grad(weighted)
    assert g.__name__ == "weighted"
    assert g.__qualname__ == "weighted"
    assert g.__doc__ == "The sum of products."
    assert g.__module__ == weighted.__module__
    assert inspect.signature(g) == inspect.signature(weighted)
    assert repr(g) == "<grad of weighted>"
    g(X, Y)
    assert inspect.signature(g) == inspect.signature(weighted)


@pytest.mark.parametrize("called", [False, True])
def test_pickling(called):
    if called:
        decorated(X)
        module_gradient(X, Y)
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    again = pickle.loads(pickle.dumps(module_gradient))
    np.testing.assert_array_equal(again(X, Y), 2 * Y)
    both = pickle.loads(pickle.dumps(value_and_grad(weighted, argnums=(1,))))
    np.testing.assert_array_equal(both(X, Y)[1][0], 2 * X)
    assert pickle.loads(pickle.dumps(Model.slope)) is Model.slope


def test_pickling_fails_as_for_the_function():
    f = lambda x: x * x
    for value in (f, grad(f)):
        with pytest.raises((pickle.PicklingError, AttributeError), match="<lambda>"):
            pickle.dumps(value)


def test_copies_are_the_handle_itself():
    g = grad(weighted)
    assert copy.copy(g) is g
    assert copy.deepcopy({"g": g})["g"] is g


def test_threads():
    """Several threads call new gradients at once, first calls included."""

    def f(x, n=2, *, shift=0.0):
        y = np.sin(x) + shift
        for _ in range(n):
            y = y * np.cos(x)
        return np.sum(y)

    g = grad(f)
    arguments = [np.linspace(0, 1, 4), np.ones((2, 3)), np.float64(0.5), 0.25, np.ones(1)]
    expected = [grad(lambda x: np.sum(np.sin(x) * np.cos(x) ** 2))(a) for a in arguments]
    barrier = threading.Barrier(6)
    failures = []

    def work(i):
        barrier.wait()
        for k in range(40):
            j = (i + k) % len(arguments)
            try:
                got = g(arguments[j]) if k % 3 else g(arguments[j], n=2, shift=0.0)
                np.testing.assert_allclose(got, expected[j])
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert g.dispatch().compiled <= len(arguments)


# ---- looking at it ----


def test_source_before_and_after_a_call():
    def f(x, y):
        return np.sum(np.tanh(x) * y)

    g = grad(f)
    before = g.source
    assert before.startswith("# Generic source, to be read")
    assert "def f_grad(x, y):" in before
    compile(before, "source", "exec")
    gradient = g(X, Y)
    after = g.source
    assert "Generic" not in after
    namespace = {}
    exec(after, namespace)
    np.testing.assert_array_equal(namespace["f_grad"](X, Y), gradient)


def test_source_is_that_of_this_handle():
    def make(value):
        return lambda x: np.sum(x * value)

    one, two = grad(make(2.0)), grad(make(np.ones(2)))
    one(X), two(X)
    assert one.source != two.source
    source = one.source
    two(1.5)
    assert one.source == source


def test_lower():
    g = grad(weighted)
    lowered = g.lower(X, Y, scale=3.0)
    assert "np.sum" in lowered.ssa
    assert "float64[" in lowered.ssa
    assert "_bar" in lowered.adjoint
    assert lowered.source == (g(X, Y, 3.0), g.source)[1]
    assert g.lower(1.0, 2.0).ssa != lowered.ssa
    compiled = g.dispatch().compiled
    g.lower(X, Y)
    assert g.dispatch().compiled == compiled


def test_math_functions():
    assert grad(lambda x: math.sin(x))(1.0) == math.cos(1.0)
