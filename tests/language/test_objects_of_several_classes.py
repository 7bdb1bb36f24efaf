"""Objects of which data choose one, of several classes; and classes of which data choose one."""

import copy
import dataclasses
import functools

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad
from tests.slopes import check_at

POINTS = (
    np.array([0.7, -0.4, 1.3, 0.9]),
    np.array([-0.6, 0.8, 0.35, -1.1]),
    np.array([0.2, 0.9, -1.5, 0.4]),
)


class Shape:
    weight = 1.0

    def __init__(self, size):
        self.size = size
        self.log = []

    def area(self):
        raise NotImplementedError

    def grow(self, k):
        self.size = self.size * k
        return self

    def __lt__(self, other):
        return self.area() < other.area()


class Circle(Shape):
    def area(self):
        return np.pi * self.size**2


class Square(Shape):
    weight = 2.0

    def __init__(self, size):
        super().__init__(size)
        self.extra = size * size

    def area(self):
        return self.size**2 * self.weight


class Triangle(Shape):
    def area(self):
        return self.size**2 / 2


@dataclasses.dataclass
class Box:
    width: float
    height: float = 2.0

    def area(self):
        return self.width * self.height


class Times:
    def __init__(self, k):
        self.k = k
        self.last = None

    def __call__(self, v):
        return v * self.k


class Plus(Times):
    def __call__(self, v):
        return v + self.k


SHAPES = {"circle": Circle, "square": Square}
REGISTRY = {cls.__name__: cls for cls in (Circle, Square)}
AREAS = {Circle: lambda s: np.pi * s.size**2, Square: lambda s: s.size**3}
NAMED = {"Circle": lambda s: s.size, "Square": lambda s: s.extra}
STEPS = [Times(2.0), Plus(1.0), Times(0.3), Plus(-0.5)]
OUTSIDE = [Circle(2.0), Square(3.0), Triangle(4.0)]


def a_class(x):
    cls = Circle if x[0] > 0 else Square
    return cls(x[1]).area() * x[2]


def a_class_in_each_trip(x):
    total = 0.0
    for v in x:
        cls = Circle if v > 0 else Square
        total += cls(v * 2).area()
    return total


def a_class_of_a_table(x):
    total = 0.0
    for v in x:
        total += SHAPES["circle" if v > 0 else "square"](v).area()
        total += REGISTRY["Circle" if v > 0.5 else "Square"](v).area() * v
    return total


def a_class_by_an_index(x):
    return [Circle, Square, Triangle][int(np.argmax(x)) % 3](x[0]).area()


def a_class_or_none(x):
    cls, total = None, 0.0
    for v in x:
        if cls is not None:
            total += cls(v).area()
        cls = Circle if v > 0 else Square
    return total


def a_class_that_is_asked(x):
    cls = Circle if x[0] > 0 else Square
    first = cls(x[1]).size if cls is Circle else cls(x[2]).extra
    second = 2.0 if issubclass(cls, Square) else cls.weight
    return first * second * len(cls.__name__) + isinstance(Circle(x[0]), cls) * x[3]


def a_class_that_a_loop_carries(x):
    cls, v = Times, 1.0
    for t in range(len(x)):
        v = cls(x[t])(v)
        cls = Plus if v > 0.5 else Times
    return v


def in_a_list(x):
    shapes = [Circle(v) if v > 0 else Square(v) for v in x]
    total = 0.0
    for shape in shapes:
        total += shape.area()
    return total + max(shapes, key=lambda s: s.area()).size


def filtered(x):
    shapes = [Circle(v) if v > 0 else Square(v) for v in x]
    round_ones = [s for s in shapes if isinstance(s, Circle)]
    others = [s for s in shapes if isinstance(s, Square)]
    return sum(s.area() for s in round_ones) - sum(s.extra * s.size for s in others)


def the_largest(x):
    shapes = [Circle(x[0]), Square(x[1]), Box(x[2])]
    return max(shapes, key=lambda s: s.area()).area() * x[3]


def the_largest_is_asked(x):
    best = min([Circle(x[0]), Square(x[1]), Box(x[2])], key=lambda s: s.area())
    if isinstance(best, Circle):
        return best.size * 3
    return best.extra * 5 if isinstance(best, Square) else best.width * best.height


def found_in_a_loop(x):
    best = None
    for shape in [Circle(x[0]), Square(x[1]), Triangle(x[2])]:
        if best is None or shape.area() > best.area():
            best = shape
    return best.area() * x[3]


def in_their_order(x):
    shapes = [Circle(x[0]), Square(x[1]), Box(x[2])]
    first, second, third = sorted(shapes, key=lambda s: s.area())
    shapes.sort(key=lambda s: s.area(), reverse=True)
    return first.area() + 2 * second.area() * x[3] + 3 * third.area() * shapes[0].area()


def in_their_order_and_changed(x):
    shapes = [Circle(x[0]), Square(x[1]), Triangle(x[2])]
    order = sorted(shapes, key=lambda s: (s.area(), s.size))
    order[0].grow(3.0)
    return sum((i + 1) * s.area() for i, s in enumerate(shapes)) + order[0].size


def changed(x):
    a, b, c = Circle(x[0]), Square(x[1]), Circle(x[3])
    chosen = a if x[2] > 0 else (b if x[0] > 0 else c)
    chosen.size = chosen.size * 3
    chosen.grow(x[2])
    chosen.log.append(chosen.area())
    return a.area() + 2 * b.area() + 3 * c.area() + sum(chosen.log) + len(a.log)


def changed_in_a_loop(x):
    a, b = Circle(1.0), Square(2.0)
    current = a
    for v in x:
        current.grow(v)
        current = b if v > 0 else a
    return a.area() + b.area() * 3 + current.size


def exchanged(x):
    large, small = Circle(x[0]), Square(x[1])
    for v in x:
        if small.area() > large.area():
            large, small = small, large
        large.size *= 0.5 * v
    return large.area() * 2 - small.area()


def a_machine(x):
    state = Circle(x[0])
    for v in x:
        if isinstance(state, Circle) and v > 0:
            state = Square(state.size + v)
        elif isinstance(state, Square) and v < 0:
            state = Circle(state.size * v)
        else:
            state.grow(v)
    return state.area()


def which_it_is(x):
    a, b, c = Circle(x[0]), Square(x[1]), Circle(x[2])
    chosen = a if x[2] > 0 else b
    chosen = c if x[1] > 0.85 else chosen
    return (2 if chosen is a else 3) * chosen.size + (5 if chosen == c else 7) * x[3]


def dispatched_by_its_class(x):
    shape = Circle(x[0]) if x[0] > 0 else Square(x[1])
    return AREAS[type(shape)](shape) * NAMED[type(shape).__name__](shape) * x[2]


def made_by_a_factory(x):
    def make(kind, v):
        if kind == "circle":
            return Circle(v)
        elif kind == "square":
            return Square(v)
        raise ValueError(kind)

    shape = make("circle" if x[0] > 0 else "square", x[1])
    return shape.area() * x[2] * getattr(shape, "extra", 3.0) * shape.weight


def copied(x):
    shape = Circle(x[0]) if x[2] > 0 else Square(x[1])
    one, other = copy.copy(shape), copy.deepcopy(shape)
    one.size = one.size * 3
    other.log.append(x[3])
    return shape.area() + one.area() + sum(other.log) + len(shape.log)


def made_by_a_partial(x):
    first, second = functools.partial(Circle, x[1]), functools.partial(Square, x[2])
    return (first if x[0] > 0 else second)().area()


def by_an_index_from_outside(x):
    return np.sum(STEPS[int(np.argmax(x))](x)) * OUTSIDE[int(np.argmin(x)) % 3].area()


def two_from_outside(x):
    step, other = (STEPS[0], STEPS[2]) if x[0] > 0 else (STEPS[2], STEPS[0])
    return np.sum(step(x) * other(x[1]))


PROGRAMS = [
    *(a_class, a_class_in_each_trip, a_class_of_a_table, a_class_by_an_index, a_class_or_none),
    *(a_class_that_is_asked, a_class_that_a_loop_carries, in_a_list, filtered, the_largest),
    *(the_largest_is_asked, found_in_a_loop, in_their_order, in_their_order_and_changed, changed),
    *(changed_in_a_loop, exchanged, a_machine, which_it_is, dispatched_by_its_class),
    *(made_by_a_factory, copied, made_by_a_partial, by_an_index_from_outside, two_from_outside),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    check_at(f, *POINTS)


def test_attributes_of_the_one_that_is_meant_are_written() -> None:
    def f(x):
        step = STEPS[0] if x[0] > 0 else STEPS[2]
        step.last = 2 * x[1]
        return np.sum(step(x))

    for x in POINTS[:2]:
        STEPS[0].last = STEPS[2].last = None
        np.testing.assert_allclose(grad(f)(x), STEPS[0 if x[0] > 0 else 2].k * np.ones(4))
        found = [STEPS[0].last, STEPS[2].last]
        assert found == ([2 * x[1], None] if x[0] > 0 else [None, 2 * x[1]])


def test_refused_in_a_list_whose_length_data_tell() -> None:
    def f(x):
        shapes = []
        for v in x:
            if v > 0:
                shapes.append(Circle(v))
            elif v < -0.5:
                shapes.append(Square(v))
        return sum(s.area() for s in shapes)

    with pytest.raises(UnknownTypeError, match="containers of different kinds"):
        grad(f)(POINTS[0])


def test_refused_where_a_list_gets_shorter_in_a_loop() -> None:
    def f(x):
        done = [Circle(v) if v > 0 else Square(v) for v in x]
        total = 0.0
        for _ in range(int(x[0] + 2)):
            total += done.pop().area()
        return total

    with pytest.raises(UnknownTypeError, match="of one class or another here") as caught:
        grad(f)(POINTS[0])
    assert "objects of one class" in str(caught.value)
