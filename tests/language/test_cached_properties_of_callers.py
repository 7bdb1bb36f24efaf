"""What the caller's objects have kept of a ``cached_property``, or not: finding out which compiled
program fits a call computes nothing, and keeps nothing."""

import functools

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.errors import UnsupportedSyntaxError

X = np.array([1.5, -2.0])


class Layer:
    def __init__(self, w, kept=None):
        self.w = w
        if kept is not None:
            self.__dict__["scale"] = kept

    @functools.cached_property
    def scale(self):
        return self.w * 3


class Answering:
    """It answers for what it does not have, and counts how often it is asked."""

    asked = 0

    def __init__(self, kept=None):
        if kept is not None:
            self.gain = kept

    def __getattr__(self, name):
        if name != "gain":
            raise AttributeError(name)
        Answering.asked += 1
        return 7.0


LAYER = Layer(0.5)


def written_before(x, layer):
    layer.w = 0.9
    return layer.scale * x[0]


def written_before_in_a_list(x, layers):
    layers[0].w = 0.9
    return layers[0].scale * x[0]


def written_before_in_a_global(x):
    LAYER.w = 0.9
    return LAYER.scale * x[0]


def read_in_one_arm(x, layer):
    return layer.scale * x[0] if x[1] > 0 else layer.w * x[0]


@pytest.mark.parametrize("kept", [(1.5, None, 1.5, None), (None, 1.5, None)])
@pytest.mark.parametrize("f", [written_before, written_before_in_a_list])
def test_arguments(f, kept):
    gradient = value_and_grad(f)
    for each in kept:
        ours, theirs = Layer(0.5, each), Layer(0.5, each)
        wrap = (lambda layer: [layer]) if f is written_before_in_a_list else (lambda layer: layer)
        value, slope = gradient(X, wrap(ours))
        assert value == f(X, wrap(theirs))
        assert slope[0] == theirs.scale
        assert vars(ours) == vars(theirs)


def test_globals():
    gradient = value_and_grad(written_before_in_a_global)
    for kept in (1.5, None, 1.5, None):
        vars(LAYER).clear()
        LAYER.__init__(0.5, kept)
        value, _ = gradient(X)
        scale = 0.9 * 3 if kept is None else kept
        assert value == scale * X[0]
        assert vars(LAYER) == {"w": 0.9, "scale": scale}


@pytest.mark.parametrize(
    "f", [read_in_one_arm, lambda x, layer: sum(layer.scale * v for v in x)], ids=["arm", "loop"]
)
def test_computed_first_in_an_arm_or_a_trip_is_refused(f):
    gradient = value_and_grad(f)
    kept = Layer(0.5, 1.5)
    assert gradient(X, kept)[0] == f(X, kept)
    fresh = Layer(0.5)
    with pytest.raises(UnsupportedSyntaxError, match="'scale' is computed and kept") as error:
        gradient(X, fresh)
    assert "read 'scale' once before" in str(error.value)
    assert vars(fresh) == {"w": 0.5}


def test_choosing_between_programs_asks_no_getattr():
    gradient = value_and_grad(lambda x, o: o.gain * x[0])
    assert gradient(X, Answering(2.0))[0] == 3.0
    assert Answering.asked == 0
    for calls in (1, 2):  # nor does compiling: it is asked where the program asks it
        assert gradient(X, Answering())[0] == 7.0 * X[0]
        assert Answering.asked == calls


class Slotted:
    __slots__ = ("__dict__", "gain")
    asked = 0

    def __init__(self, kept=None):
        if kept is not None:
            self.gain = kept

    def __getattr__(self, name):
        if name != "gain":
            raise AttributeError(name)
        Slotted.asked += 1
        return 7.0


def test_nor_for_what_a_slot_has_not():
    gradient = value_and_grad(lambda x, o: o.gain * x[0])
    for _ in range(2):
        assert gradient(X, Slotted(2.0))[0] == 3.0
    with pytest.raises(UnsupportedSyntaxError, match="'__getattr__'"):
        gradient(X, Slotted())
    assert gradient(X, Slotted(2.0))[0] == 3.0
    assert Slotted.asked == 0
