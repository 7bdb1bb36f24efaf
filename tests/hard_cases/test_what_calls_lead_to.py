"""What a call that is not looked into leads to: methods taken off classes, texts, callbacks, names.

What it changes so, and the function reads afterwards, is refused; where nobody reads it, the
program is compiled.
"""

from __future__ import annotations

import collections
import functools
import operator
import re
import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad

X = np.array([0.3, 0.7, 1.2])
W = np.array([1.0, 2.0, 3.0])
MATRIX = np.ones((3, 3))
lock = threading.RLock()
CONFIG: dict[Any, Any] = {"gain": 2.0, "hits": 0}
SEEN = [1.0]
REFUSED: list[Callable[[], Any]] = []
GOES_ON: list[Callable[[], Any]] = []


class Settings:
    """What a program keeps beside its arrays."""

    def __init__(self) -> None:
        self.gain = 2.0
        self.calls = 0

    def set(self, value: Any) -> None:
        self.gain = value

    @functools.lru_cache
    def set_once(self, value: Any) -> None:
        self.gain = value

    five = functools.partialmethod(set, 5.0)


settings = Settings()
ALL = {"main": settings}
get_set = operator.attrgetter("set")
five = operator.methodcaller("set", 5.0)
view = types.MappingProxyType(ALL)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    CONFIG.clear()
    CONFIG.update(gain=2.0, hits=0)
    vars(settings).update(gain=2.0, calls=0)
    vars(holder).clear()
    SEEN[:] = [1.0]
    W[:] = 1.0, 2.0, 3.0


def refused(does: Callable[[], Any]) -> Callable[[], Any]:
    REFUSED.append(does)
    return does


def goes_on(does: Callable[[], Any]) -> Callable[[], Any]:
    GOES_ON.append(does)
    return does


def program(does: Callable[[], Any]) -> Callable[[Any], Any]:
    """A function that reads what the call may change, before and after it."""

    def called():
        with lock:
            does()

    def f(x):
        y = np.sum(W * x * x) * CONFIG["gain"]
        called()
        return y + CONFIG["gain"] * settings.gain * len(SEEN)

    return f


# --- methods that are taken off something ---------------------------------------------------------


@refused
def by_attrgetter():
    operator.attrgetter("set")(settings)(5.0)


@refused
def by_attrgetter_with_dots():
    operator.attrgetter("main.set")(types.SimpleNamespace(main=settings))(5.0)


@refused
def by_attrgetter_from_outside():
    get_set(settings)(5.0)


@refused
def by_methodcaller_from_outside():
    five(settings)


@refused
def by_itemgetter():
    operator.itemgetter("main")(ALL).gain = 5.0


@refused
def by_the_dict_of_the_class():
    Settings.__dict__["set"](settings, 5.0)


@refused
def by_vars_of_the_class():
    vars(Settings)["set"](settings, 5.0)


@refused
def by_a_view_of_a_dict():
    view["main"].gain = 5.0


@refused
def by_a_cached_method():
    settings.set_once(5.0)


@refused
def by_a_partial_method():
    settings.five()


@refused
def by_a_name_put_together():
    getattr(settings, "s" + "et")(5.0)


class Handing:
    """A descriptor that gives the settings."""

    def __get__(self, owner: Any, cls: Any) -> Settings:
        return settings


class Holder:
    held = Handing()


holder = Holder()


@refused
def by_a_descriptor():
    holder.held.gain = 5.0


@refused
def by_what_an_error_holds():
    try:
        raise KeyError(settings)
    except KeyError as error:
        error.args[0].gain = 5.0


@refused
def by_an_attribute_that_it_has_set():
    holder.current = settings
    holder.current.gain = 5.0


kept: list[Any] = []


@refused
def by_an_element_that_it_has_put_there():
    kept.append(settings)
    kept[-1].gain = 5.0


@refused
def by_a_default_of_a_lambda():
    (lambda one=settings: one.set(5.0))()


@refused
def by_the_last_of_many():
    for each in [*(Settings() for _ in range(3)), settings]:
        each.set(5.0)


# --- texts ----------------------------------------------------------------------------------------


@refused
def by_a_text():
    exec("settings.gain = 5.0")


@refused
def by_a_text_about_globals():
    exec("CONFIG['gain'] = 5.0", globals())


@refused
def by_a_text_with_names_of_its_own():
    exec("one.gain = 5.0", {"one": settings})


@refused
def by_an_expression():
    eval("settings.set(5.0)")


@refused
def by_compiled_code():
    exec(compile("settings.gain = 5.0", "<text>", "exec"))


TEXTS = ["settings.gain = 5.0"]


@refused
def by_a_text_that_nobody_knows():
    exec(" ".join(TEXTS))


@goes_on
def a_text_that_counts():
    exec("settings.calls = 5.0")


@goes_on
def a_text_that_only_reads():
    return eval("settings.gain * 2")


# --- generators -----------------------------------------------------------------------------------


class Setting:
    """An iterable that sets the gain on the way."""

    def __iter__(self) -> Iterator[int]:
        settings.gain = 5.0
        yield 1


setting = Setting()


def setting_on_the_way():
    yield 1
    settings.gain = 5.0


def yielding_from(source):
    yield from source


@refused
def by_a_generator():
    list(setting_on_the_way())


@refused
def by_a_generator_of_a_generator():
    list(yielding_from(setting_on_the_way()))


@refused
def by_yielding_from_an_object():
    list(yielding_from(setting))


@refused
def by_what_a_generator_yields():
    for each in yielding_from(ALL.values()):
        each.gain = 5.0


# --- callbacks ------------------------------------------------------------------------------------


@refused
def by_a_method_that_is_mapped():
    list(map(SEEN.append, [1.0]))


@refused
def by_a_method_of_the_class_that_is_mapped():
    list(map(list.append, [SEEN], [1.0]))


@refused
def by_a_key():
    sorted([3.0], key=SEEN.append)


@refused
def by_what_a_callback_gives():
    list(map(ALL.get, ["main"]))[0].gain = 5.0


@refused
def by_what_a_substitution_calls():
    re.sub("a", lambda found: setattr(settings, "gain", 5.0) or "", "abc")


def handing_out():
    def callback(value):
        settings.gain = value

    return callback


@refused
def by_a_callback_that_was_handed_out():
    handing_out()(5.0)


@refused
def by_reducing():
    functools.reduce(lambda _, each: each.set(5.0), ALL.values(), None)


class Counted:
    """A class of which each instance changes what all share."""

    def __init__(self, *args: Any) -> None:
        settings.gain = 5.0


@refused
def by_a_class_that_is_mapped():
    list(map(Counted, [1]))


counter: Any = collections.Counter()


@goes_on
def a_counter():
    counter.update(["a"])


# --- arrays and lists -----------------------------------------------------------------------------

store = W.__setitem__


@refused
def by_a_bound_method_of_an_array():
    store(0, 5.0)


@refused
def by_shuffling():
    import random

    random.shuffle(W)


@goes_on
def draws():
    drawn = np.random.default_rng(0).permutation(W)
    drawn[0] = 5.0
    drawn = np.random.RandomState(0).choice(W, 2)
    drawn[0] = 5.0


@goes_on
def a_copy_of_a_view():
    turned = np.flip(W).copy()
    turned[0] = 5.0


# --- names and keys -------------------------------------------------------------------------------


@goes_on
def another_key():
    CONFIG["k%d" % 1] = 1
    CONFIG[f"k{2}"] = 1
    CONFIG["k" + "_" + "3"] = 1
    CONFIG["k{}".format(4)] = 1


@goes_on
def other_keys_in_a_loop():
    for i in range(3):
        CONFIG["k%d" % i] = i


def note(name):
    CONFIG["calls of " + name] = 1


@goes_on
def a_key_that_is_handed_on():
    note("gain")


@goes_on
def another_name():
    setattr(settings, "ca" + "lls", 1)


@goes_on
def names_of_a_display():
    for name, value in {"calls": 1}.items():
        setattr(settings, name, value)


@refused
def the_same_key():
    CONFIG["ga" + "in"] = 5.0


@refused
def the_same_key_in_a_loop():
    for name in ("hits", "gain"):
        CONFIG[f"{name}"] = 5.0


@refused
def a_key_that_grows():
    name = "ga"
    for part in "in":
        name = name + part
    CONFIG[name] = 5.0


@refused
def a_number_or_a_key():
    CONFIG["".join(["ga", "in"]) if len(SEEN) else "hits"] = 5.0


@refused
def a_key_that_a_call_gives():
    CONFIG[str.lower("GAIN")] = 5.0


# --- new objects ----------------------------------------------------------------------------------


@dataclass
class Meter:
    weights: np.ndarray
    calls: int = 0
    all_weights: list[Any] = field(default_factory=list)


class Pair(NamedTuple):
    first: Any
    second: Any


@goes_on
def a_new_dataclass():
    meter = Meter(W)
    meter.calls += 1
    meter.all_weights.append(1)


@refused
def what_a_new_dataclass_holds():
    meter = Meter(W)
    meter.weights[0] = 5.0


@refused
def what_a_new_tuple_holds():
    Pair(1, settings).second.gain = 5.0


# --- what is only looked at -----------------------------------------------------------------------


class Restless:
    """An object that changes the settings when it is called, or gone through."""

    def __call__(self) -> None:
        settings.gain = 5.0

    def __iter__(self) -> Iterator[int]:
        settings.gain = 5.0
        return iter(())

    def __len__(self) -> int:
        return 3


restless = Restless()


@goes_on
def the_length_of_an_object():
    return len(restless), str(restless), bool(restless)


@refused
def the_elements_of_an_object():
    return list(restless)


# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("does", REFUSED)
def test_what_is_read_is_not_changed(does):
    with pytest.raises((AliasingError, UnsupportedSyntaxError)):
        value_and_grad(program(does))(X)


@pytest.mark.parametrize("does", GOES_ON)
def test_what_nobody_reads_may_be_changed(does):
    value, found = value_and_grad(program(does))(X)
    np.testing.assert_allclose(value, 2.0 * np.sum(W * X * X) + 4.0, rtol=1e-12)
    np.testing.assert_allclose(found, 4.0 * W * X, rtol=1e-12)


def test_one_of_very_many_objects_is_read():
    many = [Settings() for _ in range(3000)]
    last = many[-1]

    def tick():
        for each in many:
            each.set(5.0)

    def called():
        with lock:
            tick()

    def f(x):
        called()
        return np.sum(x * x) * last.gain

    with pytest.raises(UnsupportedSyntaxError):
        value_and_grad(f)(X)


def test_what_leads_too_far_may_change_everything():
    steps: list[Any] = [lambda: settings.set(5.0)]
    for _ in range(60):
        steps.append(lambda before=steps[-1]: before())
    last = steps[-1]

    def called():
        with lock:
            last()

    def f(x):
        called()
        return np.sum(x * x) * settings.gain

    with pytest.raises(UnsupportedSyntaxError):
        value_and_grad(f)(X)
