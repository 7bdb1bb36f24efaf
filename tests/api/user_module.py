"""A module of a user, whose names the tests rebind."""

import functools

import numpy as np

SCALE = 2.0
ARRAY = np.ones(3)


def activation(x):
    return np.tanh(x)


def scaled(x):
    return activation(x) * SCALE


def doubling(f):
    """A decorator whose wrapper reads a global of this module and has the name of another."""

    @functools.wraps(f)
    def wrapper(x):
        return SCALE * f(x)

    return wrapper
