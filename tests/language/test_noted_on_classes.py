"""``Counter.total += v``: attributes of classes that the program assigns."""

from __future__ import annotations

import abc
import copy

import numpy as np
import pytest

from srcgrad import NoDerivativeError, UnsupportedSyntaxError, grad, value_and_grad, vjp
from tests.slopes import slopes

X = np.array([0.7, -0.4, 1.3])


class Layer:
    count = 0
    scale = 1.0
    seen = np.zeros(3)
    options = {"a": 1.0}

    def __init__(self, w=1.0):
        self.w = w

    def step(self, v):
        type(self).count += 1
        return v * self.count * self.w

    @classmethod
    def made(cls, w):
        cls.count += 1
        return cls(w)

    @property
    def rate(self):
        return self.scale * 0.5


class Wide(Layer):
    def inherited(self):
        return super().scale


class Own(Layer):
    count = 5


LAYER, WIDE, OWN = Layer(2.0), Wide(3.0), Own(4.0)
START = {
    "Layer": dict(count=0, scale=1.0, seen=np.zeros(3), options={"a": 1.0}),
    "Own": dict(count=5),
    "Wide": {},
}
CLASSES = {"Layer": Layer, "Wide": Wide, "Own": Own}
NAMES = tuple(START["Layer"])


@pytest.fixture(autouse=True)
def _restart():
    restart()


def restart():
    for name, cls in CLASSES.items():
        for each in NAMES:
            if each in START[name]:
                setattr(cls, each, copy.deepcopy(START[name][each]))
            elif each in vars(cls):
                delattr(cls, each)
    for each in (LAYER, WIDE, OWN):
        for name in NAMES:
            vars(each).pop(name, None)


def state():
    found = [{n: vars(cls)[n] for n in NAMES if n in vars(cls)} for cls in CLASSES.values()]
    return [*found, *(dict(vars(each)) for each in (LAYER, WIDE, OWN))]


def by_name(x):
    Layer.scale = Layer.scale * x[0]
    return Layer.scale * x[1] + WIDE.scale


def in_a_method(x):
    total = 0.0
    for v in x:
        total = total + LAYER.step(v)
    return total * WIDE.count


def in_a_branch_of_a_loop(x):
    total = 0.0
    for v in x:
        if v > 0:
            total = total + LAYER.step(v)
            Layer.scale = Layer.scale * v
    return total * WIDE.scale * OWN.count


def of_the_class_that_inherits(x):
    total = 0.0
    for v in x:
        total = total + WIDE.step(v)
    return total * WIDE.count * Wide.count * (Layer.count + 1)


def class_methods(x):
    a, b, c = Layer.made(x[0]), Wide.made(x[1]), Own.made(x[2])
    return a.count * a.w + b.count * b.w + c.count * c.w + Layer.count + Wide.count * x[0]


def read_by_a_property(x):
    LAYER.__class__.scale = np.max(x)
    return LAYER.rate * x[0] + WIDE.rate * x[1] + Layer(x[2]).rate


def by_super(x):
    Layer.scale = x[0]
    return WIDE.inherited() * x[1]


def arrays(x):
    Layer.seen = Layer.seen + x
    Layer.seen = Layer.seen * 2
    return np.sum(Layer.seen * x) + np.sum(WIDE.seen)


def containers(x):
    Layer.options = {"a": x[0]}
    return WIDE.options["a"] * x[1]


def the_instance_has_its_own(x):
    LAYER.count = 3
    Layer.count = 7
    return LAYER.count * x[0] + WIDE.count * x[1]


def both_classes(x):
    OWN.count += 3
    Own.count += 7
    Layer.count += 100
    return OWN.count * x[0] + Own(1.0).count * x[1] + LAYER.count


def while_it_is_small(x):
    trips = 0
    while Layer.scale < 10:
        Layer.scale = Layer.scale * (1 + x[0] ** 2)
        trips += 1
    return Layer.scale * trips


def in_a_recursion(x):
    def power(n, v):
        Layer.count += 1
        return v if n == 0 else power(n - 1, v * v)

    return power(3, x[0]) * Layer.count


def by_its_name_as_text(x):
    setattr(Layer, "scale", x[0] ** 2)
    return WIDE.scale * getattr(Layer, "scale", 3.0) * hasattr(Wide, "scale")


def none_for_a_number(x):
    Layer.scale = None
    Layer.scale = x[0] if WIDE.scale is None else x[1]
    return Layer.scale**2


def in_a_try(x):
    try:
        Layer.count += 1
        if x[0] > 0:
            raise ValueError
        y = x[0]
    except ValueError:
        y = x[1] * Layer.count
    return y * Layer.count


class Shape(abc.ABC):
    made = 0

    def __init__(self):
        self.number = Shape.made
        Shape.made += 1

    @abc.abstractmethod
    def area(self): ...


class Square(Shape):
    def __init__(self, a):
        super().__init__()
        self.a = a

    def area(self):
        return self.a**2


def numbered(x):
    Shape.made = 0
    shapes = [Square(v) for v in x]
    return sum(shape.area() * (shape.number + 1) for shape in shapes) * Square.made


PROGRAMS = [
    *(by_name, in_a_method, in_a_branch_of_a_loop, of_the_class_that_inherits, class_methods),
    *(read_by_a_property, by_super, arrays, containers, the_instance_has_its_own, both_classes),
    *(while_it_is_small, in_a_recursion, by_its_name_as_text, none_for_a_number, in_a_try),
    numbered,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    """In two calls, of which the second finds what the first has left."""
    derivative = value_and_grad(f)
    for calls in (0, 1):

        def after_some(x, calls=calls):
            restart()
            for _ in range(calls):
                f(X.copy())
            return f(x)

        expected, after = after_some(X.copy()), copy.deepcopy(state())
        by_differences = slopes(after_some, X)
        restart()
        for _ in range(calls):
            f(X.copy())
        value, x_bar = derivative(X.copy())
        np.testing.assert_equal(state(), after)
        np.testing.assert_allclose(value, expected)
        np.testing.assert_allclose(x_bar, by_differences, rtol=1e-5, atol=1e-8)


def test_a_pullback_assigns_nothing() -> None:
    _, pullback = vjp(in_a_branch_of_a_loop, X)
    after = copy.deepcopy(state())
    np.testing.assert_array_equal(pullback(1.0), pullback(1.0))
    np.testing.assert_equal(state(), after)


def test_the_class_of_an_argument() -> None:
    def loss(layer, x):
        layer.__class__.count += 1
        type(layer).scale = layer.w * layer.scale
        return np.sum(layer.w * x) * layer.count * WIDE.scale

    value, bar = value_and_grad(loss)(LAYER, X)
    np.testing.assert_allclose((value, bar.w), (6.4, 6.4))
    assert (Layer.count, Layer.scale) == (1, 2.0)


def test_super_reads_what_the_class_has_by_now() -> None:
    class_before = value_and_grad(lambda x: WIDE.inherited() * x[0])
    for scale in (1.0, 4.0):
        Layer.scale = scale
        value, x_bar = class_before(X)
        np.testing.assert_allclose((value, x_bar[0]), (scale * X[0], scale))
    Layer.scale = np.ones(3) * 5.0
    np.testing.assert_array_equal(grad(lambda x: np.sum(WIDE.inherited() * x))(X), [5, 5, 5])


# --- refused --------------------------------------------------------------------------------------


def or_not_and_the_base(x):
    if x[0] < 0:
        Wide.count = 3
    Layer.count = 7
    return WIDE.count * x[0]


def or_not_an_instance(x):
    if x[0] < 0:
        LAYER.count = 3
    Layer.count = 7
    return LAYER.count * x[0]


def an_object_that_may_have_its_own(x):
    layer = Layer(x[0])
    if x[0] < 0:
        layer.scale = x[1]
    Layer.scale = x[2]
    return layer.scale * x[0]


def a_method(x):
    Layer.step = lambda self, v: v
    return LAYER.step(x[0])


def a_method_as_a_value(x):
    Layer.scale = LAYER.step
    return LAYER.scale(x[0])


def a_property(x):
    Layer.rate = x[0]
    return LAYER.rate


def what_was_not_there(x):
    Layer.fresh = x[0]
    return Layer.fresh


def its_name(x):
    Layer.__name__ = "other"
    return x[0]


def its_variables(x):
    Layer.scale = x[0]
    return vars(Layer)["scale"]


def its_variables_before(x):
    found = Layer.__dict__
    Layer.scale = x[0]
    return found["scale"]


class Meta(type):
    def __setattr__(cls, name, value):
        type.__setattr__(cls, name, 2 * value)


class Doubled(metaclass=Meta):
    k = 1.0


def by_a_metaclass(x):
    Doubled.k = x[0]
    return Doubled.k


class Plain:
    k = 1.0


class Between(Plain):
    pass


class Computed(Plain):
    @property
    def k(self):
        return 9.0


class Below(Between, Computed):
    pass


def what_hides_a_property(x):
    Between.k = x[0]
    return Below().k


REFUSED = {
    or_not_and_the_base: "'count' is assigned to Wide, or not, and to a class",
    or_not_an_instance: "'count' is assigned to an object, or not, and to its class",
    an_object_that_may_have_its_own: "'Layer.scale' is assigned where an object may have its own",
    a_method: "changes more than a value of the class",
    a_method_as_a_value: "changes more than a value of the class",
    a_property: "changes more than a value of the class",
    what_was_not_there: "'fresh' that the class Layer does not have",
    its_name: "changes more than a value of the class",
    its_variables: "asked for after it was assigned to",
    its_variables_before: "assigned after all that the class has",
    by_a_metaclass: "changes more than a value of the class",
    what_hides_a_property: "changes more than a value of the class",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f) -> None:
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(X)


# --- what a call may find there -------------------------------------------------------------------

LOG: list[float] = []


def of_the_class():
    class Unseen:
        pass

    return Layer.scale


def of_an_instance(layer):
    class Unseen:
        pass

    return layer.scale


def of_a_global():
    class Unseen:
        pass

    return LAYER.scale


def of_a_list():
    class Unseen:
        pass

    return LOG[-1]


def left_in_the_class(x):
    Layer.scale = x[0]
    return of_the_class() * x[1]


def left_in_the_class_of_an_instance(x):
    Layer.scale = x[0]
    return of_an_instance(WIDE) * x[1]


def left_in_an_instance(x):
    LAYER.scale = x[0]
    return of_a_global() * x[1]


def left_in_a_list(x):
    LOG.append(x[0])
    return of_a_list() * x[1]


def left_in_a_loop(x):
    total = 0.0
    for v in x:
        total = total + of_the_class() * v
        Layer.scale = v
    return total


@pytest.mark.parametrize(
    "f",
    [
        *(left_in_the_class, left_in_the_class_of_an_instance, left_in_an_instance),
        *(left_in_a_list, left_in_a_loop),
    ],
    ids=lambda f: f.__name__,
)
def test_what_is_left_where_a_call_may_find_it(f) -> None:
    with pytest.raises(NoDerivativeError, match="may read '.*', where a differentiated value"):
        grad(f)(X)


def test_what_is_left_where_a_call_only_shows_it(capsys) -> None:
    def f(x):
        LAYER.scale = x[0]
        shown()
        return x[1] * LAYER.scale

    np.testing.assert_array_equal(grad(f)(X), [X[1], X[0], 0])
    assert capsys.readouterr().out == "0.7\n"


def shown():
    class Unseen:
        pass

    print(LAYER.scale)
