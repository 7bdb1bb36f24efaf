"""Functions of which data choose one, and what is called like one: closures, partials, bound
methods, instances."""

import functools
import math
import operator

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_at

POINTS = (
    np.array([0.31, -0.7, 1.2, 0.4]),
    np.array([-0.3, 0.9, 0.5, -0.4]),
    np.array([0.8, 0.2, -0.5, -0.4]),
    np.array([-0.8, -0.2, -0.45, -0.1]),
)


def square(v):
    return v * v


def line(v):
    return 3 * v + 1


def power(v, k):
    return v**3 * k


ACTIVATIONS = {"tanh": np.tanh, "sin": np.sin, "square": square}
LIST = [square, line, np.tanh]
TO_THE = functools.partial(np.power, 2.0)


class Scaled:
    def __init__(self, k):
        self.k = k

    def __call__(self, v):
        return self.k * v

    def shifted(self, v):
        return self.k + v


class Shifted:
    def __init__(self, k):
        self.k = k
        self.calls = 0

    def __call__(self, v):
        self.calls += 1
        return self.k + v * self.calls


SCALED, SHIFTED = Scaled(2.0), Scaled(0.5)


def in_each_trip(x):
    s = 0.0
    for v in x:
        g = square if v > 0 else line
        s += g(v)
    return s


def by_an_index(x):
    s = 0.0
    for i in range(len(x)):
        k = int(np.argmax(x)) % 3
        s += [square, line, math.sin][k](x[i]) * i
    return s


def by_a_negative_index(x):
    return LIST[-1 - int(np.argmax(x)) % 3](x[0]) * x[1]


def by_a_bool(x):
    return (line, square)[int(x[0] > 0)](x[1]) * {True: line, False: np.cos}[bool(x[1] > 0)](x[2])


def by_a_name(x):
    name = "tanh" if x[0] > 0 else "sin"
    return np.sum(ACTIVATIONS[name](x))


def by_one_of_many_names(x):
    names, s = ["tanh", "sin", "square", "tanh"], 0.0
    for i in range(4):
        s += ACTIVATIONS[names[int(np.argmin(x * (i - 1.5)))]](x[i])
    return s


def by_a_key_of_its_own(x):
    table, s = {"a": square, "b": line}, 0.0
    for v in x:
        key = "a" if v > 0 else "b"
        s += table[key](v)
    return s


def before_a_loop(x):
    if x[0] > 0:
        act = np.tanh
    elif x[1] > 0:
        act = np.sin
    else:
        act = line
    s = 0.0
    for i in range(len(x)):
        s += act(x[i]) * i
    return s


def none_at_first(x):
    fn = None
    if x[0] > 0:
        fn = square
    if fn is None:
        fn = line
    return fn(x[0]) * x[1]


def none_until_a_trip(x):
    g, s = None, 1.0
    for v in x:
        if v > 0.35:
            g = square
        elif v > 0.1:
            g = line
        if g is not None:
            s *= g(v)
    return s


class Layer:
    def __init__(self, kind):
        if kind > 0:
            self.act = np.tanh
        else:
            self.act = line

    def __call__(self, v):
        return np.sum(self.act(v))


def in_an_attribute(x):
    layer = Layer(x[0])
    return layer(x) * layer.act(x[1])


class Net:
    def __init__(self):
        self.act = None

    def choose(self, v):
        if v > 0:
            self.act = np.tanh
        else:
            self.act = lambda u: u * v

    def run(self, x):
        s = 0.0
        for v in x:
            self.choose(v)
            s += self.act(v)
        return s + self.act(1.0)


def in_an_attribute_of_each_trip(x):
    return Net().run(x)


def lambdas(x):
    c = x[1]
    g = (lambda v: v * c) if x[0] > 0 else (lambda v: v + c * c)
    return g(x[0]) * g(x[2])


def made_in_an_arm(x):
    if x[0] > 0:
        c = x[1] * x[2]

        def act(v):
            return v * c

    else:
        d = np.sin(x[3])

        def act(v):
            return v + d

    return act(x[2]) * act(x[3])


def composed(f, g):
    return lambda v: f(g(v))


def compositions(x):
    h = composed(square, np.sin) if x[0] > 0 else composed(line, np.cos)
    k = composed(h, square) if x[1] > 0 else h
    return k(x[1]) * h(x[2])


def times(c):
    return lambda v: v * c


def one_closure_of_two_values(x):
    g = times(x[0]) if x[1] > 0 else times(x[2])
    return g(x[3])


def closures_in_a_while(x):
    g, s, i = times(x[0]), 0.0, 0
    while i < 7 and s < 50:
        if x[i % 4] > 0:
            g = times(x[i % 4] * (s + 1))
        elif x[i % 4] < -0.55:
            g = square
        s += abs(g(x[2]))
        i += 1
    return s


def partials(x):
    g = functools.partial(np.power, 2.0) if x[0] > 0 else functools.partial(power, k=x[1])
    h = TO_THE if x[1] > 0 else np.exp
    return np.sum(g(x) * h(x))


def bound_methods(x):
    m = Scaled(x[1])
    h = m if x[0] > 0 else m.shifted
    return h(x[2]) + h(x[3])


def methods_of_arrays(x):
    h = x.sum if x[0] > 0 else x.mean
    return h() * x[1]


def instances(x):
    g = Scaled(x[1]) if x[0] > 0 else Shifted(x[2])
    s = g(x[3]) + g(x[0])
    return s * g.k


def instances_and_functions(x):
    g = SCALED if x[0] > 0 else np.sin
    h = Shifted(x[0]) if x[1] > 0 else SCALED
    return g(x[3]) * h(x[2])


def instances_that_were_there(x):
    a, b = Scaled(x[0]), Shifted(x[1])
    g = a if x[2] > 0 else b
    first = g(x[3])
    g.k = x[3]
    return first * a(x[1]) + b(x[2])


def ufuncs(x):
    op = np.maximum if x[0] > 0 else np.multiply
    return functools.reduce(op, [x[1], x[2], x[3]]) * np.sum(op(x[:2], x[2:]))


def numpy_functions(x):
    red = np.max if x[0] > 0 else np.mean
    norm = np.linalg.norm if x[1] > 0 else np.sum
    return np.sum(red(np.outer(x, x), axis=0)) * norm(x)


def builtins(x):
    g, h = (max, abs) if x[0] > 0 else (min, float)
    return g(x[1], x[2]) * g([x[1], x[3]]) * h(x[2])


def identity(x):
    h = square if x[0] > 0 else line
    g = h if x[1] > 0 else np.sin
    s = x[0] if h == square else x[1]
    if g is h:
        return g(x[2]) * s
    return h(x[2]) * g(x[3]) * (2 if h is not line else 3)


def as_keys(x):
    g = square if x[0] > 0 else line
    weights = {square: 2.0, line: 3.0}
    return weights[g] * g(x[1]) * len(g.__name__)


def best_of_some(x):
    best, top = None, -np.inf
    for f in (np.sin, np.cos, np.tanh):
        t = f(x[0])
        if t > top:
            top, best = t, f
    return best(x[1]) + top


def another_after_a_while(x):
    g, s, i = square, 0.0, 0
    while s < 3 and i < 20:
        s += abs(g(x[i % 4]))
        if s > 1:
            g = line
        elif s > 0.5:
            g = np.tanh
        i += 1
    return s


def exchanged_in_a_while(x):
    f, g, s, i = square, line, 0.0, 0
    while s < 5 and i < 9:
        s += abs(f(x[i % 4])) + 0.1
        f, g = g, f
        i += 1
    return s


def in_a_display(x):
    fs = [square, line]
    if x[0] > 0:
        fs = [line, np.tanh]
    table = {"f": fs[0]}
    fs.append(fs[0])
    return sum(f(v) for f, v in zip(fs, x)) * table["f"](x[3])


def handed_to_functions(x):
    def integrate(f, y, n):
        for _ in range(n):
            y = y + 0.1 * f(y)
        return y

    f = square if x[0] > 0 else np.sin
    return np.sum(integrate(f, x, 5)) + sum(map(f, x)) + sum(f(v) for v in x)


def keys_of_sorted(x):
    key = operator.neg if x[0] > 0 else np.square
    items = sorted([x[0], x[1], x[2]], key=key)
    return items[0] * 2 + items[1] - max(x[0], x[1], x[2], key=key)


def effects_once(x):
    log = []

    def f(v):
        log.append(v)
        return v * v

    def h(v):
        log.append(2 * v)
        log.append(v)
        return v

    for v in x:
        g = f if v > 0 else h
        g(v)
    return sum(log) * len(log)


def writes(x):
    a = x.copy()

    def doubled(i):
        a[i] *= 2

    def squared(i):
        a[i] = a[i] ** 2

    for i in range(4):
        g = doubled if x[i] > 0 else squared
        g(i)
    return np.sum(a * a)


def lists_kept_in_closures(x):
    kept = [None]

    def f(v):
        kept[0] = v
        return v * 2

    def g(v):
        kept[0] = v * v
        return v

    k = f if x[0] > 0 else g
    return k(x[1]) * kept[0]


def cells_of_closures(x):
    f = square

    def step(v):
        return f(v)

    s = 0.0
    for v in x:
        s += step(v)
        if s > 0.5:
            f = line
    return s


def with_its_arguments(x):
    if x[0] > 0:
        g, c = square, 2.0
    else:
        g, c = line, x[1]
    return g(c) * x[2]


def defaults(x):
    def clip(v, low=-0.2):
        return np.maximum(v, low)

    g = clip if x[0] > 0 else functools.partial(clip, low=x[1])
    return np.sum(g(x) * x)


def in_a_try(x):
    def refusing(v):
        if v > 0.6:
            raise ValueError("too large")
        return v * v

    g = refusing if x[0] < 0 else line
    try:
        return g(x[1])
    except ValueError:
        return x[2] * 2


PROGRAMS = (
    *(in_each_trip, by_an_index, by_a_negative_index, by_a_bool, by_a_name, by_one_of_many_names),
    *(by_a_key_of_its_own, before_a_loop, none_at_first, none_until_a_trip, in_an_attribute),
    *(in_an_attribute_of_each_trip, lambdas, made_in_an_arm, compositions),
    *(one_closure_of_two_values, closures_in_a_while, partials, bound_methods, methods_of_arrays),
    *(instances, instances_and_functions, instances_that_were_there, ufuncs, numpy_functions),
    *(builtins, identity, as_keys, best_of_some, another_after_a_while, exchanged_in_a_while),
    *(in_a_display, handed_to_functions, keys_of_sorted, effects_once, writes),
    *(lists_kept_in_closures, cells_of_closures, with_its_arguments, defaults, in_a_try),
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def test_a_condition_is_asked_once_more_rather_than_a_number():
    gradient = grad(in_each_trip)
    gradient(POINTS[0])
    assert "if v > 0:" in gradient.source
    assert "which" not in gradient.source


def test_a_loop_over_an_array_stays_one():
    gradient = value_and_grad(none_until_a_trip)
    gradient(POINTS[0])
    assert "for v in x:" in gradient.source


# --- what raises ----------------------------------------------------------------------------------


def too_large_an_index(x):
    return LIST[int(np.argmax(x)) + 1](x[0])


def too_small_an_index(x):
    return LIST[-2 - int(np.argmax(x))](x[0])


def a_missing_key(x):
    name = "sine" if x[2] > 1 else "sin"
    return ACTIVATIONS[name](x[0])


def none_is_called(x):
    g = None if x[2] > 1 else square
    return g(x[0])


@pytest.mark.parametrize(
    "f", (too_large_an_index, too_small_an_index, a_missing_key, none_is_called)
)
def test_what_python_raises(f):
    with pytest.raises((IndexError, KeyError, TypeError)) as wanted:
        f(POINTS[0])
    with pytest.raises(wanted.type) as found:
        value_and_grad(f)(POINTS[0])
    assert str(found.value) == str(wanted.value)
    check_at(f, POINTS[1][::-1] * np.array([1.0, 3.0, 1.0, 1.0]))


# --- a loop begins with a function, and goes on with objects that are called ----------------------


def one_of_two_objects(x):
    a, b, f, total = Shifted(x[0]), Shifted(x[1]), np.sin, 0.0
    for v in x:
        if v > 0.6:
            f = a
        elif v > 0:
            f = b
        total = total + f(v)
        a.k = a.k * v
    return total + f(x[1]) + a.k * b.calls


def bound_to_one_of_two(x):
    a, b, f = Scaled(x[0]), Scaled(x[1]), np.sin
    for v in x:
        if v > 0.6:
            f = a.shifted
        elif v > 0:
            f = b.shifted
    b.k = b.k * x[2]
    return f(x[1])


def bound_to_a_new_one(x):
    f, total = np.sin, 0.0
    for i in range(4):
        if x[i] > 0:
            f = Scaled(x[i]).shifted
        total = total + f(x[i - 1]) * i
    return total


def a_new_one_with_the_index(x):
    f = None
    for i in range(4):
        if x[i] > 0:
            f = functools.partial(Scaled(i))
    return x[0] if f is None else f(x[1])


class Logging:
    def __init__(self):
        self.log = []

    def add(self, v):
        self.log.append(v * v)
        return sum(self.log)


def appending_to_one_of_two(x):
    a, b, f, total = Logging(), Logging(), np.sin, 0.0
    for v in x:
        if v > 0:
            f = (a if v > 0.45 else b).add
        total = total + f(v)
    return total + sum(a.log) * 2 + sum(b.log)


@pytest.mark.parametrize(
    "f",
    (
        *(one_of_two_objects, bound_to_one_of_two, bound_to_a_new_one, a_new_one_with_the_index),
        appending_to_one_of_two,
    ),
)
def test_objects_from_some_trip_on(f):
    for x in POINTS:
        check_at(f, x)


# --- which function is asked where there may be none ----------------------------------------------


def last_one_is(x):
    last, total = None, 0.0
    for v in x:
        if last is np.cos:
            total = total + v * v
        last = np.cos if v > 0 else np.sin
    return total


def last_one_is_not(x):
    last, total = None, 0.0
    for v in x:
        f = np.cos if v > 0 else np.sin
        if f is not last:
            total = total + f(v)
        last = f
    return total


def one_or_none_after_branches(x):
    f = None
    if x[0] > 0:
        f = np.cos if x[1] > 0 else np.sin
    total = x[2]
    if f is np.cos:
        total = total * 3.0
    if np.sin is not f:
        total = total * x[3]
    return total


@pytest.mark.parametrize("f", (last_one_is, last_one_is_not, one_or_none_after_branches))
def test_which_function_if_any(f):
    for x in POINTS:
        check_at(f, x)


# --- the index of a loop is kept in a function ----------------------------------------------------


def index_as_a_default(x):
    f = np.sin
    for i in range(4):
        if x[i] > 0:
            f = lambda v, i=i: v * i
    return f(x[0])


def index_in_a_partial(x):
    f = np.sin
    for i in range(1, 12, 3):
        if x[i % 4] > 0:
            f = functools.partial(np.multiply, i)
    return f(x[0])


def index_of_enumerate(x):
    f = None
    for i, v in enumerate(x):
        if v > 0:
            f = times(i)
    return x[1] if f is None else f(x[0])


def index_in_a_container(x):
    acts, o = [np.sin, np.cos], Scaled(2.0)
    o.act = np.tanh
    for i in range(4):
        if x[i] > 0:
            acts[0] = lambda v, pair=(i, 2.0): v * pair[0]
        else:
            o.act = lambda v, f=times(i): f(v)
    return acts[0](x[0]) + o.act(x[1])


def indices_of_two_loops(x):
    total = 0.0
    for i in range(4):
        f = np.sin
        for j in range(3):
            if x[i] * x[j] > 0:
                f = lambda v, i=i, j=j: v * (i + 2 * j)
        total = total + f(x[i]) * (i + 1)
    return total


def index_as_an_index(x):
    f, total = np.sin, 0.0
    for i in range(4):
        if x[i] > 0:
            f = lambda v, i=i: v * x[i]
        total = total + f(x[i - 1]) * i
    return f(x[0]) + total


@pytest.mark.parametrize(
    "f",
    (
        *(index_as_a_default, index_in_a_partial, index_of_enumerate, index_in_a_container),
        *(indices_of_two_loops, index_as_an_index),
    ),
)
def test_index_of_a_trip_is_kept(f):
    for x in POINTS:
        check_at(f, x)


# --- what is refused ------------------------------------------------------------------------------


def through_recursion(x):
    def horner(f, v, i):
        if v > 2 or i > 3:
            return v
        return horner(f, v + abs(f(x[i])), i + 1)

    return horner(square if x[0] > 0 else np.sin, x[1], 0)


def left_outside(x):
    SCALED.act = np.sin if x[0] > 0 else lambda v: v * x[0]
    return np.sum(x)


def sorted_beside_numbers(x):
    rows = sorted([(v, i, np.sin if v > 0 else np.cos) for i, v in enumerate(x)])
    return rows[0][2](x[1])


def least_beside_numbers(x):
    row = min([(v, np.sin if v > 0 else np.cos) for v in x])
    return row[1](x[1])


@pytest.mark.parametrize(
    ("f", "message"),
    (
        (sorted_beside_numbers, "the value of what is sorted must be known"),
        (least_beside_numbers, "a function that data choose among others cannot be passed"),
        (through_recursion, "takes or returns one function or another"),
    ),
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_refused(f, message):
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(POINTS[0])
    assert caught.value.hint


def not_assigned(x):
    if x[0] > 0:
        g = square
    elif x[1] > 0:
        g = line
    return g(x[2])


def test_none_at_all():
    check_at(not_assigned, np.array([0.7, -0.4, 1.3]), np.array([-0.7, 0.4, 1.3]))
    with pytest.raises(UnboundLocalError, match="'g'"):
        grad(not_assigned)(np.array([-0.7, -0.4, 1.3]))


# --- which of the functions it is -----------------------------------------------------------------


def multiplied_by(c):
    def multiplied(v):
        return v * c + 1

    return multiplied


def is_a_closure(x):
    def up(v):
        return v + x[0]

    def down(v):
        return v - x[0]

    f = up if x[1] > 0 else down
    g = up if x[2] > 0 else down
    factor = (2 if f is up else 3) * (5 if f is not down else 7) * (1.5 if f is g else 1.0)
    return f(x[2]) * factor


def equals_a_closure(x):
    def up(v):
        return v + x[0]

    def down(v):
        return v - x[0]

    f = up if x[1] > 0 else down
    factor = (2 if f == up else 3) * (5 if f != down else 7) * (11 if f in (up, np.cos) else 13)
    return f(x[2]) * (factor + [down, up].index(f) + [up, down, down].count(f))


def is_a_closure_or_a_ufunc(x):
    def up(v):
        return v + x[0]

    f = up
    if x[1] > 0:
        f = np.sin
    return f(x[2]) * (2 if f is up else 3)


def is_the_one_of_its_arm(x):
    if x[1] > 0:

        def f(v):
            return v * x[0]

    else:

        def f(v):
            return v * x[3]

    g = f
    if x[2] > 0:
        f = np.sin
    return f(x[2]) * (2 if f is g else 3)


def changes_of_a_closure(x):
    def up(v):
        return v + x[0]

    table = [up, np.sin]
    before, changes, total = up, 0, 0.0
    for v in x:
        f = table[0 if v > 0 else 1]
        if f is not before:
            changes += 1
        before = f
        total = total + f(v)
    return total * changes


def equal_partials_are_two(x):
    f, g = (functools.partial(np.multiply, x[0]) for _ in range(2))
    same = f
    factor = (2 if f == g else 3) * (5 if f == same else 7) * (11 if f in (g, np.cos) else 13)
    return f(x[2]) * factor * (17 if same in (g, f) else 19) * (23 if [f] == [same] else 29)


def made_anew_in_each_trip(x):
    f = g = multiplied_by(x[0])
    total = 0.0
    for v in x:
        total = total + f(v) * (2 if f is g else 3)
        f = multiplied_by(x[0])
    return total


def defined_anew_in_each_trip(x):
    def f(v):
        return v * v

    g, total = f, 0.0
    for v in x:
        total = total + f(v) * (2 if f is g else 3)
        g = f

        def f(v):
            return v * v

    return total


@pytest.mark.parametrize(
    "f",
    (
        *(is_a_closure, equals_a_closure, is_a_closure_or_a_ufunc, is_the_one_of_its_arm),
        *(changes_of_a_closure, equal_partials_are_two, made_anew_in_each_trip),
        defined_anew_in_each_trip,
    ),
    ids=lambda f: f.__name__,
)
def test_which_it_is(f):
    check_at(f, *POINTS)


def two_of_one_nested_function(x):
    f = g = multiplied_by(x[0])
    if x[1] > 0:
        f = multiplied_by(x[3])
    return f(x[2]) * (2 if f is g else 3)


def two_that_are_alike(x):
    f = g = multiplied_by(x[0])
    if x[1] > 0:
        f = multiplied_by(x[0])
    return f(x[2]) * (2 if f is g else 3)


def one_of_two_that_were_there(x):
    f, g = multiplied_by(x[0]), multiplied_by(x[3])
    h = f if x[1] > 0 else g
    return h(x[2]) * (2 if h is f else 3)


def two_partials(x):
    f = g = functools.partial(np.multiply, x[0])
    if x[1] > 0:
        f = functools.partial(np.multiply, x[3])
    return f(x[2]) * (2 if f == g else 3)


def two_partials_in_displays(x):
    f = g = functools.partial(np.multiply, x[0])
    if x[1] > 0:
        f = functools.partial(np.multiply, x[3])
    return f(x[2]) * (2 if (1, f) == (1, g) else 3)


def a_partial_among_others(x):
    f = g = functools.partial(np.multiply, x[0])
    if x[1] > 0:
        f = functools.partial(np.multiply, x[3])
    return f(x[2]) * (2 if f in [np.sin, g] else 3)


def two_bound_methods(x):
    f = g = Scaled(x[0]).__call__
    if x[1] > 0:
        f = Scaled(x[3]).__call__
    return f(x[2]) * (2 if f is g else 3)


def made_in_some_trips(x):
    f = g = multiplied_by(x[0])
    total, i = 0.0, 0
    while total < 20 and i < 4:
        if x[i] > 0:
            f = multiplied_by(x[0])
        total = total + 1 + f(x[i]) * (2 if f is g else 3)
        g = f
        i += 1
    return total


@pytest.mark.parametrize(
    "f",
    (
        *(two_of_one_nested_function, two_that_are_alike, one_of_two_that_were_there),
        *(two_partials, two_partials_in_displays, a_partial_among_others, two_bound_methods),
        made_in_some_trips,
    ),
    ids=lambda f: f.__name__,
)
def test_which_it_is_is_not_known(f):
    with pytest.raises(SrcgradError, match="whether these are one function is not known") as caught:
        grad(f)(POINTS[1])
    assert "kept beside it" in caught.value.hint
