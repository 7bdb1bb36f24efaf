"""Texts in statements that are too long for a line."""

from __future__ import annotations

import numpy as np

from srcgrad import value_and_grad


class Reading:
    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return f"<{self.value:.2f}>"


def printed(x):
    o = Reading(x[0])
    print(f"{o} {o!r}", o.value, str(o), "a text that makes it", "a long line", end=f"{o}\n")
    return np.sum(x**2)


def several(x):
    if x[0] > 0:
        text = f"{Reading(x[1])}\n{Reading(x[0])}\t{x[0] * 2:.3f} and more, so that it is long\n\n"
        print(text, Reading(x[0] * x[1]), Reading(x[1]), Reading(x[1] + 1), sep="'\"\n", end="\n\n")
    return np.sum(x**2)


def test_the_same_is_printed(capsys):
    """No indentation gets into a string that ends a line."""
    x = np.array([1.0, 2.0])
    for f in (printed, several):
        f(x)
        want = capsys.readouterr().out
        value_and_grad(f)(x)
        assert capsys.readouterr().out == want
