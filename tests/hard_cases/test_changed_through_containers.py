"""What a call changes one call further on is found through what holds it.

Loops over what methods of dicts give, over pairs, over copies and over containers of the user's
own lead to objects from outside, and so do functions that libraries call with them.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad

X = np.array([1.0, 2.0, 3.0])


class Layer:
    """A part of a model, with a number that calls change."""

    gain = 1.0

    def set(self, gain: float) -> None:
        self.gain = gain


class Net:
    """A model that gives its layers by its own methods."""

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = layers

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, i: int) -> Layer:
        return self.layers[i]


class Proxy:
    """What has the attributes of another object."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


class Switch:
    """A truth and an index that changes the layer when it is asked for."""

    def __bool__(self) -> bool:
        layer.gain = 5.0
        return True

    def __index__(self) -> int:
        layer.gain = 5.0
        return 0


layer = Layer()
proxy, switch = Proxy(layer), Switch()
net = Net([layer])
LAYERS = {"a": layer}
LIST = [layer]
BY_LAYER = {layer: 1.0}
GAINS = {"gain": 5.0}
W = np.ones(3)
ARRAYS = {"w": W}
lock = threading.RLock()
CHANGING: list[Callable[[], Any]] = []


def changing(change: Callable[[], Any]) -> Callable[[], Any]:
    CHANGING.append(change)
    return change


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    vars(layer).clear()
    W[:] = 1.0


# --- what library calls give ----------------------------------------------------------------------


@changing
def values_of_a_dict():
    for each in LAYERS.values():
        each.gain = 5.0


@changing
def items_of_a_dict():
    for _name, each in LAYERS.items():
        setattr(each, "gain", 5.0)


@changing
def keys_of_a_dict():
    for each in BY_LAYER.keys():
        each.gain = 5.0


@changing
def with_their_numbers():
    for _i, each in enumerate(LIST):
        each.gain = 5.0


@changing
def with_their_numbers_and_others():
    for _i, (each, gain) in enumerate(zip(LIST, [5.0])):
        each.set(gain)


@changing
def a_list_of_values():
    [each for each in LAYERS.values()][0].gain = 5.0


@changing
def a_dict_of_items():
    {name: each for name, each in LAYERS.items()}["a"].gain = 5.0


@changing
def a_dict_of_pairs():
    dict([("a", layer)])["a"].gain = 5.0


@changing
def the_first_item():
    _name, each = next(iter(LAYERS.items()))
    each.gain = 5.0


@changing
def the_first_of_a_list_of_items():
    list(LAYERS.items())[0][1].gain = 5.0


@changing
def chained():
    for each in itertools.chain.from_iterable([LIST, LIST]):
        each.gain = 5.0


def configure(**options):
    for name, value in options.items():
        setattr(layer, name, value)


def configure_texts(**options):
    for name in options:
        setattr(layer, name, options[name])


@changing
def by_options():
    configure(gain=5.0)


@changing
def by_spread_options():
    configure(**GAINS)


@changing
def by_options_that_are_texts():
    configure_texts(gain="much")


@changing
def by_a_name_in_small_letters():
    setattr(layer, "GAIN".lower(), 5.0)


@changing
def by_a_part_of_a_name():
    setattr(layer, "the gain"[4:], 5.0)


@changing
def a_spread_dict():
    {**LAYERS}["a"].gain = 5.0


@changing
def a_copy_of_a_dict():
    LAYERS.copy()["a"].gain = 5.0


@changing
def a_lambda_that_a_library_calls():
    list(map(lambda each: each.set(5.0), LIST))


@changing
def a_lambda_that_folds():
    functools.reduce(lambda _, each: each.set(5.0), LIST, None)


@changing
def a_nested_function_that_a_library_calls():
    def key(each):
        each.gain = 5.0
        return 1.0

    sorted(LIST, key=key)


@changing
def a_container_of_the_users():
    for each in net:
        each.gain = 5.0


@changing
def an_item_of_a_container_of_the_users():
    net[0].gain = 5.0


@changing
def by_a_proxy():
    proxy.set(5.0)


@changing
def by_a_truth():
    if switch:
        pass


@changing
def by_an_asserted_truth():
    assert switch


@changing
def by_a_truth_of_two():
    return switch and 1


@changing
def by_an_index():
    return [1.0][switch]


@changing
def by_a_method_whose_name_is_put_together():
    getattr(layer, "s" + "et")(5.0)


@changing
def by_a_part_of_setattr():
    functools.partial(setattr, layer)("gain", 5.0)


def by_lock(change: Callable[[], Any]) -> Callable[[], Any]:
    def outer():
        with lock:
            change()

    return outer


@pytest.mark.parametrize("change", CHANGING, ids=lambda f: f.__name__)
def test_what_is_changed_is_not_read_after_it(change):
    outer = by_lock(change)

    def f(x):
        outer()
        return np.sum(x * x) * layer.gain

    with pytest.raises(UnsupportedSyntaxError, match=r"changes .* Layer.*read after"):
        value_and_grad(f)(X)
    assert not vars(layer), "nothing has run"


@pytest.mark.parametrize("change", CHANGING, ids=lambda f: f.__name__)
def test_what_is_changed_is_read_before_it(change):
    outer = by_lock(change)

    def f(x):
        y = np.sum(x * x) * layer.gain
        outer()
        return y

    value, gradient = value_and_grad(f)(X)
    np.testing.assert_allclose(value, np.sum(X**2))
    np.testing.assert_allclose(gradient, 2 * X)
    assert "gain" in vars(layer)


def scaled_items():
    for _name, array in ARRAYS.items():
        array *= 3.0


def scaled_pairs():
    for _i, array in enumerate(ARRAYS.values()):
        array[0] = 3.0


@pytest.mark.parametrize("change", [scaled_items, scaled_pairs], ids=lambda f: f.__name__)
def test_an_array_of_a_dict_is_not_written_after_it_is_read(change):
    outer = by_lock(change)

    def f(x):
        y = np.sum(W * x * x)
        outer()
        return y

    with pytest.raises(AliasingError, match="writes into an array that is read before"):
        value_and_grad(f)(X)
    np.testing.assert_array_equal(W, 1.0)


def sums_of_pairs():
    total = 0.0
    for i, (a, b) in enumerate(zip(W, W)):
        t = a
        t += b
        total += t * i
    return total


def counts_in_a_new_dict():
    counts = {name: 0 for name in LAYERS}
    for name in LAYERS.keys():
        counts[name] += 1
    for name, count in counts.items():
        count += len(name)


def takes_by_name():
    table = {"a": 1.0, "b": 2.0}
    return [v for k, v in sorted(table.items()) if k]


@pytest.mark.parametrize(
    "call", [sums_of_pairs, counts_in_a_new_dict, takes_by_name], ids=lambda f: f.__name__
)
def test_what_is_taken_apart_may_be_new(call):
    outer = by_lock(call)

    def f(x):
        y = np.sum(W * x * x) * layer.gain
        outer()
        return y * layer.gain

    np.testing.assert_allclose(value_and_grad(f)(X)[1], 2 * X)
