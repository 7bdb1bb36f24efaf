"""``max``, ``min`` and ``sorted`` of objects that their classes compare."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = (
    np.array([0.7, -0.4, 1.3, 0.9]),
    np.array([-0.6, 0.8, 0.35, -1.1]),
)


class Task:
    def __init__(self, rank, weight):
        self.rank, self.weight = rank, weight

    def __lt__(self, other):
        return self.rank < other.rank

    def __gt__(self, other):
        return self.rank > other.rank


class Late(Task):
    pass


class Plain:
    def __init__(self, v):
        self.v = v


@dataclass(order=True)
class Event:
    time: float
    kind: str = field(compare=False)
    value: float = field(compare=False)


def the_largest(x):
    best = max([Task(x[0], x[1]), Late(x[2], x[3]), Task(x[1], 2.0)])
    return best.rank * best.weight


def the_smaller(x):
    best = min(Task(x[0], x[1]), Late(x[2], x[3]))
    return best.rank * best.weight


def one_for_each_element(x):
    return min([Event(v, "a", v * v) for v in x]).value * max([Plainly(v) for v in x]).v


class Plainly(Plain):
    def __gt__(self, other):
        return self.v > other.v


def the_largest_is_changed(x):
    tasks = [Task(x[0], x[1]), Task(x[2], x[3])]
    max(tasks, default=None).weight = 5.0
    return tasks[0].weight * tasks[0].rank + tasks[1].weight


def by_ranks_that_are_known(x):
    tasks = [Task(3, x[0]), Task(1, x[1]), Late(2, x[2]), Task(1, x[3])]
    total = sum((i + 1) * task.weight for i, task in enumerate(sorted(tasks)))
    tasks.sort(reverse=True)
    return total * sum((i + 1) * task.weight for i, task in enumerate(tasks))


def events_at_known_times(x):
    events = [Event(0.3, "a", x[0]), Event(0.1, "b", x[1]), Event(0.2, "a", x[2])]
    total = 0.0
    for event in sorted(events):
        total = total * 0.5 + event.value if event.kind == "a" else total - event.value**2
    return total


def without_an_order(x):
    found = 0.0
    for pick in (max, lambda them: sorted(them)[0]):
        try:
            found += pick([Plain(x[0]), Plain(x[1])]).v
        except TypeError:
            found += x[2] ** 2
    return found


PROGRAMS = [
    *(the_largest, the_smaller, one_for_each_element, the_largest_is_changed),
    *(by_ranks_that_are_known, events_at_known_times, without_an_order),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    check_at(f, *POINTS)


def test_refused_where_data_tell_the_order() -> None:
    def f(x):
        return sorted([Task(v, v * v) for v in x])[0].weight

    with pytest.raises(UnsupportedSyntaxError, match="which is the less depends") as caught:
        grad(f)(POINTS[0])
    assert "key=lambda item" in str(caught.value)

    def as_the_hint_says(x):
        return sorted([Task(v, v * v) for v in x], key=lambda item: item.rank)[0].weight

    check_at(as_the_hint_says, *POINTS)
