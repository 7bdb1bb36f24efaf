"""Objects as arguments: differentiated, changed by the function, reached under several names."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import (
    AliasingError,
    UnknownTypeError,
    UnsupportedSyntaxError,
    grad,
    register_vjp,
    vjp,
)
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.testing import check_grads
from tests.language.cases import matrix, vector
from tests.language.stateful import assert_gradient, assert_same_state, follow


@dataclass
class Dense:
    W: Any
    b: Any

    def __call__(self, x):
        return np.tanh(x @ self.W + self.b)


@dataclass
class Norm:
    scale: Any
    mean: Any
    count: int = 0

    momentum = 0.9

    def __call__(self, x):
        m = np.mean(x, axis=0)
        self.mean = self.momentum * self.mean + (1 - self.momentum) * m
        self.count += 1
        return (x - m) * self.scale + 0.1 * self.mean * x


@dataclass
class Sequential:
    layers: list

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Layer:
    """A class as users write it: parameters, settings, a state."""

    def __init__(self, rng, inputs, outputs, name, activation=np.tanh):
        self.W = rng.normal(size=(inputs, outputs))
        self.b = rng.normal(size=outputs)
        self.name = name
        self.activation = activation
        self.sizes = (inputs, outputs)
        self.rate = 0.3
        self.training = True
        self.seen = 0
        self.last = None
        self.index = np.arange(outputs)

    @property
    def scaled(self):
        return self.W * self.rate

    def __call__(self, x):
        h = self.activation(x @ self.scaled + self.b[self.index])
        if self.training:
            self.seen += 1
            self.last = h
        return h.reshape(-1, self.sizes[1])


class Net:
    def __init__(self, layers, extra=None):
        self.layers = layers
        self.extra = extra
        self.total = 0.0

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        self.total = self.total + np.mean(x)
        return x


class Pair(NamedTuple):
    first: Any
    second: Any


class Box:
    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)


def rng():
    return np.random.default_rng(5)


def dense(seed=0):
    return Dense(matrix(3, 3, seed), vector(3, seed + 1))


def norm(seed=0):
    return Norm(vector(3, seed), vector(3, seed + 1))


def sum_of(network, x):
    return np.sum(network(x) ** 2)


X = matrix(4, 3, 9)

# --- programs -----------------------------------------------------------------------------------

PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {}


def program(*args: Any, wrt: Any = 0) -> Callable[[Any], Any]:
    def add(f: Any) -> Any:
        count = sum(name.partition("-")[0] == f.__name__ for name in PROGRAMS)
        PROGRAMS[f"{f.__name__}-{count}" if count else f.__name__] = (f, args, wrt)
        return f

    return add


@program(Sequential([dense(), norm(3), dense(5), norm(7)]), X)
@program(Sequential([dense(), norm(3), dense(5), norm(7)]), X, wrt=1)
@program(Sequential([dense(), norm(3), dense(5), norm(7)]), X, wrt=(0, 1))
@program(Net([Layer(rng(), 3, 4, "a"), Layer(rng(), 4, 2, "b", np.sin)]), X)
@program(Net([Layer(rng(), 3, 4, "a"), Layer(rng(), 4, 2, "b", np.sin)]), X, wrt=(0, 1))
@program(Net([Layer(rng(), 3, 4, "a"), Layer(rng(), 4, 2, "b", np.sin)]), X, wrt=1)
@program(Net([dense(), Sequential([norm(), dense(2)])]), X)
def networks(network, x):
    return sum_of(network, x)


SHARED, TWICE = dense(), norm(2)
LAYER = Layer(rng(), 3, 3, "shared")


@program(Sequential([SHARED, SHARED]), X)
@program(Sequential([SHARED, TWICE, SHARED, TWICE]), X)
@program(Sequential([SHARED, TWICE, SHARED, TWICE]), X, wrt=1)
@program(Net([LAYER, LAYER, Layer(rng(), 3, 3, "own"), LAYER]), X, wrt=(0, 1))
@program(Net([Sequential([LAYER]), LAYER], extra=LAYER), X, wrt=(0, 1))
def shared(network, x):
    return sum_of(network, x)


@program(Net([dense()], {"a": [Pair(dense(2), norm(3))], "b": {"c": norm(4)}}), X)
@program(Net([dense()], {"a": [Pair(dense(2), norm(3))], "b": {"c": norm(4)}}), X, wrt=1)
def nested(net, x):
    pair = net.extra["a"][0]
    y = pair.second(pair.first(net.layers[-1](x)))
    return np.sum(net.extra["b"]["c"](y) ** 2)


@program({"a": [Pair(vector(3), norm(3)), Pair(vector(3, 7), norm(4))]}, X)
@program({"a": [Pair(vector(3), norm(3)), Pair(vector(3, 7), norm(4))]}, X, wrt=1)
@program(Box(a=[Pair(vector(3), norm(3)), Pair(vector(3, 7), norm(4))]), X)
def named_tuples(tree, x):
    pairs = tree["a"] if isinstance(tree, dict) else tree.a
    total = 0.0
    for first, second in pairs:
        total = total + np.sum(second(x * first) ** 2)
    a, b = pairs
    return total + np.sum(a.first * b[0] ** 2) + np.sum(b.second.mean * a.second.scale)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2))
@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=1)
@program(Box(w=vector(3, 0).astype("f4"), state=vector(3, 4).astype("f4")), vector(3, 2))
@program(Box(w=1.5, state=0.5), 2.5, wrt=(0, 1))
def before_and_after(box, x):
    before = box.state
    box.state = box.w * x + before
    after = box.state
    return np.sum(before * x) + np.sum(after * after * before) + np.sum(box.state)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
def old_value_is_read_late(box, x):
    old = box.state
    box.state = x * x
    return np.sum(old * x)


@program(Box(state=vector(3, 1), other=Box(state=vector(3, 2))), vector(3, 2), wrt=(0, 1))
@program(Box(state=vector(3, 1), other=Box(state=vector(3, 2))), -vector(3, 2), wrt=(0, 1))
@program(Box(state=vector(3, 1), other=Box(state=vector(3, 2))), -vector(3, 2), wrt=1)
def one_of_two(box, x):
    first = box if x[0] > 0 else box.other
    first.state = first.state * x
    return np.sum(box.state * x)


@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), wrt=(0, 1))
@program(Box(w=-vector(3), state=vector(3, 4), steps=0), vector(3, 2), wrt=(0, 1))
@program(Box(w=-vector(3), state=vector(3, 4), steps=0), vector(3, 2), wrt=1)
def in_a_branch(box, x):
    if np.sum(box.w * x) > 0:
        box.state = box.state * x
        box.steps += 1
    y = box.state * x
    if np.sum(x) > 100:
        box.state = x
    return np.sum(y * box.w) * (1 + box.steps)


@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), 4, wrt=(0, 1))
@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), 4, wrt=1)
@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), 0, wrt=(0, 1))
def in_a_loop(box, x, n):
    total = 0.0
    for i in range(n):
        box.state = np.sin(box.state * box.w) + x
        if box.state[0] > 1.0:
            box.steps += 1
        total = total + np.sum(box.state) * i
    return total + np.sum(box.state * box.steps)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
def in_a_while_loop(box, x):
    while np.sum(box.state) < 9:
        box.state = box.state * (1 + box.w)
    return np.sum(box.state * x)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
def in_a_loop_that_is_left(box, x):
    for i in range(10):
        box.state = box.state * (1 + box.w)
        if np.sum(box.state) > 20:
            break
    return np.sum(box.state * x) * i


class Account:
    def __init__(self, w):
        self._w = w
        self.reads = 0
        self.history = vector(3)

    @property
    def w(self):
        self.reads += 1
        return self._w

    @w.setter
    def w(self, value):
        self._w = value
        self.remember(value)

    def remember(self, value):
        if np.sum(value) > 0:
            self.history = 0.5 * self.history + value


@program(Account(vector(3, 2)), vector(3, 1), wrt=(0, 1))
@program(Account(vector(3, 2)), vector(3, 1), wrt=1)
def by_a_property(account, x):
    y = account.w * x
    account.w = y + account.history
    return np.sum(account.w * y * account.history)


@program(Box(w=vector(3), kept=vector(3, 4), row=None), vector(3, 2), matrix(3, 3), wrt=(0, 1, 2))
@program(Box(w=vector(3), kept=vector(3, 4), row=None), vector(3, 2), matrix(3, 3), wrt=1)
def keeps_what_it_is_given(box, x, A):
    old, box.kept = box.kept, x
    box.row = A[1]
    box.both = (x, old)
    return np.sum(box.kept * box.w * old * box.row) + np.sum(box.both[1] * x)


@program(Box(w=vector(3), cache=None), vector(3, 2), wrt=(0, 1))
def types_change(box, x):
    if box.cache is None:
        box.cache = x * box.w
        return np.sum(box.cache**2)
    return np.sum(box.cache * x * box.w)


@program(Box(w=vector(3)), vector(3, 2), wrt=(0, 1))
@program(Box(w=vector(3)), vector(3, 2), wrt=1)
def an_attribute_is_made(box, x):
    if not hasattr(box, "cache"):
        box.cache = x * 2
    y = np.sum(box.cache * box.w)
    box.cache = x * box.w
    return y + np.sum(box.cache) * hasattr(box, "cache")


@program(Box(w=vector(3), other=Box(v=vector(3, 4)), count=3), Box(v=vector(3, 2)), wrt=(0, 1))
@program(Box(w=vector(3), other=Box(v=vector(3, 4)), count=3), Box(v=vector(3, 2)))
def an_object_is_put_elsewhere(box, other):
    first = box.other
    box.other = box.extra = Box_of(other)
    box.other.v = box.other.v * 2
    box.count *= 2
    return np.sum(box.other.v * first.v * box.w) + np.sum(other.v**2) * box.count


def Box_of(other):
    return other


class Slotted:
    __slots__ = ("empty", "state", "w")

    def __init__(self, w, state):
        self.w = w
        self.state = state


@program(Slotted(vector(3), vector(3, 1)), vector(3, 2), wrt=(0, 1))
def slots(box, x):
    box.state = box.state * box.w
    box.empty = box.state + 1
    return np.sum(box.state * x)


@dataclass
class Derived:
    w: Any
    double: Any = field(init=False)

    def __post_init__(self):
        self.double = 2 * self.w


@program(Derived(vector(3)), vector(3, 2), wrt=(0, 1))
def made_after_init(box, x):
    box.double = box.double + box.w
    return np.sum(box.double * x)


@dataclass(frozen=True)
class Node:
    value: Any
    children: tuple = ()

    def total(self, x):
        return np.sum(self.value * x) + sum(child.total(x) ** 2 for child in self.children)


LEAF = Node(vector(3))


@program(Node(vector(3, 2), (LEAF, Node(vector(3, 3), (LEAF,)))), vector(3, 4), wrt=(0, 1))
def a_tree_with_a_leaf_twice(tree, x):
    return tree.total(x)


@dataclass
class Branch:
    w: Any
    left: Any = None
    right: Any = None


@program(Branch(vector(3), Branch(vector(3, 1)), Branch(vector(3, 2), Branch(vector(3, 3)))), X[0])
def truth_of_objects(tree, x):
    if not tree:
        return np.sum(x)
    if tree.left and not tree.right:
        x = x * 2
    rest = truth_of_objects(tree.right, x) if tree.right else 0.0
    return np.tanh(truth_of_objects(tree.left, x * tree.w)) + rest + np.sum((tree.left or tree).w)


class Vectors:
    def __init__(self, count):
        self.first, self.second, self.count = vector(3), vector(3, 1), count

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        return self.first[i]

    def __iter__(self):
        return iter([self.first, self.second])

    def __add__(self, other):
        return self.second + other


@program(Vectors(0), vector(3, 4), wrt=(0, 1))
@program(Vectors(2), vector(3, 4), wrt=(0, 1))
def operators_of_objects(vectors, x):
    y = x if vectors else x * 2
    a, b = vectors
    return np.sum(y * a) * vectors[1] * (1 + len(vectors)) + np.sum((vectors + x) * b)


class Cached:
    def __init__(self, w):
        self.w = w
        self.calls = 0

    @functools.cached_property
    def double(self):
        self.calls += 1
        return 2 * self.w


@program(Cached(vector(3)), vector(3, 2), wrt=(0, 1))
@program(Cached(vector(3)), vector(3, 2), wrt=1)
def a_cached_property(cached, x):
    y = np.sum(cached.double * x)
    cached.w = cached.w + 1
    return y + np.sum(cached.double * cached.w) * cached.calls


@program(Box(t=Pair(dense(), vector(3)), d={"n": norm(3), "m": norm(4)}), X, wrt=(0, 1))
@program(Box(t=Pair(dense(), vector(3)), d={"n": norm(3), "m": norm(4)}), X, wrt=1)
def methods_of_containers_of_objects(box, x):
    for layer in box.d.values():
        x = layer(x)
    for name, layer in box.d.items():
        x = x + layer.mean * len(name)
    first = box.t._replace(second=x).first
    return np.sum(box.d.get("n")(first(x))) + np.sum(box.t._asdict()["second"] * x)


@program(Box(items=[SHARED, TWICE, SHARED], child=TWICE, none=None), X)
@program(Box(items=[dense(), norm(), dense()], child=norm(), none=None), X)
@program(Box(items=[SHARED, TWICE, SHARED], child=TWICE, none=None), X, wrt=1)
def which_object_it_is(box, x):
    total = 0.0
    if box.child is box.items[1]:
        total = total + np.sum(box.child.mean * x)
    if box.items[0] is not box.items[-1] or box.none is not None:
        total = total + np.sum(box.items[-1].b)
    if box.child is box.child and box.items is box.items and box.items[0] != box.child:
        total = total + np.sum(x**2 * box.child.scale)
    return total


@program(Box(t=(vector(3), (vector(3, 1), 2.0)), l=[vector(3, 2), 3.0]), X, wrt=(0, 1))
def elements_from_the_end(box, x):
    y = box.t[-1][-2] * box.l[-2] + box.t[1][0] * box.l[0] + box.t[-2] * x
    return np.sum(y) * box.t[-1][-1] * box.l[1] * len(box.t[-1:]) * box.l[-1:][0]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    f, args, wrt = PROGRAMS[name]
    follow(f, *args, wrt=wrt, calls=1 if name.startswith("an_object_is_put") else 2)


# --- what is refused ----------------------------------------------------------------------------


OUTSIDE = Box(state=vector(3, 1))


def array_in_place(box, x):
    OUTSIDE.state += x
    return np.sum(OUTSIDE.state * box.w)


def array_filled_and_kept(box, x):
    box.state = np.zeros(3)
    for i in range(3):
        box.state[i] = x[i]
    return np.sum(box.state)


def argument_written_and_kept(box, x):
    box.state = x
    x[0] = 2 * box.w[0]
    return np.sum(x * box.w)


def a_generator(box, x):
    box.state = (v for v in x)
    return np.sum(x)


def a_list_that_is_there(box, x):
    box.items.append(x)
    return np.sum(x)


def dictionary_of_attributes(box, x):
    return np.sum(box.__dict__["w"] * x)


def handed_on(box, x):
    return np.sum(x) * len(repr(box))


def made_in_a_branch(box, x):
    if x[0] > 0:
        box.new = x
    return np.sum(x)


def by_recursion(box, x):
    if np.sum(x) < 0.1:
        return np.sum(box.state * x)
    box.state = box.state * x
    return by_recursion(box, x / 2)


def attribute_deleted(box, x):
    del box.state
    return np.sum(x)


REFUSED = {
    array_in_place: (AliasingError, "is kept in an object from outside"),
    array_filled_and_kept: (AliasingError, "is kept in an object from outside"),
    argument_written_and_kept: (AliasingError, "is kept in an object from outside"),
    a_generator: (UnsupportedSyntaxError, "no number, array or container"),
    a_list_that_is_there: (AliasingError, "changes a list that the function was given"),
    dictionary_of_attributes: (UnsupportedSyntaxError, "the '__dict__' of an object"),
    handed_on: (UnsupportedSyntaxError, "'box', which is differentiated, is handed on as a whole"),
    made_in_a_branch: (UnsupportedSyntaxError, "attribute 'new' that the object does not have"),
    by_recursion: (UnsupportedSyntaxError, "changes a container from outside"),
    attribute_deleted: (UnsupportedSyntaxError, "'del' of an attribute"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    kind, message = REFUSED[f]
    box = Box(w=vector(3), state=vector(3, 1), items=[], other=Box(state=vector(3, 2)))
    before = copy.deepcopy(box)
    with pytest.raises(kind, match=message) as caught:
        grad(f, argnums=(0, 1))(box, vector(3, 4))
    assert caught.value.loc is not None
    assert_same_state(box, before)


def two_names(a, b):
    a.state = a.state * b.state
    return np.sum(b.state * a.state)


def test_one_object_under_two_names():
    one = Box(state=vector(3))
    for a, b in ((one, one), (Box(state=vector(3)), Box(state=vector(3, 1)))):
        # Not differentiated, they are one where they are one, whatever was compiled before.
        follow(lambda x, a, b: np.sum(x * two_names(a, b)), vector(3), a, b)
    follow(two_names, Box(state=vector(3)), Box(state=vector(3, 1)), wrt=(0, 1))
    for wrt in (0, 1, (0, 1)):
        with pytest.raises(AliasingError, match="'a' and 'b' are one object"):
            grad(two_names, argnums=wrt)(one, one)
    np.testing.assert_array_equal(one.state, vector(3))


def test_one_function_for_many_ways_to_share():
    gradient = grad(sum_of)
    layers = {name: dense(i) for i, name in enumerate("abc")}
    for pattern in ("abc", "aab", "abc", "aba", "abb", "aaa", "aab", "abc"):
        network = Sequential([layers[name] for name in pattern])
        bar = gradient(network, X)
        assert_gradient(sum_of, (network, X), 0, bar, 2e-6)
        ids = [pattern.index(name) for name in pattern]
        assert [next(i for i, b in enumerate(bar.layers) if b is a) for a in bar.layers] == ids
        follow(sum_of, Sequential([norm(ord(name)) for name in pattern]), X)


def test_state_is_what_the_function_leaves_where_it_raises():
    def f(box, x):
        box.state = box.state * x
        if box.state[0] > 0:
            raise ValueError("no")
        box.state = x
        return np.sum(box.state * box.w)

    mine, theirs = Box(w=vector(3), state=vector(3, 1)), Box(w=vector(3), state=vector(3, 1))
    for call, box in ((f, theirs), (grad(f), mine)):
        with pytest.raises(ValueError, match="no"):
            call(box, vector(3, 2))
    assert_same_state(mine, theirs)


def test_arrays_in_objects_that_are_written_are_not_those_of_the_caller():
    def f(box, x):
        box.state[0] = x[0] * box.w[1]
        return np.sum(box.state * x * box.w)

    box = Box(w=vector(3), state=vector(3, 1))
    bar = grad(f)(box, vector(3, 2))
    np.testing.assert_array_equal(box.state, vector(3, 1))
    assert_gradient(f, (box, vector(3, 2)), 0, bar, 2e-6)
    assert bar.state[0] == 0


def test_ints_of_a_dataclass_in_a_function_that_changes_objects():
    @dataclass
    class Counted:
        w: Any
        count: Any

    def still(counted, x):
        return np.sum(counted.w * x) * counted.count

    def counting(counted, x):
        counted.count += 1
        return np.sum(counted.w * x) * counted.count

    counted, x = Counted(vector(3), 2), vector(3, 1)
    assert grad(still)(counted, x).count == pytest.approx(vector(3) @ x)
    counting_grad = grad(counting)
    for count in (3, 4, 5):
        bar = counting_grad(counted, x)
        assert bar.count is None
        np.testing.assert_allclose(bar.w, count * x)
        assert counted.count == count
        assert type(counted.count) is int


def test_gradient_of_a_method_with_respect_to_its_object():
    class Model:
        def __init__(self):
            self.w = vector(3)
            self._rate = 0.5
            self.__hidden = vector(3, 2)
            self.calls = 0

        def loss(self, x):
            self.calls += 1
            return np.sum((self.w * x) ** 2) * self._rate + np.sum(self.__hidden * x)

    class Twice(Model):
        factor = 2.0

        def loss(self, x):
            return super().loss(x) * self.factor + super().loss(2 * x)

    for cls, calls in ((Model, 1), (Twice, 2)):
        model = cls()
        bar = grad(cls.loss)(model, vector(3, 1))
        assert type(bar) is cls
        assert model.calls == calls
        assert_gradient(cls.loss, (cls(), vector(3, 1)), 0, bar, 2e-6)
        grad(model.loss)(vector(3, 1))
        assert model.calls == 2 * calls


def test_attributes_that_are_no_numbers():
    layer = Layer(rng(), 3, 3, "a")
    bar = grad(sum_of)(Net([layer], extra=("a", [1, 2], {"k": "v"})), X)
    assert bar.extra is None
    own = bar.layers[0]
    assert {n for n, v in vars(own).items() if v is None} == {
        "activation", "index", "last", "name", "seen", "sizes", "training",
    }  # fmt: skip
    assert list(vars(own)) == list(vars(layer))
    assert type(own.rate) is float
    bar = grad(lambda node: 2.0 * node.value)(Node(1.5, ()))
    assert bar == Node(2.0, ())


def test_objects_without_numbers_are_no_arguments():
    class Empty:
        pass

    with pytest.raises(TypeError, match="'o' is a Empty.*leave the argument out of argnums"):
        grad(lambda o: 1.0)(Empty())


def test_an_object_that_contains_itself():
    box = Box(w=vector(3))
    box.own = Box(parent=box)
    with pytest.raises(TypeError, match=r"argument 'box.own.parent' contains itself"):
        grad(lambda box: np.sum(box.w))(box)

    def f(x, box):
        box.own.parent.w = box.w * x
        return np.sum(box.w**2)

    x, before = vector(3, 1), box.w
    np.testing.assert_allclose(grad(f)(x, box), 2 * before**2 * x)
    np.testing.assert_allclose(box.w, before * x)


def test_a_pullback():
    box, x = Box(w=vector(3), state=vector(3, 1)), vector(3, 2)
    before = copy.deepcopy(box)
    value, pullback = vjp(before_and_after, box, x)
    theirs = copy.deepcopy(before)
    assert value == pytest.approx(before_and_after(theirs, x))
    assert_same_state(box, theirs)
    for _ in range(2):
        bar, x_bar = pullback(1.0)
        assert_gradient(before_and_after, (before, x), 0, bar, 2e-6)
        assert_gradient(before_and_after, (before, x), 1, x_bar, 2e-6)
    assert_same_state(box, theirs)

    box.state *= 0  # between the calls
    np.testing.assert_array_equal(pullback(1.0)[1], x_bar)

    def keeps(box, x):
        box.last = x
        return np.sum(x * x * box.w)

    with pytest.raises(AliasingError, match="a pullback reads an array"):
        vjp(keeps, box, x)


def test_check_grads_of_objects():
    network = Net([Layer(rng(), 3, 4, "a"), norm(), Layer(rng(), 4, 2, "b")][::2])
    before = copy.deepcopy(network)
    check_grads(sum_of, (network, X))
    check_grads(sum_of, (Sequential([SHARED, norm(), SHARED]), X), (0, 1))
    assert_same_state(network, before)

    @register_vjp(scaled)
    def wrong(y_bar, y, v):
        return 2.5 * y_bar

    try:
        with pytest.raises(AssertionError, match=r"box.state"):
            check_grads(lambda box: np.sum(scaled(box.state)), (Box(state=vector(3)),))
    finally:
        DERIVATIVES.pop(scaled)


def scaled(v):
    return 2 * v


def looked_at(box, folder):
    with open(folder / "state", "w") as file:  # which cannot be inlined
        box.update(np.ones(3))
        print(box.state, file=file)


class Updated(Box):
    def update(self, v):
        self.state = self.state + v


def test_objects_that_a_call_may_change(tmp_path):
    def after(x, box):
        looked_at(box, tmp_path)
        return np.sum(box.state * x)

    def before(x, box):
        state = box.state
        looked_at(box, tmp_path)
        return np.sum(state * x)

    x = vector(3)
    with pytest.raises(UnsupportedSyntaxError, match="after it was handed to a function"):
        grad(after)(x, Updated(state=vector(3, 1)))
    box = Updated(state=vector(3, 1))
    np.testing.assert_array_equal(grad(before)(x, box), vector(3, 1))
    np.testing.assert_array_equal(box.state, vector(3, 1) + 1)
    follow(before, x, box)


def test_source_before_the_first_call():
    with pytest.raises(UnknownTypeError, match="of which nothing is known") as caught:
        grad(before_and_after).source
    assert "call it first" in caught.value.hint
