"""Objects that lead to what the function changes, and are read by code that is not looked into.

The function changes its own of a list or an array that it is given, and the caller's stays as it
is; ``print(model)`` would show that.
"""

import functools

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from tests.slopes import check_at


class Shown:
    """Has a list or an array, of which it tells by special methods."""

    def __init__(self, inner):
        self.inner = inner

    def __repr__(self):
        return f"Shown({self.inner})"

    def __hash__(self):
        return int(sum(self.inner))

    def __round__(self, digits=None):
        return round(sum(self.inner), digits)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.inner)


def printed(items, m):
    items[0] = items[1] * 7.0
    print(m)
    return items[0] * items[1]


def formatted(items, m):
    items[0] = items[1] * 7.0
    return items[0] * items[1] * len(f"{m}")


def hashed(items, m):
    items[0] = items[1] * 7.0
    return items[0] * items[1] * hash(m)


def rounded(items, m):
    items[0] = items[1] * 7.0
    return items[0] * items[1] * round(m)


def as_an_array(items, m):
    items[0] = items[1] * 7.0
    return items[0] * np.sum(m)


def raised(items, m):
    items[0] = items[1] * 7.0
    if items[0] > 100.0:
        raise ValueError(m)
    return items[0]


def by_vars(items, m):
    items[0] = items[1] * 7.0
    return items[0] * vars(m)["inner"][0]


SHOWING = [printed, formatted, hashed, rounded, as_an_array, raised]


@pytest.mark.parametrize("make", [list, np.array], ids=["list", "array"])
@pytest.mark.parametrize("f", SHOWING)
def test_objects_that_lead_to_what_is_changed_are_refused(f, make):
    items = make([1.0, 2.0])
    with pytest.raises(AliasingError, match=r"leads to 'items', which the function changes"):
        value_and_grad(f)(items, Shown(items))
    assert list(items) == [1.0, 2.0]


@pytest.mark.parametrize("f", SHOWING)
def test_so_they_are_in_a_later_call(f):
    g = value_and_grad(f)
    items, other = [1.0, 2.0], [3.0, 4.0]
    value, slopes = g(items, Shown(other))
    assert value == f(list(items), Shown(other))
    assert np.isfinite(slopes).all()
    with pytest.raises(AliasingError, match="leads to 'items'"):
        g(items, Shown(items))
    with pytest.raises(AliasingError, match="leads to 'items'"):
        g(items, Shown([Shown(items)]))
    assert g(items, Shown(other)) == (value, slopes)


@pytest.mark.parametrize("make", [list, np.array], ids=["list", "array"])
def test_what_vars_reads_is_known_by_its_place(make):
    items = make([1.0, 2.0])
    g = value_and_grad(by_vars)
    assert g(items, Shown([3.0, 4.0]))[0] == 14.0 * 3.0
    for _ in range(2):
        with pytest.raises(AliasingError, match=r"'items'|items is written"):
            g(items, Shown(items))
    assert list(items) == [1.0, 2.0]


@pytest.mark.parametrize("f", [printed, formatted, rounded])
def test_objects_that_lead_elsewhere_are_read(f):
    m = Shown(np.array([1.0, 2.0]))
    check_at(lambda x: f(x, m), np.array([1.0, 2.0]))


def test_one_that_is_only_asked_which_it_is_may_lead_there():
    def f(items, m):
        items[0] = items[1] * 7.0
        return items[0] * items[1] if isinstance(m, Shown) and m is not None else items[0]

    items = [1.0, 2.0]
    assert grad(f)(items, Shown(items)) == [0.0, 28.0]


def next_of(items, it):
    items[0] = 7.0
    return items[1] * next(it)


def called(items, count):
    items.append(items[0])
    return items[1] * count()


def of_objects(items, objects):
    items[0] = 7.0
    return items[1] * objects[0][0]


def count_of(d, view):
    d["b"] = 3.0
    return d["a"] * len(view)


def array_of_objects(items):
    found = np.empty(1, object)
    found[0] = items
    return found


WAYS = {
    "iterator": (next_of, [2.0, 3.0], iter),
    "method": (called, [2.0, 3.0], lambda items: items.__len__),
    "array": (of_objects, [2.0, 3.0], array_of_objects),
    "view": (count_of, {"a": 2.0}, dict.keys),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_else_leads_to_a_container(way):
    f, items, reach = WAYS[way]
    with pytest.raises(AliasingError, match="leads to"):
        grad(f)(items, reach(items))
    assert grad(f)(items, reach(type(items)(items))) is not None


SEEN = [1.0, 2.0]


def by_globals(items):
    items[0] = 7.0
    return items[1] * globals()["SEEN"][0]


def test_all_globals_may_lead_to_what_is_changed():
    with pytest.raises(AliasingError, match="all globals are read here") as caught:
        grad(by_globals)(SEEN)
    assert "by their names" in caught.value.hint


def read_out(k):
    return SEEN[k]


def by_a_function(items):
    items[0] = 7.0
    return items[1] * float(np.vectorize(read_out)(0))


def test_a_function_that_is_handed_out_may_read_what_is_changed():
    g = grad(by_a_function)
    assert g([1.0, 2.0]) == [0.0, 1.0]
    with pytest.raises(AliasingError, match="'read_out' is read here by code"):
        g(SEEN)


@pytest.mark.parametrize("make", [list, np.array], ids=["list", "array"])
def test_libraries_call_methods_of_the_lists_from_outside(make):
    def f(x, log):
        np.vectorize(log.append, otypes=[object])([1.0, 2.0])
        return x[0] * x[1]

    log = [0.5]
    assert list(grad(f)(make([2.0, 3.0]), log)) == [3.0, 2.0]
    assert log == [0.5, 1.0, 2.0]


def test_they_do_not_change_those_that_the_program_makes():
    def f(x):
        found = [1.0]
        np.vectorize(found.append, otypes=[object])([1.0, 2.0])
        return x[0] * len(found)

    with pytest.raises(AliasingError, match="'append' is handed over"):
        grad(f)(np.ones(2))


class Global:
    def __repr__(self):
        return str(SEEN)


class OfClass:
    inner = SEEN

    def __repr__(self):
        return str(self.inner)


class Slots:
    __slots__ = ("inner",)

    def __init__(self):
        self.inner = {"a": (SEEN,)}

    def __repr__(self):
        return str(self.inner)


class Generated:
    def __init__(self):
        inner = SEEN
        self.parts = (item for item in [inner])
        self.show = functools.partial(str, inner)

    def __repr__(self):
        return self.show()


@pytest.mark.parametrize("cls", [Global, OfClass, Slots, Generated])
def test_objects_lead_to_a_list_by_many_ways(cls):
    with pytest.raises(AliasingError, match="leads to 'items'"):
        grad(printed)(SEEN, cls())
    assert grad(printed)([1.0, 2.0], cls()) == [0.0, 28.0]
