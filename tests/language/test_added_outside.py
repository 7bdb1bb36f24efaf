"""Lists and dicts from outside to which a program adds: once in each call, as the function does."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, grad, value_and_grad, vjp

X = np.array([0.3, 0.4, 0.5])

LOSSES: list[Any] = []
HISTORY: dict[Any, Any] = {}
SAME = HISTORY
TABLES: dict[int, np.ndarray] = {}


class Model:
    def __init__(self):
        self.norms = []
        self.last = {}
        self.rows = ()

    def step(self, x):
        y = np.tanh(x)
        self.norms.append(np.sum(y**2))
        self.last["largest"] = np.max(y)
        self.last.update({"steps": len(x)}, smallest=np.min(y))
        return y


MODEL = Model()


@pytest.fixture(autouse=True)
def _anew():
    LOSSES[:] = [1.0]
    HISTORY.clear()
    HISTORY.update(loss=[], calls=0, rate=2.0, weights=np.array([1.0, 2.0, 0.5]))
    TABLES.clear()
    MODEL.__init__()  # type: ignore[misc]
    from_cache.cache_clear()


def state() -> Any:
    return copy.deepcopy((LOSSES, HISTORY, TABLES, vars(MODEL)))


def put_back(then: Any) -> None:
    losses, history, tables, model = copy.deepcopy(then)
    LOSSES[:] = losses
    for kept, found in ((HISTORY, history), (TABLES, tables), (vars(MODEL), model)):
        kept.clear()
        kept.update(found)


def same(a: Any, b: Any) -> bool:
    return repr(a) == repr(b)


def a_list(x):
    loss = np.sum(x**2)
    LOSSES.append(float(loss))
    return loss


def what_is_differentiated(x):
    loss = np.sum(x**2)
    HISTORY["loss"].append(loss)
    HISTORY["loss"].extend([x[0], (1, loss)])
    HISTORY["last"] = loss
    return loss * 3


def in_a_loop(x):
    total = 0.0
    for i, v in enumerate(x):
        if v > 0.35:
            LOSSES.append((i, v))
        HISTORY[i] = v
        total += v**2
    return total


def of_a_model(x):
    for _ in range(3):
        x = MODEL.step(x)
    return np.sum(x)


def of_a_model_given(x, model=MODEL):
    for _ in range(3):
        x = model.step(x)
    return np.sum(x)


def in_a_helper(x):
    def note(key, value):
        HISTORY[key] = value

    y = np.sin(x)
    note("y", y)
    note("sum", np.sum(y))
    return np.sum(y * x)


def replaced(x):
    LOSSES[0] = np.prod(x)
    return np.sum(x**3)


def a_tuple_that_grows(x):
    MODEL.rows = MODEL.rows + ((1, np.sum(x)),)
    return np.sum(x**2) * len(MODEL.rows)


def in_an_arm(x):
    norm = np.sqrt(np.sum(x * x))
    if norm > 0.3:
        LOSSES.append(norm)
    return np.sum(x * 3)


def after_an_early_end(x):
    for v in x:
        if v > 5:
            return v
    HISTORY["loss"].append(x[0])
    return np.sum(x * 3)


def unbound(x):
    list.append(LOSSES, x[0])
    dict.__setitem__(HISTORY, "k", x[1])
    HISTORY.__setitem__("l", x[2])
    dict.update(HISTORY, m=1.0)
    return np.sum(x**2)


def before_an_error(x):
    try:
        LOSSES.append(x[0])
        HISTORY["k"] = 1.0
        x[5]
    except IndexError:
        LOSSES.append(2.0)
    return np.sum(x**2)


def before_a_missing_key(x):
    try:
        LOSSES.append(1.0)
        TABLES[7]
    except KeyError:
        LOSSES.append(2.0)
    return np.sum(x**2)


def unbound_on_its_own(x):
    items, known = [1.0], {}
    list.__setitem__(items, 0, x[0])
    dict.__setitem__(known, "k", x[1])
    return items[0] * known["k"]


def facts_of_arrays(x):
    LOSSES.append(x.dtype)
    HISTORY["form"] = (x.dtype, x.shape)
    MODEL.rows = x.dtype
    return np.sum(x**2)


ONCE = (
    a_list,
    facts_of_arrays,
    what_is_differentiated,
    in_a_loop,
    of_a_model,
    of_a_model_given,
    in_a_helper,
    replaced,
    a_tuple_that_grows,
    in_an_arm,
    after_an_early_end,
    unbound,
    before_an_error,
    before_a_missing_key,
    unbound_on_its_own,
)


def counted(x):
    HISTORY["calls"] += 1
    HISTORY["calls"] += 1
    return np.sum(x) * HISTORY["calls"]


def counted_in_a_loop(x):
    for v in x:
        if v > 0.35:
            HISTORY["calls"] += 1
    return np.sum(x) * HISTORY["calls"]


def table(n):
    if n not in TABLES:
        TABLES[n] = np.exp(-np.arange(n) / n)
    return TABLES[n]


def table_or_key_error(n):
    try:
        return TABLES[n]
    except KeyError:
        TABLES[n] = np.exp(-np.arange(n) / n)
        return TABLES[n]


def memo(x):
    return np.sum(x * table(len(x)) * table(len(x)))


def memo_by_error(x):
    return np.sum(x * table_or_key_error(len(x)))


def memo_in_a_loop(x):
    total = 0.0
    for n in range(1, 4):
        total += np.sum(x[:n] ** 2 * table(n))
    return total


def carried(x):
    total = 0.0
    for i in range(3):
        total += HISTORY["rate"] * x[i]
        HISTORY["rate"] = HISTORY["rate"] + x[i]
    return total


def by_data(x):
    if x[0] > 0.2:
        HISTORY["rate"] = x[1] * 2
    return np.sum(x) * HISTORY["rate"]


def put_and_read(x):
    HISTORY.update(a=2.0)
    HISTORY["b"] = x[0] * HISTORY["a"]
    return HISTORY["b"] * x[1]


def the_old_one(x):
    old = HISTORY["rate"]
    HISTORY["rate"] = x[0] * x[1]
    return HISTORY["rate"] - old * x[2]


def the_old_one_in_a_branch(x):
    n = HISTORY["rate"]
    if x[0] > 0:
        HISTORY["rate"] = x[0]
    return np.sum(x) * (n + 1)


def an_old_array(x):
    w = HISTORY["weights"]
    HISTORY["weights"] = x * 2
    return np.sum((w - 1) * x)


def an_old_element(x):
    old = LOSSES[0]
    LOSSES[0] = x[0]
    return np.sum(x) * old


def an_old_count(x):
    k = HISTORY["calls"]
    HISTORY["calls"] = 1
    s = 0.0
    for i in range(k):
        s += x[i]
    return s + x[2]


def two_names(x):
    history = HISTORY
    history["k"] = x[0]
    return HISTORY["k"] * x[1]


def put_by_setdefault(x):
    put = HISTORY.setdefault
    return np.sum(x ** put("k", 2.0)) * HISTORY["k"]


def read_after(x):
    LOSSES.append(np.sum(x))
    return np.sum(x) * sum(LOSSES)


def read_in_the_next_trip(x):
    total = 0.0
    for v in x:
        total += v * LOSSES[-1]
        LOSSES.append(v)
    return total


READ = (
    read_after,
    read_in_the_next_trip,
    put_by_setdefault,
    counted,
    counted_in_a_loop,
    memo,
    memo_by_error,
    memo_in_a_loop,
    carried,
    by_data,
    put_and_read,
    the_old_one,
    the_old_one_in_a_branch,
    an_old_array,
    an_old_element,
    an_old_count,
    two_names,
)


def at(f: Callable[..., Any], x: np.ndarray, then: Any) -> Any:
    put_back(then)
    return f(x)


def check(f: Callable[..., Any]) -> None:
    derivative = value_and_grad(f)
    for _ in range(3):  # what was there before differs
        before = state()
        want = at(f, X, before)
        after = state()
        steps = np.eye(3) * 1e-6
        slopes = [(at(f, X + s, before) - at(f, X - s, before)) / 2e-6 for s in steps]
        put_back(before)
        value, gradient = derivative(X)
        assert same(state(), after)
        assert value == pytest.approx(want, rel=1e-12)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6)


@pytest.mark.parametrize("f", ONCE)
def test_it_happens_once(f):
    check(f)


@pytest.mark.parametrize("f", READ)
def test_what_is_read_after(f):
    check(f)


@pytest.mark.parametrize("f", [a_list, of_a_model, counted, memo])
def test_a_pullback_adds_nothing(f):
    before = state()
    want = f(X)
    after = state()
    put_back(before)
    value, pullback = vjp(f, X)
    assert same(state(), after)
    (first,) = pullback(1.0)
    assert np.array_equal(pullback(1.0)[0], first)
    assert same(state(), after)
    put_back(before)
    assert value == want
    assert np.array_equal(grad(f)(X), first)


def written_by_another_name(x):
    HISTORY["rate"] = x[0]
    SAME["rate"] = x[1]
    return HISTORY["rate"] * x[1]


def all_of_them(x):
    HISTORY["rate"] = x[0]
    return sum(v for k, v in HISTORY.items() if k != "loss") * x[1]


def under_another_name(x):
    HISTORY["rate"] = x[0]
    return SAME["rate"] * x[1]


def keys_that_data_tell(x):
    for i in range(3):
        HISTORY[i] = x[i]
    return HISTORY[0] * x[0]


def perhaps_there(x):
    if x[0] > 0.2:
        HISTORY["new"] = x[0]
    return HISTORY["new"] * x[1]


@functools.lru_cache
def from_cache():
    HISTORY["rate"] = 7.0
    return 2.0


def changed_by_a_call(x):
    HISTORY["rate"] = 3.0
    from_cache()
    return np.sum(x) * HISTORY["rate"]


def a_view_of_the_keys(x):
    keys = HISTORY.keys()
    HISTORY["new"] = x[0]
    return np.sum(x) * len(keys)


def written_while_it_is_iterated_over(x):
    total = 0.0
    for _, v in HISTORY.items():
        HISTORY["rate"] = x[0] * 3
        total += x[1]
    return total


def longer_while_it_is_iterated_over(x):
    for key in HISTORY:
        HISTORY[key + "s"] = 1
    return x[0]


def a_copy_of_it(x):
    HISTORY["new"] = x[0]
    return {**HISTORY}["new"] * x[1]


@pytest.mark.parametrize(
    "f",
    [
        a_view_of_the_keys,
        written_while_it_is_iterated_over,
        longer_while_it_is_iterated_over,
        a_copy_of_it,
        written_by_another_name,
        all_of_them,
        under_another_name,
        keys_that_data_tell,
        perhaps_there,
        changed_by_a_call,
    ],
)
def test_refused(f):
    before = state()
    with pytest.raises((UnsupportedSyntaxError, AliasingError)):
        grad(f)(X)
    assert same(state(), before)


def kept_and_written(x):
    u = x * 2
    LOSSES.append(u)
    u[0] = 3.0
    return np.sum(u * x)


def kept_and_added_to(x):
    y = x * 2
    LOSSES.append(y)
    y += x
    return np.sum(y * x)


def an_attribute_and_scaled(x):
    MODEL.norms = y = x * 2
    y *= 3
    return np.sum(y * x)


def a_sum_of_each_trip(x):
    total = 0.0
    for _ in range(2):
        total += x
        LOSSES.append(total)
    return np.sum(total * x)


def scaled_after_the_loop(x):
    total = np.zeros(3)
    for _ in range(3):
        total = total + x
        LOSSES.append(total)
    total /= 3
    return np.sum(total**2)


def an_output_after_the_loop(x):
    u = x * 2
    for _ in range(2):
        u = u * x
        LOSSES.append(u)
    np.multiply(u, x, out=u)
    return np.sum(u**2)


def a_state_that_is_scaled(x):
    MODEL.rows = 0.9 * np.sum(x) + x
    m = MODEL.rows
    m *= 2
    return np.sum(m * x)


def through_a_list(x):
    y = x * 2.0
    several = [y for _ in x]
    HISTORY["first"] = several[0]
    y *= x
    return np.sum(y)


def a_view_that_a_loop_makes(x):
    y = x * 2.0
    part = y
    while len(part) > 1:
        part = part[1:]
    HISTORY["part"] = part
    y *= x
    return np.sum(y)


def through_an_iterator(x):
    y = np.outer(x, x)
    HISTORY["row"] = next(iter(y))
    y *= x
    return np.sum(y)


def all_rows(x):
    y = np.outer(x, x)
    LOSSES.extend([row for row in y])
    y *= x
    return np.sum(y)


def taken_off_a_stack(x):
    y = x * 2
    stack = [y]
    while stack:
        LOSSES.append(stack.pop())
    y *= x
    return np.sum(y)


def made_and_added_to_before(x):
    for i in range(2):
        y = x * 2
        y += i
        y *= 3
        LOSSES.append(y)
    return np.sum(y * x)


def copies_of_a_buffer(x):
    s = np.zeros(3)
    for _ in range(3):
        s = s + x
        s *= 2
        LOSSES.append(s.copy())
    return np.sum(s**2)


@pytest.mark.parametrize("f", [made_and_added_to_before, copies_of_a_buffer])
def test_what_is_kept_may_be_written_before(f):
    check(f)


def of_an_argument(x, seen):
    seen.append(np.sum(x))
    return np.sum(x)


@pytest.mark.parametrize(
    "f",
    [
        kept_and_written,
        kept_and_added_to,
        an_attribute_and_scaled,
        a_sum_of_each_trip,
        scaled_after_the_loop,
        an_output_after_the_loop,
        a_state_that_is_scaled,
        through_a_list,
        a_view_that_a_loop_makes,
        through_an_iterator,
        all_rows,
        taken_off_a_stack,
    ],
)
def test_what_is_kept_is_not_written(f):
    with pytest.raises(AliasingError, match="kept in an object from outside"):
        grad(f)(X)


def given(x, seen, note, counts, more=()):
    seen.append(np.sum(x))
    for extra in more:
        extra.append(x[0])
    for _ in range(2):
        x = x * 0.5
        note(x)
    counts["calls"] += 1
    counts["seen"].append(x[1])
    return np.sum(x**2) * counts["calls"]


def test_lists_of_the_caller():
    ours: Any = [], [], {"calls": 0, "seen": []}, [[], [1]]
    theirs = copy.deepcopy(ours)
    for _ in range(3):
        seen, notes, counts, more = ours
        value, gradient = value_and_grad(given)(X, seen, notes.append, counts, more)
        seen, notes, counts, more = theirs
        assert value == pytest.approx(given(X, seen, notes.append, counts, more), rel=1e-12)
        assert same(ours, theirs)
        assert np.allclose(gradient, 2 * X / 16 * counts["calls"])


def test_a_default_of_a_parameter_remembers():
    def f(x, table={}):
        if "w" not in table:
            table["w"] = np.exp(-np.arange(3.0))
        return np.sum(x**2 * table["w"])

    assert np.allclose(grad(f)(X), 2 * X * np.exp(-np.arange(3.0)))
    assert list(f.__defaults__[0]) == ["w"]


def test_a_list_that_is_differentiated():
    """The function has its own of it."""
    items = [X]
    (gradient,) = grad(lambda items, seen: of_an_argument(items[0], items) * items[1])(items, [])
    assert np.allclose(gradient, 2 * np.sum(X))
    assert len(items) == 1


def put_here_read_there(x, here, there):
    here["k"] = x[0]
    return np.sum(x) * there["k"]


def test_two_arguments_that_are_one_in_another_call():
    derivative = value_and_grad(put_here_read_there)
    assert derivative(X, {}, {"k": 2.0})[0] == pytest.approx(2 * np.sum(X))
    both = {"k": 2.0}
    with pytest.raises(UnsupportedSyntaxError, match="the item 'k' of a dict"):
        derivative(X, both, both)
    assert both == {"k": 2.0}
    assert derivative(X, {}, {"k": 3.0})[0] == pytest.approx(3 * np.sum(X))


OPTIONS = [1, "two", (3.0, LOSSES)]


def remembered(x):
    HISTORY["options"] = MODEL.options = OPTIONS
    return np.sum(x**2)


def test_what_is_from_outside_is_kept_itself():
    assert np.array_equal(grad(remembered)(X), 2 * X)
    assert MODEL.options is OPTIONS
    assert HISTORY["options"] is OPTIONS


def test_the_text():
    assert "LOSSES.append(float(loss))" in grad(a_list).lower(X).source
    source = grad(what_is_differentiated).lower(X).source
    assert 'HISTORY["last"] = loss' in source
    assert "import operator" not in source


class Watched:
    """Reading its property leaves a trace."""

    def __init__(self):
        self.seen = []

    @property
    def rate(self):
        self.seen.append("rate")
        return 2.0


WATCHED = Watched()


def test_compiling_reads_no_property():
    def f(x):
        return np.sum(x**2) * WATCHED.rate * WATCHED.rate

    WATCHED.seen.clear()
    assert np.array_equal(grad(f)(X), 8 * X)
    assert WATCHED.seen == ["rate"] * 2


def test_a_dtype_that_is_printed(capsys):
    def f(x):
        print(x.dtype)
        return np.sum(x.astype(x.dtype) ** 2), x.dtype

    _, aux = grad(f, has_aux=True)(X)
    assert capsys.readouterr().out == "float64\n"
    assert type(aux) is type(X.dtype)
