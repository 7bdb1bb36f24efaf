"""Generator functions: loops over what they yield, and functions of it."""

import itertools

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


def pairs(n):
    """All pairs of places."""
    for i in range(n):
        for j in range(i):
            yield i, j


def squares(values):
    for v in values:
        yield v * v


def positive(values):
    for v in values:
        if v <= 0:
            continue
        yield v


def newton(a):
    y = a
    while True:
        y = 0.5 * (y + a / y)
        yield y


def of_a_module(x):
    s = 0.0
    for i, j in pairs(len(x)):
        s += (x[i] - x[j]) ** 2 * (i + j)
    return s


def nested_and_captured(x):
    def states():
        h = x
        for _ in range(4):
            h = np.tanh(h * x)
            yield h

    return np.sum(np.stack(list(states())) ** 2)


def without_end(x):
    before = 0.0
    for y in newton(x[3] + 1):
        if abs(y - before) < 1e-12:
            break
        before = y
    return y


def all_of_them(x):
    return sum(squares(x)) * max(squares(x)) + np.sum(sorted(positive(x)))


def one_after_another(x):
    s = 0.0
    for v in squares(positive(x)):
        s += v
        if s > 1:
            break
    return s + sum(v * w for v in squares(x) for w in positive(x))


def what_happens_when(x):
    log = []

    def told():
        log.append(x[0])
        yield x[1]
        log.append(x[1])
        yield x[2]
        log.append(x[2] * 2)

    s = 0.0
    for v in told():
        s += v * len(log) + log[-1]
        if s > 1.5:
            break
    else:
        s *= 2
    return s + log[-1]


def both_write(x):
    a = x.copy()

    def doubled():
        for i in range(len(a)):
            a[i] *= 2
            yield i, a[i] ** 2

    for i, v in doubled():
        if i + 1 < len(a):
            a[i + 1] += v
    return np.sum(a)


def one_array_again_and_again(x):
    def grown():
        a = x.copy()
        for _ in range(3):
            a *= 1.1
            yield a

    kept = []
    for a in grown():
        kept.append(a)
    return sum(np.sum(a**2) for a in kept)


def a_variable_that_the_loop_changes(x):
    s = 1.0

    def scaled():
        for v in x:
            yield v * s

    for v in scaled():
        s = s + v
    return s


def returned_from(x):
    def until_negative():
        for v in x:
            if v < 0:
                return
            yield v * v

    for v in until_negative():
        if v > 0.6:
            return v * x[0]
    return x[1] * sum(until_negative())


def yielded_from(x):
    def both(values):
        yield from values
        yield from (v * v for v in values)
        yield 3 * values[0]

    first, *others = both(x)
    return first * sum(others)


def parameters(x):
    def steps(n, a=2.0, *more, k=1.0, **others):
        n = n + 1
        a *= x[0]
        for i in range(n):
            yield a * i * k + sum(more) * others.get("b", 0.0)

    return sum(steps(3)) + sum(steps(2, x[1], x[2], k=x[3], b=x[0]))


class Tree:
    def __init__(self, value, children=()):
        self.value = value
        self.children = children
        self.seen = 0

    def __iter__(self):
        self.seen += 1
        yield self.value
        for child in self.children:
            yield from child


def of_a_method(x):
    tree = Tree(x[0], [Tree(x[1] * x[2]), Tree(x[2], [Tree(x[3])])])
    s = 0.0
    for v in tree:
        s += v * v * tree.seen
    return s


def called_by_itself(x):
    def orders(items):
        if len(items) < 2:
            yield items
        for i in range(len(items) if len(items) > 1 else 0):
            for rest in orders(items[:i] + items[i + 1 :]):
                yield [items[i], *rest]

    return sum(x[a] * x[b] ** 2 for a, b, _ in orders([0, 1, 2]))


def beside_others(x):
    s = 0.0
    for k, y in enumerate(newton(x[3] + 1), 2):
        s += k * y
        if k > 4:
            break
    for k, y in zip(range(3), newton(x[3] + 2)):
        s += y * k
    for y, v, i in zip(positive(x), x, range(2)):
        s += y * v + i
    return s


def parts_of_them(x):
    a = sum(itertools.islice(newton(x[3] + 1), 3))
    b = sum(itertools.takewhile(lambda v: v < 1, squares(x)))
    c = sum(itertools.accumulate(positive(x)))
    d = sum(itertools.chain(positive(x), squares(x)))
    return a * b + c * d + sum(map(np.sin, positive(x))) + next(newton(x[3] + 1))


def beside_what_it_writes(x):
    y = x.copy()

    def doubled():
        for i in range(len(y)):
            y[i] *= 2
            yield i

    return sum(v * v * (i + 1) for v, i in zip(y, doubled()))


def beside_what_it_takes_from(x):
    y = list(x)

    def taken():
        while y:
            yield y.pop()

    return sum(a * b for a, b in zip(y, taken()))


class Doubled:
    def of(self, values):
        for v in values:
            yield v * 2


class Squared(Doubled):
    def of(self, values):
        for v in super().of(values):
            yield v**2


def of_the_class_above(x):
    s = 1.0
    for v in Squared().of(x):
        s = s * 0.5 + v
    return s * sum(Squared().of(x))


def no_list(x):
    try:
        v = squares(x)[0]
    except TypeError:
        v = x[1]
    return v * x[0] * (1 if hasattr(squares(x), "send") else 2)


def left_out_in_front(x):
    it = iter([*x, *x])
    s = sum(itertools.islice(it, 3, 1))
    return s + sum(v * (i + 1) for i, v in enumerate(it))


def to_the_end(x):
    it, s = iter(x), 0.0
    for v in itertools.islice(it, None):
        s += v
        if s > 0.4:
            break
    return s**2 * (sum(itertools.islice(it, None, 2)) + 1) + sum(it)


def nobody_asks(x):
    def failing():
        yield 1 / 0

    unused = failing()
    return np.sum(x * x) if unused is not None else 0.0


def gone_on_with(x):
    it = squares(x)
    return next(it) * sum(it)


PROGRAMS = [
    gone_on_with,
    *(of_a_module, nested_and_captured, without_end, all_of_them, one_after_another),
    *(what_happens_when, both_write, one_array_again_and_again, returned_from, yielded_from),
    *(a_variable_that_the_loop_changes, parameters, of_a_method, called_by_itself),
    *(beside_others, parts_of_them, nobody_asks, beside_what_it_writes, no_list),
    *(beside_what_it_takes_from, of_the_class_above, left_out_in_front, to_the_end),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def roots(values):
    for v in values:
        if v < 0:
            raise ValueError("negative")
        yield np.sqrt(v)


def left_before(x):
    for v in roots(x):
        if v > 0.5:
            return v
    return x[0]


def test_an_error_when_its_turn_comes():
    x = np.array([0.8, -0.3])
    np.testing.assert_allclose(grad(left_before)(x), [0.5 / np.sqrt(0.8), 0.0])
    for function in (left_before, grad(left_before)):
        with pytest.raises(ValueError, match="negative"):
            function(np.array([0.1, -0.3]))


def test_the_text():
    text = grad(of_a_module).lower(POINTS[0]).source
    assert "for j in range(i):" in text
    assert "pairs" not in text.split('"""', 2)[2].split("# Backward")[0]


def in_a_try(x):
    def closing():
        try:
            yield x[0]
        finally:
            pass

    return sum(closing())


def sent(x):
    def asking():
        a = yield x[0]
        yield a

    return sum(asking())


def taken_one_by_one(x):
    return sum(a * b for a, b in zip(newton(x[3]), newton(x[3] + 1)))


def endless(x):
    def deeper(n):
        yield x[0]
        yield from deeper(n + 1)

    for v in deeper(0):
        if v > 0:
            return v
    return 0.0


def ends_within(x):
    def doubled():
        it = iter(x)
        while True:
            yield next(it) * 2

    return sum(doubled())


REFUSED = {
    ends_within: "beside .* a 'next' whose StopIteration nothing catches",
    in_a_try: "in a 'try' or 'with'",
    sent: "'yield' as a value",
    taken_one_by_one: "perhaps without end",
    endless: "goes on in itself",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(POINTS[0])
