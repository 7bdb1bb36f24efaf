"""Containers that are empty before a loop, and are read in its body before something is put in."""

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_slope


def popped_before_appended(x):
    stack, s = [], 0.0
    for i in range(len(x)):
        if i > 1:
            s += stack.pop() ** 2
        stack.append(x[i] * s + x[i])
    return s


def monotonic_stack(x):
    stack, s = [], 0.0
    for v in x:
        while stack and stack[-1] > v:
            s += stack.pop() * v
        stack.append(v)
    return s + sum(stack) ** 2


def queue_of_arrays(x):
    queue, s = [], 0.0
    for t in range(5):
        if len(queue) == 2:
            s += np.sum(queue.pop(0) ** 2)
        queue.append(x * t)
    return s


def pairs(x):
    pending, s = [], 0.0
    for i in range(len(x)):
        while len(pending) > 1:
            a, b = pending.pop()
            s += a * b
        pending.append((x[i], x[i] ** 2))
    return s


def reverse_polish(x):
    stack = []
    for v in x:
        if v > 1.0 and len(stack) > 1:
            b, a = stack.pop(), stack.pop()
            stack.append(a * b)
        else:
            stack.append(v)
    product = 1.0
    for v in stack:
        product = product * v
    return product


def window(x):
    kept, total = [], 0.0
    for v in x:
        if len(kept) >= 2:
            total -= kept[0]
            del kept[0]
        kept.append(v * v)
        total += sum(kept)
    return total


def read_by_index(x):
    seen, s = [], 1.0
    for i in range(len(x)):
        if i % 2:
            s = s * seen[i - 1] + seen[0]
        seen.append(x[i] * s)
    return s


def nothing_was_put_in(x):
    stack, s = [], x[0] ** 2
    while stack:
        s = s * stack.pop()
    return s


def keys_added_in_a_loop(x):
    last, s = {}, 0.0
    for i in range(len(x)):
        if "value" in last:
            s += last["value"] * x[i]
        last["value"] = x[i] ** 2
    return s


def seen_by_number(x):
    seen, s = set(), 0.0
    for i in range(len(x)):
        k = i % 2
        if k in seen:
            s += x[i]
        else:
            seen.add(k)
            s += x[i] ** 2
    return s


def in_a_set_of_numbers(x):
    chosen, s = {0, 2}, 0.0
    for i in range(len(x)):
        s += x[i] ** 2 if i in chosen else x[i] ** 3
    return s


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [
        *(popped_before_appended, monotonic_stack, queue_of_arrays, pairs, reverse_polish),
        *(window, read_by_index, nothing_was_put_in, keys_added_in_a_loop),
        *(seen_by_number, in_a_set_of_numbers),
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def pops_too_often(x):
    stack, s = [], 0.0
    for v in x:
        if v > 1.0:
            s += stack.pop() * v
        stack.append(v)
        if v > 2.0:
            stack.clear()
    return s


def no_such_key(x):
    d = {"a": x[0]}
    return d["a"] if x[0] > 0.0 else d["b"]


@pytest.mark.parametrize(
    ("f", "good", "bad"),
    [
        (pops_too_often, [0.5, 1.5, 1.2], [1.5, 0.5, 1.2]),
        (pops_too_often, [0.5, 2.5, 0.7], [0.5, 2.5, 1.2]),
        (no_such_key, [1.0], [-1.0]),
    ],
)
def test_what_a_branch_certainly_raises_is_raised_when_it_is_taken(f, good, bad):
    check_slope(f, np.array(good))
    for g in (f, grad(f)):
        with pytest.raises(LookupError):
            g(np.array(bad))


def test_what_is_certainly_raised_by_the_function_is_an_error_of_the_compiler():
    def f(x):
        return x * [].pop()

    with pytest.raises(UnsupportedSyntaxError, match="pop from empty list"):
        grad(f)(1.0)


def none_at_first(x):
    last, s = None, 0.0
    for i in range(len(x)):
        if i > 0:
            s += last * x[i] - (1.0 if last > 1.0 else 0.0)
        last = x[i] ** 2
    return s


@pytest.mark.parametrize("count", range(1, 5))
def test_none_before_a_loop(count):
    check_slope(none_at_first, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def test_none_is_computed_with():
    def f(x):
        last, s = None, 0.0
        for v in x:
            s += last * v if v > 1.0 else v
            last = v
        return s

    check_slope(f, np.array([0.5, 1.5, 1.2]))
    for g in (f, grad(f)):
        with pytest.raises(TypeError):
            g(np.array([1.5, 0.5]))


# --- what the arm that goes on has done ---------------------------------------------------------


def item_missing_in_the_other_arm(x):
    items = [x[0]]
    if x[0] < 0.1:
        items[9]
    else:
        items[0] = items[0] * x[-1]
    return items[0]


def stack_machine(x):
    stack = []
    for v in (x[0], x[-1]):
        if v > 3:
            stack.append(stack.pop() * 2)
        else:
            stack.append(v * 2)
    return sum(stack)


def tuple_of_one_arm(x):
    items = [x[0]]
    pair = (items[9], x[0]) if x[0] < 0.1 else (x[0] * 2, x[-1])
    return pair[0] * pair[1]


def list_made_in_the_arm(x):
    d, s = {"p": [x[0]]}, 0.0
    for v in x:
        if v > 0.2:
            d["p"] = [d["p"][-1] * v, s]
        else:
            s = s + (1.0,)[2]
    return sum(d["p"]) + s


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [item_missing_in_the_other_arm, stack_machine, tuple_of_one_arm, list_made_in_the_arm],
)
def test_the_other_arm_counts(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])
