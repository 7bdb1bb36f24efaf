"""``try: v = next(it)`` and ``except StopIteration``: iterators that are asked until they end."""

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


def left_by_a_break(x):
    it, s = iter(x), 0.0
    while True:
        try:
            v = next(it)
        except StopIteration:
            break
        s += v * v
    return s


def left_by_a_return(x):
    it, s = iter([x[0], x[1] * x[2], np.sin(x[0])]), 0.0
    while True:
        try:
            v = next(it)
        except StopIteration:
            return s
        s += np.sin(v) * s + v


def a_value_instead(x):
    it, s = iter(x), 0.0
    for i in range(6):
        try:
            v = next(it)
        except StopIteration as error:
            v = x[0] + len(error.args)
        s += v * v * (i + 1)
    return s


def with_else_and_finally(x):
    it, s, n = iter(x), 0.0, 0
    for _ in range(6):
        try:
            v = next(it)
        except StopIteration:
            n += 1
        else:
            s += v * v
        finally:
            n += 2
    return s * n


def a_condition_and_what_is_left(x):
    it = (v * v for v in x if v > 0.5)
    try:
        first = next(it)
    except StopIteration:
        return x[0]
    return first * sum(it) + first


def computed_until_it_ends(x):
    it, s = map(np.sin, x), 0.0
    while True:
        try:
            v = next(it)
        except StopIteration:
            break
        s += v * (s + 1)
    return s


def pairs(x):
    it, s = zip(x, x[::-1]), 0.0
    while True:
        try:
            a, b = next(it)
        except StopIteration:
            break
        s += a * b * b
    return s


def one_in_the_other(x):
    it, others, s = iter(x), (v * v for v in x if v > 0.5), 0.0
    while True:
        try:
            v = next(it)
            try:
                w = next(others)
            except StopIteration:
                w = x[1]
        except StopIteration:
            break
        s += v * w
    return s


class Reader:
    def __init__(self, values):
        self.values = iter(values)

    def read(self):
        try:
            return next(self.values)
        except StopIteration:
            return None


def in_a_method(x):
    reader, s = Reader(x), 0.0
    v = reader.read()
    while v is not None:
        s = s * 0.5 + v * v
        v = reader.read()
    return s


def merged(x):
    a, b, out = iter(x[:2]), iter(x[2:]), []
    v, w = next(a), next(b)
    while True:
        if v < w:
            out.append(v)
            try:
                v = next(a)
            except StopIteration:
                out.append(w)
                out.extend(b)
                break
        else:
            out.append(w)
            try:
                w = next(b)
            except StopIteration:
                out.append(v)
                out.extend(a)
                break
    return sum(i * v * v for i, v in enumerate(out))


def caught_with_others(x):
    it, s = iter(x), 0.0
    while True:
        try:
            v = next(it)
        except (StopIteration, ValueError):
            break
        s += v * v
    return s


def written_where_it_is_asked(x):
    it, out, i = iter(x), np.zeros(len(x)), 0
    while True:
        try:
            out[i] = next(it) ** 2
            i += 1
        except StopIteration:
            break
    return np.sum(out**2)


def pairs_or_one_more(x):
    it, s = iter(x), 0.0
    while True:
        try:
            a = next(it)
        except StopIteration:
            break
        try:
            b = next(it)
            s += a * b
        except StopIteration:
            s += 3 * a
    return s


PROGRAMS = [
    pairs_or_one_more,
    *(left_by_a_break, left_by_a_return, a_value_instead, with_else_and_finally, in_a_method),
    *(a_condition_and_what_is_left, computed_until_it_ends, pairs, one_in_the_other, merged),
    *(caught_with_others, written_where_it_is_asked),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def test_the_text():
    text = grad(left_by_a_break).lower(POINTS[0]).source
    assert "StopIteration" not in text
    assert "left = _at < len(x)" in text


def checked(v):
    if v < 0.5:
        raise ValueError("too small")
    return v * v


def computing_raises(x):
    it, s = (checked(v) for v in x), 0.0
    while True:
        try:
            v = next(it)
        except StopIteration:
            break
        s += v
    return s


def test_another_error_is_not_caught():
    x = np.array([0.8, 1.3])
    np.testing.assert_allclose(grad(computing_raises)(x), 2 * x)
    for function in (computing_raises, grad(computing_raises)):
        with pytest.raises(ValueError, match="too small"):
            function(POINTS[0])


def something_else_may_stop(x):
    it, s = iter(x), 0.0
    while True:
        try:
            v = next(it)
            if v < 0:
                raise StopIteration
            s += v
        except StopIteration:
            break
    return s + sum(it)


def test_what_else_may_stop_is_refused():
    with pytest.raises(UnsupportedSyntaxError, match="before something that may raise"):
        grad(something_else_may_stop)(POINTS[0])
