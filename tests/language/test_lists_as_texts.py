"""``"%s" % items``: a list is one value there, as it prints, and no array."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad

X = np.array([0.5, -1.0, 2.0, -0.3])


def of_lists(x):
    rows = []
    for v in x:
        if v > 0:
            rows.append([1])
        elif rows:
            rows[-1].append(2)
    print("rows: %s" % rows)
    return np.sum(x)


def of_integers(x):
    places = []
    for i, v in enumerate(x):
        if v > 0:
            places.append(i)
    print("%s" % places, "%r" % places, "%s at %s" % (len(places), places))
    return np.sum(x)


def of_texts(x):
    names = []
    for v in x:
        names.append("up" if v > 0 else "down")
    print("%s" % names)
    return np.sum(x)


def in_an_error(x):
    found = []
    for v in x:
        if v > 0:
            found.append(v)
    if len(found) > 1:
        raise ValueError("values %s" % found)
    return np.sum(x)


@pytest.mark.parametrize("f", [of_lists, of_integers, of_texts])
def test_what_is_printed(f, capsys):
    f(X)
    expected = capsys.readouterr().out
    value, gradient = value_and_grad(f)(X)
    assert capsys.readouterr().out == expected
    assert value == np.sum(X)
    np.testing.assert_array_equal(gradient, np.ones(4))


def test_in_an_error():
    with pytest.raises(ValueError, match="values") as expected:
        in_an_error(X)
    with pytest.raises(ValueError, match="values") as raised:
        value_and_grad(in_an_error)(X)
    assert str(raised.value) == str(expected.value)
