"""Calls that are not looked into, and change nothing that the function reads."""

from __future__ import annotations

import collections
import copy
import io
import json
import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import jinja2
import numpy as np
import pytest

from srcgrad import AliasingError, NoDerivativeError, UnsupportedSyntaxError, grad, value_and_grad

X = np.array([0.3, 0.7, 1.2])
W = np.array([1.0, 2.0, 3.0])
lock = threading.RLock()
CONFIG: dict[Any, Any] = {"gain": 2.0, "hits": 0}


def calls(does: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function with a call that the compiler does not look into, and that calls another."""

    def called():
        with lock:
            does()

    def f(x):
        y = np.sum(W * x * x) * CONFIG["gain"]
        called()
        return y + CONFIG["gain"]

    return f


def check(does: Callable[..., Any]) -> None:
    """Compares with f's value, and with the derivative that does not know of the call."""
    value, found = value_and_grad(calls(does))(X)
    np.testing.assert_allclose(value, 2.0 * np.sum(W * X * X) + 2.0, rtol=1e-12)
    np.testing.assert_allclose(found, 4.0 * W * X, rtol=1e-12)


def refuse(does: Callable[..., Any]) -> None:
    with pytest.raises((AliasingError, UnsupportedSyntaxError)):
        value_and_grad(calls(does))(X)


# --- what stopped the compiler -------------------------------------------------------------------


Point = collections.namedtuple("Point", "a b")


class Null:
    """Has every attribute, also those that Python asks for."""

    __slots__ = ()

    def __getattr__(self, name):
        raise KeyError(name)


class Stack(list):
    """A list whose own methods are not to be called while compiling."""

    def __iter__(self):
        raise RuntimeError("called")


null, stack, hooks = Null(), Stack([1.0, 2.0]), [print]


def replaces_a_field():
    return Point(1, 2)._replace(a=3).a


def asks_what_is_not_there():
    try:
        return null.info
    except KeyError:
        return None


def takes_the_first():
    return stack[0], len(stack)


@pytest.mark.parametrize("does", [replaces_a_field, asks_what_is_not_there, takes_the_first])
def test_what_is_not_the_users_is_not_called_on_and_on(does):
    check(does)


# --- what took long ------------------------------------------------------------------------------


def nests():
    def a():
        return 1

    def b():
        return a() + a()

    def c():
        return b() + b()

    def d():
        return c() + c()

    def e():
        return d() + d()

    def g():
        return e() + e()

    def h():
        return g() + g()

    return h()


def chains():
    a = lambda: 1
    b = lambda: a() + a()
    c = lambda: b() + b()
    d = lambda: c() + c()
    e = lambda: d() + d()
    g = lambda: e() + e()
    return g()


def goes_deep():
    def a():
        def b():
            def c():
                def d():
                    def e():
                        return 1

                    return e()

                return d()

            return c()

        return b()

    return a()


@pytest.mark.parametrize("does", [nests, chains, goes_deep])
def test_functions_in_a_function_are_gone_through_a_few_times(does):
    start = time.process_time()
    check(does)
    assert time.process_time() - start < 2.0


def sets_what_is_bound_later():
    def first():
        second()

    def second():
        held[0]["gain"] = 3.0

    held: list[Any] = [{}]
    first()
    held = [CONFIG]
    first()


def test_a_function_in_a_function_is_gone_through_for_each_of_what_it_closes_over():
    refuse(sets_what_is_bound_later)


# --- numbers, and what only looks ----------------------------------------------------------------


class Model:
    """Can be called, and then is another."""

    def __init__(self) -> None:
        self.w = W
        self.steps = 0

    def __call__(self, x: Any) -> Any:
        CONFIG["gain"] = 3.0
        return x


MATRIX = np.eye(3)
model, log, LOG = Model(), logging.getLogger("srcgrad.tests"), list[Any]()


def counts_on():
    n = len(W)
    n += 1


def adds_to_a_shape():
    s = W.shape
    s += (1,)


def adds_to_an_element():
    a = MATRIX[0, 1]
    a += 1


def sums_up():
    t = 0
    t += W
    d = W - W
    d += W
    s = 0.0
    s += sum(MATRIX)[0]
    b = abs(W)
    b += 1


def looks_at_the_model():
    log.info("%s", model)
    LOG.append(model)
    print(model, file=io.StringIO())
    weakref.ref(model)
    return str(model), id(model), isinstance(model, Model), type(model), hash(model)


def asks_whether_it_can_be_called():
    return callable(model), hasattr(model, "steps")


@pytest.mark.parametrize(
    "does",
    [
        *(counts_on, adds_to_a_shape, adds_to_an_element, sums_up, looks_at_the_model),
        asks_whether_it_can_be_called,
    ],
)
def test_numbers_and_looks_change_nothing(does):
    check(does)


def adds_to_a_row():
    for row in (W, MATRIX):
        row += 1


def adds_to_what_was_a_number():
    t: Any = 0
    for _ in range(2):
        t += 1
        t = W


def lets_it_be_called():
    return list(map(model, [1.0]))


def sorts_by_it():
    return sorted([1.0, 2.0], key=model), [2.0, 1.0].sort(key=model)


@pytest.mark.parametrize(
    "does", [adds_to_a_row, adds_to_what_was_a_number, lets_it_be_called, sorts_by_it]
)
def test_what_is_called_and_what_is_an_array_is_changed(does):
    refuse(does)


# --- names that are bound again ------------------------------------------------------------------


def doubles_it():
    w = W
    w = w * 2
    w[0] = 1.0


def copies_it():
    w = W
    with lock:
        w = w.copy()
        w += 1.0


def doubles_each():
    for row in (W, MATRIX):
        w = row
        w = w * 2
        w[0] = 1.0


def doubles_what_it_is_given():
    def doubled(w):
        w = w * 2
        w[0] = 1.0

    doubled(W)


@pytest.mark.parametrize("does", [doubles_it, copies_it, doubles_each, doubles_what_it_is_given])
def test_a_name_is_what_it_was_last_bound_to(does):
    check(does)


def doubles_it_perhaps(much=False):
    w = W
    if much:
        w = w * 2
    w[0] = 1.0


def fails_to_double_it():
    w = W
    try:
        w = w * len(LOG.none)
    except AttributeError:
        w[0] = 1.0


def leaves_early():
    w = W * 2
    for k in range(3):
        w = W
        if k:
            break
        w = w * 2
    w[0] = 1.0


def reads_the_last_trip():
    w = W * 2
    while w[1] != 0:
        w[0] = 1.0
        w = W


def closes_over_it():
    w = W * 2

    def write():
        w[0] = 1.0

    w = W
    write()


def closes_over_what_it_was():
    w = W * 2

    def change():
        nonlocal w
        w = W

    change()
    w[0] = 1.0


def matches_perhaps():
    w = W
    match LOG:
        case [w]:
            pass
        case _:
            w[0] = 1.0


def has_one_in_a_list():
    w = W
    _ = [w for w in range(3)]
    w[0] = 1.0


@pytest.mark.parametrize(
    "does",
    [
        *(doubles_it_perhaps, fails_to_double_it, leaves_early, reads_the_last_trip),
        *(closes_over_it, closes_over_what_it_was, matches_perhaps, has_one_in_a_list),
    ],
)
def test_a_name_is_all_that_it_may_be_bound_to(does):
    refuse(does)


# --- objects that the call makes -----------------------------------------------------------------


class Tally:
    """Keeps an array beside what it counts."""

    def __init__(self, w: Any = W) -> None:
        self.w = w
        self.steps = 0
        self.hist: list[Any] = []

    def __call__(self, x: Any) -> Any:
        self.steps += 1
        self.hist.append(x)
        return x


def counts_in_its_own():
    t = Tally()
    t.steps += 1
    t.hist.append(1)
    t(W)
    t.w = t.w * 2
    other = Tally()
    other(W)


def counts_in_each():
    for t in [Tally() for _ in range(2)]:
        t.steps += 1


@pytest.mark.parametrize("does", [counts_in_its_own, counts_in_each])
def test_a_new_object_may_count(does):
    check(does)


def writes_into_what_it_keeps():
    t = Tally()
    t.w += 1.0


def writes_into_the_other_one():
    t = Tally(np.ones(3))
    t.steps += 1
    other = Tally(w=W)
    other.w[0] = 1.0


def writes_into_a_second_one():
    first, second = Tally(), Tally()
    first.steps += 1
    second.w[0] = 1.0


def sets_it_by_a_text():
    t = Tally(np.ones(3))
    for name in LOG:
        setattr(t, name, W)
    t.w[0] = 1.0


def sets_it_in_its_dict():
    t = Tally(np.ones(3))
    t.__dict__["w"] = W
    t.w[0] = 1.0


def sets_it_in_its_vars():
    t = Tally(np.ones(3))
    vars(t)["w"] = W
    t.w[0] = 1.0


def puts_it_in_one_of_two():
    def put(where):
        where.append(W)

    first, second = [], []
    put(first)
    put(second)
    second[0][0] = 1.0


def writes_into_its_history():
    t = Tally()
    t(W)
    t.hist[0][0] = 1.0


@pytest.mark.parametrize(
    "does",
    [
        *(writes_into_what_it_keeps, writes_into_the_other_one, writes_into_a_second_one),
        *(sets_it_by_a_text, sets_it_in_its_dict, puts_it_in_one_of_two, writes_into_its_history),
        sets_it_in_its_vars,
    ],
)
def test_a_new_object_has_what_it_was_given(does):
    refuse(does)


# --- copies --------------------------------------------------------------------------------------

LIST = [1.0, 2.0]
tally = Tally()
random = np.random.RandomState(0)


def copies_the_table():
    copy.deepcopy(CONFIG)["gain"] = 3.0
    copy.copy(CONFIG)["gain"] = 3.0
    json.loads(json.dumps(CONFIG))["gain"] = 3.0
    collections.Counter(CONFIG)["gain"] += 1
    d = CONFIG.copy()
    d.update(gain=3.0)


def copies_an_array():
    copy.deepcopy(W)[0] = 1.0
    for w in (W.tolist(), W.astype(int), np.asarray(W, dtype=int), abs(W), np.diff(W)):
        w[0] = 1
    for w in (np.gradient(W), np.delete(W, 0), np.einsum("i,i->i", W, W), np.fft.fft(W)):
        w[0] = 1
    np.linalg.eigh(MATRIX)[1][0, 0] = 1.0
    random.choice(W, 3)[0] = 1.0


def copies_an_object():
    copy.copy(tally).steps = 3
    copy.deepcopy(tally).w[0] = 3.0
    type(tally)().steps = 3
    object.__new__(Tally).steps = 3


def reads_the_steps(x):
    y = np.sum(W * x * x) * tally.steps
    copies_under_lock()
    return y + tally.steps


def copies_under_lock():
    with lock:
        copies_an_object()


def sorts_the_list():
    s = sorted(LIST)
    s.append(1.0)


@pytest.mark.parametrize(
    "does", [copies_the_table, copies_an_array, copies_an_object, sorts_the_list]
)
def test_a_copy_is_another(does):
    check(does)


def test_a_copy_of_an_object_is_another():
    value, _ = value_and_grad(reads_the_steps)(X)
    assert value == 0.0


def writes_into_what_a_copy_shares():
    copy.copy(tally).w[0] = 1.0


def writes_into_what_a_list_shares():
    copy.copy([W])[0][0] = 1.0


def writes_into_what_is_no_copy():
    np.asarray(W, dtype=float)[0] = 1.0


def shuffles():
    random.shuffle(W)


@pytest.mark.parametrize(
    "does",
    [
        *(writes_into_what_a_copy_shares, writes_into_what_a_list_shares),
        *(writes_into_what_is_no_copy, shuffles),
    ],
)
def test_what_a_copy_shares_is_the_same(does):
    refuse(does)


# --- keys ----------------------------------------------------------------------------------------


def sets_other_keys():
    CONFIG.update(hits=1)
    CONFIG.update({"hits": 1})
    CONFIG["a", 1] = 3
    CONFIG.pop("a", None)


def sets_them_in_place():
    config = CONFIG
    config |= {"hits": 1}


def asks_how_many():
    return LIST.__len__(), CONFIG.__len__(), CONFIG.__contains__("gain")


@pytest.mark.parametrize("does", [sets_other_keys, sets_them_in_place, asks_how_many])
def test_other_keys_may_change(does):
    check(does)


def sets_the_key():
    CONFIG.update({"hits": 1}, gain=3.0)


def sets_the_key_later():
    new = {"hits": 1}
    new["gain"] = 3
    CONFIG.update(new)


def sets_what_it_is_given(**new):
    CONFIG.update(**(new or {"gain": 3.0}))


def sets_it_in_place():
    config = CONFIG
    config |= {"gain": 3.0}


def takes_it_out():
    CONFIG.pop("gain")


def empties_it():
    CONFIG.popitem()


@pytest.mark.parametrize(
    "does",
    [
        *(sets_the_key, sets_the_key_later, sets_what_it_is_given, sets_it_in_place),
        *(takes_it_out, empties_it),
    ],
)
def test_the_key_that_is_read_may_not(does):
    refuse(does)


class Table(dict):
    """A dict that is told of what is put into it."""

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)


table = Table(gain=2.0)


def puts_into_a_table():
    with lock:
        puts_one()


def puts_one():
    table["gain"] = 2.0


def reads_a_table(x):
    puts_into_a_table()
    return np.sum(x) * table["gain"]


def test_a_dict_of_the_users_own_is_changed():
    with pytest.raises((AliasingError, UnsupportedSyntaxError)):
        value_and_grad(reads_a_table)(X)


# --- what is installed ----------------------------------------------------------------------------


class Settings:
    gain = 2.0


SETTINGS = Settings()


def rendered():
    with lock:
        return jinja2.Template("{{ gain }}").render(gain=SETTINGS.gain)


def test_installed_packages_are_not_gone_through():
    def f(x):
        rendered()
        return np.sum(x * x) * SETTINGS.gain

    np.testing.assert_allclose(grad(f)(np.ones(2)), [4.0, 4.0])


def cubes(x):
    return np.sum(x**3)


def test_gradients_are_not_gone_through():
    def f(x):
        return np.sum(grad(cubes)(x))

    with pytest.raises(NoDerivativeError, match="not looked into"):
        grad(f)(np.ones(2))
