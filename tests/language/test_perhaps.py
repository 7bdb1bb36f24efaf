"""Names that are None or a container, or an object, depending on data."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import AliasingError, SrcgradError, UnknownTypeError
from srcgrad.testing import check_grads
from tests.slopes import check_slope

POINTS = np.random.default_rng(5).normal(size=(12, 4))
PROGRAMS: list[Callable[..., Any]] = []
RAISING: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f):
    PROGRAMS.append(f)
    return f


def raising(f):
    RAISING.append(f)
    return f


def refused(f):
    REFUSED.append(f)
    return f


class Ball:
    def __init__(self, u, v):
        self.u = u
        self.v = v

    def area(self):
        return self.u * self.v


@dataclass
class Disc:
    u: float
    v: float

    def area(self):
        return self.u * self.v


class Hit(NamedTuple):
    t: float
    n: float


class Vector:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __add__(self, other):
        return Vector(self.a + other.a, self.b + other.b)

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return self.a if i == 0 else self.b

    def __call__(self, y):
        return self.a * y


class Seen:
    def __init__(self):
        self.best, self.count = None, 0

    def see(self, t, o):
        self.count += 1
        if self.best is None or t < self.best[0]:
            self.best = (t, o)


class Sign:
    def __init__(self, u):
        self.u = u

    def __bool__(self):
        return self.u > 0


def hit(o, d):
    disc = (o * d) ** 2 - (o * o - 1)
    if disc < 0:
        return None
    return -o * d - np.sqrt(disc), o * d


def pair(x):
    return (x[0], x[1]) if x[0] > 0 else None


def items(x):
    return [x[0], x[1]] if x[0] > 0 else None


def table(x):
    return {"a": x[0], "b": x[1]} if x[0] > 0 else None


def positive(t):
    if t < 0:
        raise ValueError("negative")
    return t * t


def ball(x):
    if x[0] > 0:
        return Ball(x[0], x[1])
    if x[1] > 0:
        return Ball(x[2], x[1])
    return None


# --- tests of it ----------------------------------------------------------------------------------


@program
def skipped(x):
    s = 0.0
    for i in range(len(x)):
        h = hit(x[i], 0.8)
        if h is None:
            continue
        t, n = h
        s += t * n
    return s


@program
def two_tests(x):
    s = 0.0
    for i in range(len(x)):
        h = hit(x[i], 0.8)
        if h:
            t, n = h
            s += t * n
        if h is not None and h[0] > 0:
            s += h[1] ** 2
    return s


@program
def in_either_arm(x):
    o = ball(x)
    if o is None:
        return x[3] ** 2
    return o.area() * x[3]


@program
def not_tested_by_is(x):
    o = ball(x)
    if not o:
        return 0.0 * x[0]
    o.u = o.u * 2
    return o.area()


@program
def with_a_default(x):
    a, b = pair(x) or (x[2] * x[1], x[3])
    return a * b


@program
def replaced_where_none(x):
    h = pair(x)
    if h is None:
        h = (x[2], x[3])
    return h[0] * h[1]


@program
def of_two(x):
    a = pair(x)
    b = (x[1], x[2]) if x[1] > 0 else None
    c = a if b is None else b
    if c is None:
        return x[3] * x[0]
    return c[0] * c[1] * x[3]


@program
def both_or_one(x):
    p, q = pair(x), pair(x[2:])
    if p is None and q is None:
        return x[1]
    if p is None:
        return q[0] * x[1]
    if q is not None:
        return p[0] * q[1]
    return p[1] ** 2


@program
def none_or_small(x):
    p = pair(x)
    if p is None or p[1] < 0.1:
        return x[2] * x[1]
    return p[0] * p[1]


@program
def kept_test(x):
    o = ball(x)
    has = o is not None
    s = np.sum(x * x)
    if has:
        s += o.u
    if has and x[2] > 0:
        s *= o.v
    if not has or x[3] > 0:
        s *= 2
    return s + 3 * has


@program
def by_its_class(x):
    o = ball(x)
    if isinstance(o, Ball):
        return o.u * x[1]
    return x[0] * x[1]


@program
def one_inside_of_the_other(x):
    a = (x[0], None if x[1] > 0 else (x[2], x[3])) if x[0] > 0 else None
    if a is not None:
        u, w = a
        if w is not None:
            return u * w[0] * w[1]
        return u * x[1]
    return x[1] * x[2]


@program
def made_none_again(x):
    p = pair(x)
    t = p[0] if p is not None else 0.0
    if p is not None:
        t += p[1]
        p = None
    if p is None:
        t *= 2
    return t


@program
def which_object(x):
    first, second = Ball(x[0], x[1]), Ball(x[2], x[3])
    best = second if x[0] > x[1] else None
    if best is first:
        return x[0]
    return best.u if best is second else first.u


# --- where it goes --------------------------------------------------------------------------------


@program
def through_functions(x):
    def moved(o, y):
        if o is None:
            return None
        return Hit(o.u * y, o.v)

    p = moved(ball(x), x[3])
    q = moved(None if p is None else Ball(p.t, p.n), x[0])
    s = np.sum(x)
    if p is not None and q is not None:
        s = s + p.t * q.n + q.t
    return s


@program
def captured(x):
    o = ball(x)

    def inner(y):
        return y if o is None else o.u * y

    return inner(x[2]) * inner(x[3])


@program
def in_a_cell(x):
    h = pair(x)

    def inner(y):
        return y if h is None else h[0] * y

    s = inner(x[2])
    if x[1] > 0:
        h = None
    return s + inner(x[3])


@program
def in_containers(x):
    d = {"h": ball(x), "k": x[0]}
    kept = [pair(x), (x[2], x[3])]
    kept.append(pair(x[::-1]))
    s = d["h"].u if d["h"] is not None else d["k"]
    for p in kept:
        if p is not None:
            s += p[0] * p[1]
    return s


@program
def in_a_comprehension(x):
    found = [None if x[i] < 0 else (x[i], x[i] ** 2) for i in range(4)]
    return sum([p[0] * p[1] for p in found if p is not None]) * 1.0


@program
def in_an_attribute(x):
    seen = Seen()
    for i in range(len(x)):
        if x[i] > 0:
            seen.see(x[i], x * x[i])
    if seen.best is None:
        return x[0] * seen.count
    return seen.best[0] * np.sum(seen.best[1]) * seen.count


@program
def changed_under_another_name(x):
    o = Ball(x[0], x[1])
    best = o if x[2] > 0 else None
    if best is not None:
        best.u = best.u * x[3]
    return o.u * o.v


@program
def array_in_it_is_written(x):
    y = x * 2.0
    h = (y, x[0]) if x[0] > 0 else None
    if h is not None:
        h[0][1] = x[2] * x[2]
    return np.sum(y * y)


@program
def recursion_that_ends(x):
    def follow(k, h):
        if k == 0:
            return x[0] if h is None else h[0]
        return follow(k - 1, (x[k], x[k]) if x[k] > 0 else None) * x[1]

    return follow(3, None)


@program
def caught(x):
    try:
        h = positive(x[1]), x[2]
    except ValueError:
        h = None
    return x[3] if h is None else h[0] * h[1]


@program
def closest_of_a_list(x):
    discs = [Disc(x[0], x[1]), Disc(x[1], x[2]), Disc(x[2], x[3])]
    best_t, best = np.inf, None
    for o in discs:
        t = o.u**2 + 0.1
        if t < best_t and o.v > 0:
            best_t, best = t, o
    return 0.0 * x[0] if best is None else best_t * best.v


# --- loops that stay loops ------------------------------------------------------------------------


@program
def best_so_far(x, n=4):
    best = None
    k = 0
    while k < n:
        if x[k] > 0:
            p = (x[k], x * x[k])
            if best is None or p[0] > best[0]:
                best = p
        k += 1
    if best is None:
        return np.sum(x)
    return best[0] * np.sum(best[1])


@program
def forgotten_and_found_again(x, n=4):
    h, s, k = None, 0.0, 0
    while k < n:
        if h is not None:
            s += h[0] * x[k]
            if s > 0.5:
                h = None
        elif x[k] > 0:
            h = (x[k] ** 2, x * x[k])
            s += np.sum(h[1])
        k += 1
    return s


@program
def the_one_before(x, n=4):
    prev, best, s, k = None, None, 0.0, 0
    while k < n:
        prev = best
        if x[k] > 0:
            best = (x[k], x * 2)
        if prev is not None:
            s = s + prev[0] * x[k] + np.sum(prev[1])
        k += 1
    if best is None:
        return s
    return s + best[0] ** 2


@program
def until_none(x):
    h, k, s = (x[0], x[1]), 0, 0.0
    while h is not None:
        s = s + h[0] * h[1]
        k += 1
        h = (h[0] * x[k], h[1] + x[k]) if k < 3 and h[0] > -1 else None
    return s


@program
def searched(x, n=4):
    def search(k):
        while k < n:
            if x[k] < 0:
                return x[k], x * x[k]
            k += 1
        return None

    r = search(0)
    if r is None:
        return np.sum(x**2)
    s = search(1)
    if s is None:
        return r[0] * 3
    return r[0] * np.sum(s[1])


@program
def broken_off(x, n=4):
    found, k = None, 0
    while k < n:
        if x[k] < 0:
            found = {"v": x[k], "w": x * x[k]}
            break
        k += 1
    else:
        return np.sum(x**2)
    return found["v"] * np.sum(found["w"])


@program
def loop_in_a_loop(x, n=4):
    k, s, a = 0, 0.0, None
    while k < n:
        for j in range(n):
            if x[j] > x[k]:
                a = Disc(x[j], x[k])
                break
        else:
            a = None
        if a is not None:
            s += a.area()
        k += 1
    return s


@program
def two_flags(x, n=4):
    k, s, a, b = 0, 0.0, None, None
    while k < n:
        if x[k] > 0.5:
            a = (x[k], b) if b is not None else (x[k], None)
        elif x[k] > 0:
            b = (x[k] ** 2,)
        else:
            a, b = None, None
        if a is not None and a[1] is not None:
            s += a[0] * a[1][0]
        elif a:
            s += a[0]
        k += 1
    return s


@program
def arrays_of_any_length(x, n=4):
    k, best = 0, None
    while k < n:
        y = x[x > x[k]]
        if len(y) > 1:
            best = (y * y, x[k])
        k += 1
    if best:
        return np.sum(best[0]) * best[1]
    return x[0]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    for x in POINTS:
        check_slope(f, x)


def test_more_trips_than_are_unrolled():
    def f(x):
        best = None
        for i in range(len(x)):
            p = (x[i], x[i] ** 2)
            if x[i] > 0 and (best is None or p[0] > best[0]):
                best = p
        if best is None:
            return np.sum(x)
        return best[0] * best[1]

    x = np.random.default_rng(3).normal(size=300)
    expected = np.zeros(300)
    expected[np.argmax(x)] = 3 * np.max(x) ** 2
    np.testing.assert_allclose(grad(f)(x), expected)
    np.testing.assert_allclose(grad(f)(-np.abs(x)), np.ones(300))


@pytest.mark.parametrize("kind", [Ball, Disc])
def test_objects_from_outside(kind):
    def f(x, objs):
        best_t, best = np.inf, None
        for o in objs:
            t = o.u**2 + 0.1 * x[0]
            if t < best_t:
                best_t, best = t, o
        return 0.0 if best is None else best_t * best.v

    objs = [kind(1.0, 2.0), kind(0.5, 3.0)]
    np.testing.assert_allclose(grad(f)(np.array([1.0]), objs), [0.3])
    if kind is Disc:
        (first, second) = grad(f, argnums=1)(np.array([1.0]), objs)
        assert (first.u, first.v) == (0.0, 0.0)
        np.testing.assert_allclose((second.u, second.v), (3.0, 0.35))


# --- exceptions -----------------------------------------------------------------------------------


@raising
def attribute(x):
    return ball(x).area()


@raising
def attribute_twice(x):
    o = ball(x)
    s = o.u
    o.u = s + o.v
    return o.area()


@raising
def element(x):
    return pair(x)[0] * x[1]


@raising
def unpacked(x):
    a, b = pair(x)
    return a * b


@raising
def iterated(x):
    s = 0.0
    for t in pair(x):
        s += t * t
    return s


@raising
def generated(x):
    return sum(t * t for t in pair(x))


@raising
def zipped(x):
    return sum([a * b for a, b in zip(pair(x), (x[2], x[3]), strict=True)])


@raising
def largest(x):
    return max(pair(x)) * 1.0


@raising
def counted(x):
    return len(pair(x)) * x[0]


@raising
def looked_up(x):
    return x[2] if "a" in table(x) else x[3]


@raising
def assigned(x):
    p = items(x)
    p[0] = x[1]
    p.append(x[2])
    return p[0] * p[2]


@raising
def attribute_assigned(x):
    o = ball(x)
    o.u = x[2]
    return o.u * o.v


@raising
def called(x):
    return (Vector(x[0], x[1]) if x[0] > 0 else None)(x[2])


@raising
def added_to(x):
    v = (Vector(x[0], x[1]) if x[0] > 0 else None) + Vector(x[2], x[3])
    return v.a * v.b


@raising
def joined(x):
    p = (x[2],) + pair(x)
    return p[0] * p[2]


@raising
def joined_in_front(x):
    p = pair(x) + (x[2],)
    return p[0] * p[2]


@raising
def after_an_assertion(x):
    o = ball(x)
    assert o is not None, "nothing"
    return o.area()


@raising
def after_raising(x):
    o = ball(x)
    if o is None:
        raise ValueError("nothing")

    def inner():
        return o.u * 2

    return o.area() * inner()


@raising
def best_of_a_loop(x, n=4):
    best, k = None, 0
    while k < n:
        p = (x[k] ** 2, x[k])
        if x[k] > 0.8 and (best is None or p[0] > best[0]):
            best = p
        k += 1
    return best[0] * best[1]


@raising
def in_a_branch(x):
    p = pair(x)
    if x[1] > 0:
        return p[0] * 2
    return x[0] if p is None else p[1]


@pytest.mark.parametrize("f", RAISING, ids=lambda f: f.__name__)
def test_exceptions(f):
    outcomes = set()
    for x in POINTS:
        try:
            f(x)
        except Exception as error:
            lines = str(error).splitlines()  # pytest adds some to those of assertions
            with pytest.raises(type(error), match=f"^{re.escape(lines[0])}"):
                value_and_grad(f)(x)
            outcomes.add("raised")
        else:
            check_slope(f, x)
            outcomes.add("gave")
    assert len(outcomes) == 2


# --- what has to be tested first ------------------------------------------------------------------


@refused
def returned(x):
    return pair(x)


@refused
def given_to_numpy(x):
    return np.sum(pair(x))


@refused
def printed(x):
    print(pair(x))
    return x[0]


@refused
def formatted(x):
    return x[0] if f"{pair(x)}" else x[1]


@refused
def compared_with_none(x):
    return x[0] if pair(x) == None else x[1]  # noqa: E711


@refused
def compared(x):
    return x[0] if pair(x) == (1.0, 2.0) else x[1]


@refused
def asked_for_its_class(x):
    return x[0] if type(pair(x)) is tuple else x[1]


@refused
def attribute_with_a_default(x):
    return getattr(ball(x), "u", 0.0) * x[1]


@refused
def asked_for_an_attribute(x):
    return x[0] if hasattr(ball(x), "u") else x[1]


@refused
def made_an_array(x):
    return np.sum(np.array([pair(x), pair(x)]))


@refused
def copied(x):
    return copy.copy(ball(x)).u


@refused
def copied_deeply(x):
    return copy.deepcopy([ball(x)])[0].u


@refused
def in_a_growing_list(x):
    found = []
    for _ in x[x > 0]:
        found.append(pair(x))
    return len(found) * x[0]


@refused
def as_an_index(x):
    return np.sum(x[pair(x)])


@refused
def one_of_two(x):
    return x[0] if pair(x) is pair(x) else x[1]


@refused
def in_an_exception(x):
    raise ValueError(pair(x))


@refused
def starred(x):
    return (lambda *a: a[0] * a[1])(*pair(x))


@refused
def double_starred(x):
    return (lambda a, b: a * b)(**table(x))


@refused
def of_a_class_with_a_truth(x):
    return x[0] if (Sign(x[0]) if x[1] > 0 else None) else x[1]


@program
def two_classes(x):
    h = ball(x) or Disc(x[0], x[1])
    return h.u


@refused
def endless_recursion(x):
    def halved(y, h):
        if y < 1.0:
            return y if h is None else h[0] * y
        return halved(y / 2, (y, y) if x[1] > 0 else None) * x[1]

    return halved(x[0] * x[0] * 10, None)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(SrcgradError) as error:
        grad(f)(POINTS[0])
    assert error.value.loc is not None
    assert error.value.hint


def test_what_to_do_about_it():
    with pytest.raises(UnknownTypeError) as error:
        grad(of_a_class_with_a_truth)(POINTS[0])
    assert "depending on data" in error.value.message

    def f(x):
        h = pair(x)
        return np.sum(h)

    with pytest.raises(UnknownTypeError) as error:
        grad(f)(POINTS[0])
    assert error.value.message == "h is None or not here, depending on data"
    assert error.value.hint == "test it first: if h is not None"


def changing_what_was_found(x, n):
    k, best = 0, None
    while k < n:
        if x[k] > 0:
            if best is None:
                best = [x[k], 1.0]
            else:
                best[0] = best[0] * x[k]
        k += 1
    return best[0] if best is not None else x[0]


def test_one_of_two_lists_is_changed_where_the_loop_can_be_unrolled():
    for n in (0, 1, 3):
        check_grads(changing_what_was_found, (POINTS[0], n), argnums=0)


def test_one_of_two_lists_is_not_changed():
    with pytest.raises(AliasingError):
        grad(lambda x: changing_what_was_found(x, int(np.sum(x > 0))))(POINTS[0])
