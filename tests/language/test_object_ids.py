"""``id(x)``: of what is there when the program runs, and refused of all else."""

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad


class Owner:
    def __init__(self, value):
        self.value = value


def of_arguments(x, y):
    return x[0] * 3.0 if id(x) == id(y) else x[0]


def of_lists(x):
    a, b = [x[0]], [x[0]]
    return x[0] * 3.0 if id(a) == id(b) else x[0]


def of_seen_lists(x):
    a, b = [x[0]], [x[0]]
    return x[0] * 3.0 if id(b) in {id(a)} else x[0]


def of_tuples(x):
    a, b = (x[0],), (x[0],)
    return x[0] * 3.0 if id(a) == id(b) else x[0]


def of_objects(x):
    a, b = Owner(x[0]), Owner(x[0])
    return x[0] * 3.0 if id(a) == id(b) else x[0]


def of_results(x):
    a, b = x[0] + 1.0, x[0] + 1.0
    return x[0] * 3.0 if id(a) == id(b) else x[0]


def of_methods(x):
    return x[0] * 3.0 if id(x.copy) == id(x) else x[0]


@pytest.mark.parametrize(
    "f", [of_lists, of_seen_lists, of_tuples, of_objects, of_results, of_methods]
)
def test_what_the_program_makes_has_no_id(f):
    with pytest.raises(AliasingError, match="id") as caught:
        grad(f)([1.0, 2.0])
    assert "a is b" in caught.value.hint


def test_containers_that_are_differentiated_have_none():
    with pytest.raises(AliasingError, match="id"):
        grad(of_arguments)([1.0, 2.0], [1.0, 2.0])


def test_arrays_that_the_program_makes_have_none():
    def f(x):
        a, b = x * 2.0, x * 2.0
        return x[0] * 3.0 if id(a) == id(b) else x[0]

    with pytest.raises(AliasingError, match="id"):
        grad(f)(np.ones(2))


def both(x, y, d, o):
    known = {1: 1.0}
    factor = 2.0 if id(d) == id(o) else known[1]
    return np.sum(x) * factor * (3.0 if id(x) == id(y) else 1.0)


def test_what_was_given_has_the_id_that_it_has_in_the_function():
    x, d = np.ones(2), {"a": [1.0]}
    owner = Owner(d)
    for args in ((x, x, d, d), (x, x.copy(), d, {"a": [1.0]}), (x, x, owner, owner), (x, x, d, [])):
        value, slopes = value_and_grad(both)(*args)
        assert value == both(*args)
        assert np.array_equal(slopes, np.full(2, value / 2))


def test_an_array_that_is_written_keeps_its_id():
    def f(x, known):
        x[0] = x[1] * 2.0
        return np.sum(x) * (3.0 if id(x) == known else 1.0)

    x = np.array([1.0, 2.0])
    assert np.array_equal(grad(f)(x, id(x)), [0.0, 9.0])
