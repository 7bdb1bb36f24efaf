"""``nonlocal total``: variables that nested functions assign."""

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import check_at

POINTS = (
    np.array([0.7, -0.4, 1.3, 0.9]),
    np.array([-0.6, 0.8, 0.35, -1.1]),
    np.array([0.2, 0.9, 0.5, 0.4]),
)


def summed(x):
    total, count = 0.0, 0

    def add(v):
        nonlocal total, count
        total = total + v
        count += 1

    for v in x:
        if v > 0:
            add(v * v)
    return total / count


def the_best_so_far(x):
    best = None

    def seen(v):
        nonlocal best
        if best is None or v > best:
            best = v

    for v in x:
        seen(v * v)
    return best


def a_state_of_arrays(x):
    """A state that each step makes anew, and a buffer that is written."""
    h, buffer = np.zeros(2), np.zeros(2)

    def step(v):
        nonlocal h, buffer
        h = np.tanh(h * v + x[:2])
        buffer += h * v
        return h.sum()

    total = 0.0
    for v in x:
        total += step(v)
    return total + h[0] + np.sum(buffer * buffer)


def as_long_as_data_tell(x):
    r, n = x[0], 0

    def halved():
        nonlocal r, n
        r = 0.5 * r * x[1]
        n += 1
        return abs(r) > 0.02

    more = True
    while more and n < 5:
        more = halved()
    return r * n


def two_at_a_time(x):
    a, b = x[0], x[1]

    def step():
        nonlocal a, b
        a, b = b, a * b + x[2]

    for _ in range(4):
        step()
    return a + b


def one_for_each_call(x):
    def counter(k):
        n = 0.0

        def add(v):
            nonlocal n
            n = n + v * k
            return n

        return add

    a, b = counter(x[0]), counter(x[1])
    a(x[2])
    b(x[3])
    a(x[3])
    return a(1.0) * b(2.0)


def of_a_parameter(x):
    def scaled(a):
        def up(v):
            nonlocal a
            a = a * v

        up(x[0])
        up(2.0)
        return a

    return scaled(x[1])


def through_several_functions(x):
    total = 0.0

    def outer(v):
        nonlocal total
        part = 0.0

        def inner(w):
            nonlocal total, part
            total = total + w * v
            part = part + w

        for w in x:
            inner(w)
        return part * total

    return sum(outer(v) for v in x)


def beside_names_of_their_own(x):
    s = 1.0

    def own():
        s = 5.0
        return s * x[0]

    def shared(v):
        nonlocal s
        s = s * v

    now = lambda: s * x[3]
    shared(x[1])
    before = now()
    shared(x[2])
    return own() * s * before + now()


def assigned_after_the_function(x):
    def add(v):
        nonlocal s
        s = s + v

    s: float = 0.0
    for v in x:
        add(v * v)
    return s


def the_target_of_a_loop(x):
    last, total = None, 0.0

    def doubled():
        nonlocal last
        last = last * 2
        return last

    for last in x:
        total += doubled()
    return total * last


def a_decorator_that_counts(x):
    calls = 0

    def counted(f):
        def wrapped(*args):
            nonlocal calls
            calls += 1
            return f(*args) * calls

        return wrapped

    @counted
    def square(v):
        return v * v

    return square(x[0]) + square(x[1]) * calls


def a_function_that_data_choose(x):
    act, total = None, 0.0

    def pick(v):
        nonlocal act
        act = np.sin if v > 0 else np.cos

    for v in x:
        pick(v)
        total += act(v)
    return total


def a_recursion(x):
    total = 0.0

    def visit(n):
        nonlocal total
        total = total + x[n] ** 2
        if n + 1 < len(x):
            visit(n + 1)

    visit(0)
    return total


def a_callback(x):
    last = 0.0

    def on_step(t, y):
        nonlocal last
        last = t * y

    def integrate(y, callback):
        t = 0.0
        while t < 0.5:
            y = y + 0.1 * np.sin(y)
            t += 0.1
            callback(t, y)
        return y

    return integrate(x[0], on_step) * last


def in_a_generator_expression(x):
    s = 1.0

    def scale(v):
        nonlocal s
        s *= v

    later = (v * s for v in x)
    scale(x[0])
    return sum(later)


class Private:
    def run(self, x):
        __s = 0.0

        def add(v):
            nonlocal __s
            __s += v

        add(x[0])
        return __s * 2


def in_a_method(x):
    return Private().run(x) * x[1]


def without_a_value(x):
    def put(v):
        nonlocal s
        s = v

    try:
        return x[0] * s  # noqa: F821
    except UnboundLocalError:
        put(x[1])
    s = s * 2  # noqa: F821
    return s


def without_a_value_inside(x):
    def get():
        nonlocal s
        found = s
        s = 1.0
        return found

    try:
        return get()
    except UnboundLocalError:
        return x[0]
    except NameError:
        return x[1] * 3
    s = 1.0


def in_a_condition(x):
    r, n = x[0], 0

    def halved():
        nonlocal r, n
        r = 0.5 * r * x[1]
        n += 1
        return abs(r) > 0.02

    while halved() and n < 5:
        pass
    return r * n


PROGRAMS = [
    *(summed, the_best_so_far, a_state_of_arrays, as_long_as_data_tell, two_at_a_time),
    *(one_for_each_call, of_a_parameter, through_several_functions, beside_names_of_their_own),
    *(assigned_after_the_function, the_target_of_a_loop, a_decorator_that_counts),
    *(a_function_that_data_choose, a_recursion, a_callback, in_a_generator_expression),
    *(in_a_method, without_a_value, without_a_value_inside, in_a_condition),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    check_at(f, *POINTS)


def test_where_no_call_gives_a_value() -> None:
    def f(x):
        def put(v):
            nonlocal s
            s = v * 2

        for v in x:
            if v > 0:
                put(v)
        return s  # noqa: F821
        s = 0.0

    check_at(f, *POINTS)
    for call in (f, value_and_grad(f)):
        with pytest.raises(UnboundLocalError, match="local variable 's'"):
            call(-np.ones(4))


def test_the_names_are_in_the_text() -> None:
    derivative = grad(a_callback)
    derivative(POINTS[0])
    assert "last = t * y" in derivative.source


def deleted(x):
    s = 0.0

    def add(v):
        nonlocal s
        s = s + v

    add(x[0])
    t = s
    del s
    return t


def in_an_expression(x):
    s = 0.0

    def add(v):
        nonlocal s
        return (s := s + v)

    return add(x[0]) * s


def as_often_as_data_tell(x):
    total = 0.0

    def visit(v):
        nonlocal total
        total = total + v
        if v < 3.0:
            visit(v * 1.5 + 0.2)

    visit(abs(x[0]))
    return total


REFUSED = {
    deleted: "'nonlocal s' with an assignment",
    in_an_expression: "'nonlocal s' with an assignment",
    as_often_as_data_tell: "'visit' calls itself, and changes",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f) -> None:
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(POINTS[0])
