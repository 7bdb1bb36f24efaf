"""Calls of Python's libraries that write other numbers into an array, which nobody would see."""

from __future__ import annotations

import array
import io
import logging
import random
import struct

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.hard_cases.checking import Case

X = np.array([1.2, 1.5, 2.1])


def numbers() -> io.BytesIO:
    return io.BytesIO(np.arange(6.0).tobytes())


def read_into(x, f):
    w = np.zeros(3)
    f.readinto(w)
    s = np.sum(x * w)
    f.readinto(w)
    return s + np.sum(x * w)


def in_a_loop(x, f):
    w = np.zeros(3)
    s = 0.0
    for _ in range(2):
        f.readinto(w)
        s = s + np.sum(x * w)
    return s


def by_a_view(x, f):
    w = np.zeros(3)
    f.readinto(memoryview(w))
    s = np.sum(x * w)
    f.readinto(memoryview(w))
    return s


def packed(x, f):
    w = np.zeros(3)
    struct.pack_into("d", w, 0, 2.0)
    s = np.sum(x * w)
    struct.pack_into("d", w, 0, 3.0)
    return s


def packed_by_a_method(x, f):
    w = np.zeros(3)
    form = struct.Struct("d")
    form.pack_into(w, 0, 2.0)
    s = np.sum(x * w)
    form.pack_into(w, 0, 3.0)
    return s


@pytest.mark.parametrize("f", [read_into, in_a_loop, by_a_view, packed, packed_by_a_method])
def test_filled(f):
    with pytest.raises(UnsupportedSyntaxError, match="writes into an array"):
        grad(f)(X, numbers())


def test_shuffled():
    def by_an_object(x, r):
        w = np.arange(3.0)
        r.shuffle(w)
        s = np.sum(x * w)
        r.shuffle(w)
        return s

    def by_the_module(x):
        w = np.arange(3.0)
        random.shuffle(w)
        s = np.sum(x * w)
        random.shuffle(w)
        return s

    with pytest.raises(UnsupportedSyntaxError, match="'shuffle' writes into an array"):
        grad(by_an_object)(X, random.Random(3))
    with pytest.raises(UnsupportedSyntaxError, match="'shuffle' writes into an array"):
        grad(by_the_module)(X)


def test_made_of_what_was_read():
    def f(x, text):
        source = io.BytesIO(text)
        w = np.frombuffer(source.read(24))
        s = np.sum(x * w)
        w = np.frombuffer(source.read(24))
        return s + np.sum(x**2 * w)

    Case(f, (X, numbers().getvalue())).run()


def shown(x, a):
    w = np.asarray(a)
    s = np.sum(x * w)
    a.reverse()
    return s


def a_part_of_a_buffer(x, a):
    w = np.frombuffer(a)[::-1]
    s = np.sum(x * w)
    a.reverse()
    return s + np.sum(x * w)


def reversed_in_a_loop(x, a):
    s = 0.0
    for i in range(3):
        s = s + np.sum(x * np.asarray(a)) * (i + 1)
        a.append(a.pop(0))
    return s


@pytest.mark.parametrize("f", [shown, reversed_in_a_loop])
def test_shown(f):
    value, x_bar = value_and_grad(f)(X, array.array("d", [1.0, 2.0, 3.0]))
    assert np.isclose(value, f(X, array.array("d", [1.0, 2.0, 3.0])))
    expected = [f(each, array.array("d", [1.0, 2.0, 3.0])) for each in np.eye(3)]  # it is linear
    np.testing.assert_allclose(x_bar, expected)


def test_what_is_not_known_to_be_an_array_is_copied_where_it_is_read():
    value, x_bar = value_and_grad(a_part_of_a_buffer)(X, array.array("d", [1.0, 2.0, 3.0]))
    assert np.isclose(value, a_part_of_a_buffer(X, array.array("d", [1.0, 2.0, 3.0])))
    np.testing.assert_array_equal(x_bar, [4.0, 4.0, 4.0])


def test_copied_or_not_changed():
    def copied(x, a):
        w = np.array(a)
        s = np.sum(x * w)
        a.reverse()
        return s

    def not_changed(x, a):
        w = np.asarray(a)
        logging.getLogger("numbers").info("there are %d", len(w))
        return np.sum(x * w)

    for f in (copied, not_changed):
        value, x_bar = value_and_grad(f)(X, array.array("d", [1.0, 2.0, 3.0]))
        assert np.isclose(value, 10.5)
        np.testing.assert_array_equal(x_bar, [1.0, 2.0, 3.0])
