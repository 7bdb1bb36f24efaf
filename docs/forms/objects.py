"""Objects: each form, the test that covers it in depth, and an example."""

ROWS = [
    (
        "named tuples whose class the function makes: `namedtuple(...)`",
        "language/test_named_tuples_made_inside.py::test_gradient[a_state_that_is_carried]",
        """
from collections import namedtuple

def f(x):
    State = namedtuple("State", "position velocity")
    state = State(x[0], x[1])
    for _ in range(5):
        state = state._replace(position=state.position + 0.1 * state.velocity)
    return state.position * state.velocity
""",
    ),
    (
        'texts of containers with instances in them: `print(points)`, `"%s" % point`',
        "language/test_texts_of_instances_in_containers.py::test_texts[printed]",
        """
class Point:
    def __init__(self, v):
        self.v = v

    def __repr__(self):
        return f"<{self.v:.0f}>"

def f(x):
    points = [Point(x[0]), Point(x[1])]
    return points[0].v ** 2 + x[1] * len(f"{points}" + "%s, %d" % (points[0], 3))
""",
    ),
    (
        "linked lists that grow in a `while`, of objects or tuples",
        "language/test_linked_lists_that_grow.py::test_derivatives[pushed_and_walked]",
        """
class Node:
    def __init__(self, v, next):
        self.v, self.next = v, next

def f(x):
    head, pairs, s = None, None, 0.2 + x[0] ** 2
    while s < 9:
        head, pairs = Node(s * x[1], head), (s, pairs)
        s = s * 1.7
    total = 0.0
    while head is not None:
        v, pairs = pairs
        total += head.v * v
        head = head.next
    return total
""",
    ),
    (
        "changing a node of such a list, appending at its end among that",
        "language/test_linked_lists_that_grow.py::test_what_is_refused[appended-]",
        """
class Node:
    def __init__(self, v, next):
        self.v, self.next = v, next

def f(x):
    s = 0.2 + x[0] ** 2
    head = tail = Node(s, None)
    while s < 9:
        s = s * 1.7
        tail.next = Node(s * x[1], None)
        tail = tail.next
    return head.v * head.next.v
""",
        {"refused": ("AliasingError", "let objects name each other by their positions in a list")},
    ),
    (
        "methods, `self.attribute` reads",
        "language/test_classes.py::test_gradient[layers]",
        """
class Scale:
    def __init__(self, factor):
        self.factor = factor

    def apply(self, v):
        return v * self.factor

double = Scale(2.0)

def f(x, s):
    return np.sum(double.apply(x) * Scale(s).apply(x))
""",
    ),
    (
        "`@property`",
        "language/test_classes.py::test_gradient[operators]",
        """
class Gaussian:
    def __init__(self, variance):
        self.variance = variance

    @property
    def deviation(self):
        return np.sqrt(self.variance)

def f(s):
    return Gaussian(s * s + 1).deviation
""",
    ),
    (
        "`@staticmethod`",
        "language/test_classes.py::test_gradient[operators]",
        """
class Maths:
    @staticmethod
    def square(v):
        return v * v

def f(x):
    return np.sum(Maths.square(x) * Maths().square(x))
""",
    ),
    (
        "`@classmethod`",
        "language/test_classes.py::test_gradient[operators]",
        """
class Scale:
    power = 3

    def __init__(self, factor):
        self.factor = factor

    @classmethod
    def cubed(cls, factor):
        return cls(factor**cls.power)

def f(s):
    return Scale.cubed(s).factor
""",
    ),
    (
        "`__call__`",
        "language/test_classes.py::test_gradient[layers]",
        """
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, v):
        return np.tanh(v @ self.W + self.b)

def f(A, x, y):
    return np.sum(Dense(A, y)(x))
""",
    ),
    (
        "operators of a class of one's own",
        "language/test_classes.py::test_gradient[operators]",
        """
class Dual:
    def __init__(self, re, du):
        self.re, self.du = re, du

    def __mul__(self, other):
        return Dual(self.re * other.re, self.re * other.du + self.du * other.re)

def f(s):
    t = Dual(s, 1.0)
    return (t * t * t).du
""",
    ),
    (
        "inheritance, `super()`",
        "language/test_classes.py::test_gradient[layers]",
        """
class Layer:
    def __init__(self, w):
        self.w = w

    def __call__(self, v):
        return v * self.w

class Residual(Layer):
    def __init__(self, w, scale):
        super().__init__(w)
        self.scale = scale

    def __call__(self, v):
        return v + self.scale * super().__call__(v)

def f(x, y, s):
    return np.sum(Residual(y, s)(x) ** 2)
""",
    ),
    (
        "dataclasses built and read inside",
        "language/test_classes.py::test_gradient[a_dataclass_changes]",
        """
import dataclasses

@dataclasses.dataclass
class State:
    position: np.ndarray
    velocity: np.ndarray

def f(x, y):
    state = State(x, velocity=y)
    for t in range(3):
        velocity = state.velocity - 0.1 * state.position
        state = State(state.position + 0.1 * velocity, velocity)
    return np.sum(state.position**2)
""",
    ),
    (
        "lists of objects, one for each element of an array",
        "language/test_objects_in_number.py::test_gradient[stepped-4]",
        """
class Particle:
    def __init__(self, position, velocity):
        self.position, self.velocity = position, velocity

    def step(self, dt):
        self.position = self.position + dt * self.velocity
        self.velocity = self.velocity - dt * self.position

def f(x, y):
    particles = [Particle(x[i], y[i]) for i in range(len(x))]
    for t in range(3):
        for particle in particles:
            particle.step(0.1)
    return sum(particle.position**2 for particle in particles)
""",
    ),
    (
        "lists of objects whose length data tell",
        "language/test_instances_in_lists.py::test_gradient[trajectory-x0]",
        """
class Interval:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def middle(self):
        return 0.5 * (self.a + self.b)

def f(x):
    stack = [Interval(0.0, 1.0 + x[0] ** 2)]
    total = 0.0
    while stack:
        part = stack.pop()
        if part.b - part.a > 0.3:
            stack.append(Interval(part.a, part.middle()))
            stack.append(Interval(part.middle(), part.b))
        else:
            total += (part.b - part.a) * np.exp(-x[1] * part.middle())
    return total
""",
        {
            "note": "Of one class, with the same attributes, that the function makes. "
            "The lists hold tuples of what is in them."
        },
    ),
    (
        "changing objects in lists whose length data tell",
        "language/test_instances_changed_in_lists.py::test_gradient[filtered_steps-x0]",
        """
class Particle:
    def __init__(self, v, drag):
        self.v, self.drag = v, drag

def f(x):
    particles = [Particle(v, 0.1) for v in x]
    moving = particles
    for _ in range(3):
        for p in moving:
            p.v = p.v - p.drag * p.v ** 2
        moving = [p for p in moving if p.v > 0.5]
    return sum((i + 1) * p.v for i, p in enumerate(particles)) + sum(p.v for p in moving)
""",
        {
            "note": "Up to 50, all of which are there before the loop that changes them. "
            "The lists hold their numbers."
        },
    ),
    (
        "objects that lead to each other, in an order that data tell",
        "language/test_whiles_over_objects.py::test_refused[sorted_insertion]",
        """
class Node:
    def __init__(self, v, after=None):
        self.v, self.after = v, after

def f(x):
    head = Node(-10.0)
    for v in x:
        at = head
        while at.after is not None and at.after.v < v:
            at = at.after
        at.after = Node(v, at.after)
    return head.after.v
""",
        {"refused": ("AliasingError", "by their positions in a list")},
    ),
    (
        "`dataclasses.replace`",
        "language/test_pass_through.py::test_replaced_fields",
        """
import dataclasses

@dataclasses.dataclass(frozen=True)
class State:
    position: np.ndarray
    velocity: np.ndarray

def f(x, y):
    state = dataclasses.replace(State(x, y), position=x * y)
    return np.sum(state.position * state.velocity)
""",
    ),
    (
        "named tuples built and read inside",
        "language/test_containers.py::test_gradient[named_tuple_argument]",
        """
from typing import NamedTuple

class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray

def f(x, y):
    pair = Pair(x, b=y)
    a, b = pair
    other = pair._replace(a=b * b)
    return np.sum(pair.a * pair[1] * a * b * other.a)
""",
    ),
    (
        "a dataclass instance as the argument",
        "language/test_containers.py::test_gradient[dataclass_argument]",
        """
import dataclasses

@dataclasses.dataclass
class Layer:
    W: np.ndarray
    b: np.ndarray

    def __call__(self, v):
        return np.tanh(v @ self.W + self.b)

layer = Layer(np.eye(4) * 0.5 + 0.1, np.full(4, 0.3))

def f(layer, x):
    return np.sum(layer(x) ** 2)
""",
    ),
    (
        "methods that write the arrays of an argument: `self.v += ...`",
        "language/test_states_written_in_place.py::test_gradient[a_leapfrog]",
        """
import dataclasses

@dataclasses.dataclass
class Body:
    x: np.ndarray
    v: np.ndarray

    def step(self, dt):
        self.v -= dt * np.sin(self.x)
        self.x += dt * self.v

body = Body(np.full(4, 0.3), np.full(4, 0.1))

def f(body, x):
    for _ in range(3):
        body.step(0.1)
    return np.sum(body.x * x)
""",
        {"note": "The gradient leaves the arrays of the caller as they are."},
    ),
    (
        "writing an attribute of an object created inside",
        "language/test_classes.py::test_gradient[made_anew_in_a_loop]",
        """
class Counter:
    def __init__(self):
        self.total = 0.0

    def add(self, v):
        self.total = self.total + v * v

def f(x):
    counter = Counter()
    for v in x:
        counter.add(v)
    counter.total *= x[0]
    return counter.total
""",
    ),
    (
        "an instance of a plain class as the argument",
        "language/test_argument_objects.py::test_program[networks-3]",
        """
class Layer:
    def __init__(self, units):
        self.W = np.eye(4) * 0.5 + 0.1
        self.b = np.full(4, 0.3)
        self.units = units
        self.activation = np.tanh

    def __call__(self, v):
        return self.activation(v @ self.W + self.b) / self.units

layer = Layer(4)

def f(layer, x):
    return np.sum(layer(x) ** 2)
""",
        {
            "changes": True,
            "note": "The gradient is an instance made without `__init__`, whose floats and float "
            "arrays are gradients and whose other attributes are None. So it is for the attributes "
            "of a dataclass that are no numbers.",
        },
    ),
    (
        "an object that occurs twice in an argument",
        "language/test_argument_objects.py::test_program[shared]",
        """
import dataclasses

@dataclasses.dataclass
class Dense:
    W: np.ndarray

    def __call__(self, v):
        return np.tanh(v @ self.W)

dense = Dense(np.eye(4) * 0.5 + 0.1)
layers = [dense, dense]

def f(layers, x):
    for layer in layers:
        x = layer(x)
    return np.sum(x)
""",
        {
            "changes": True,
            "note": "It is one object in the gradient too, which has the sum. An array that occurs "
            "twice is two arrays, each with its own gradient.",
        },
    ),
    (
        "`types.SimpleNamespace`",
        "language/test_namespaces.py::test_derivatives[made_in_turns]",
        """
from types import SimpleNamespace

def f(x):
    state = SimpleNamespace(x=x, v=np.zeros(4))
    for _ in range(3):
        state = SimpleNamespace(x=state.x + 0.1 * state.v, v=state.v - 0.1 * np.sin(state.x))
    return np.sum(state.x)
""",
        {
            "note": "Also as an argument, or in one. What an `OrderedDict` or a `defaultdict` in "
            "an argument that is an object holds is refused where it is read."
        },
    ),
    (
        "attributes that an object gets in some arms or trips only",
        "language/test_attributes_that_conditions_add.py::test_gradient[the_largest]",
        """
class Box:
    pass

def f(x):
    box = Box()
    for v in x:
        if v > 0:
            box.best = max(box.best, v) if hasattr(box, "best") else v
    return np.sum(x) * getattr(box, "best", 0.5) + box.best**2
""",
        {
            "note": "Of an object that the function makes. Reading one that it does not have "
            "raises the `AttributeError` that Python raises."
        },
    ),
    (
        "`vars`, `dataclasses.asdict`, `astuple`, `fields`, `replace`",
        "language/test_fields.py::test_of_an_argument[of_vars]",
        """
import dataclasses

class Model:
    def __init__(self, x):
        self.w, self.b = x, x[0]

@dataclasses.dataclass
class Layer:
    w: float
    b: float

def f(x):
    s = sum(np.sum(v**2) for v in vars(Model(x)).values())
    layer = dataclasses.replace(Layer(x[0], x[1]), b=x[2])
    for field in dataclasses.fields(layer):
        s += getattr(layer, field.name) ** 3
    return s + dataclasses.asdict(layer)["w"] * dataclasses.astuple(layer)[1]
""",
        {
            "note": "An instance must not be changed after `vars`, nor by it; of a dataclass that "
            "the function makes, `asdict` gives the fields."
        },
    ),
    (
        "a `cached_property` that is read first in an arm or a trip",
        "language/test_attributes_computed_in_an_arm.py::test_gradient[read_in_an_arm]",
        """
from functools import cached_property

class Layer:
    def __init__(self, w):
        self.w = w

    @cached_property
    def norm(self):
        return np.sqrt(np.sum(self.w**2))

def f(x):
    layer, s = Layer(x), 0.0
    if x[0] > 0:
        s += layer.norm
    return s + layer.norm * x[1]
""",
        {"note": "One of an object from outside has to be read once before."},
    ),
    (
        "writing attributes of an object that data choose",
        "language/test_chosen_objects.py::test_gradient[the_least]",
        """
class Part:
    def __init__(self, energy, v):
        self.energy, self.v = energy, v

    def damp(self, k):
        self.v = self.v * k

def f(x):
    parts = [Part(x[0], 1.0), Part(x[1], x[2]), Part(x[3], x[0])]
    best = parts[0]
    for part in parts:
        if part.energy < best.energy:
            best = part
    best.energy += 1.0
    best.damp(x[2])
    parts[int(np.argmax(x)) % 3].v += x[1]
    return sum(part.v * part.energy for part in parts)
""",
        {"note": "Among objects of one class that the function makes."},
    ),
    (
        "two objects that data choose, and that may be one",
        "language/test_chosen_objects.py::test_gradient[that_may_be_one]",
        """
class Player:
    def __init__(self, score):
        self.score, self.wins = score, 0

def f(x):
    players = [Player(x[0]), Player(x[1]), Player(x[2])]
    for i in range(len(x)):
        winner, loser = players[int(np.argmax(x[: i + 1])) % 3], players[i % 3]
        winner.wins += 1
        loser.score = loser.score - 0.1 * x[i] * winner.score
        if winner is not loser:
            winner.score += x[i]
    return sum(player.score * player.wins for player in players)
""",
    ),
    (
        "objects of several classes, one of which data choose",
        "language/test_objects_of_several_classes.py::test_gradient[in_a_list]",
        """
class Circle:
    def __init__(self, radius):
        self.radius = radius

    def area(self):
        return np.pi * self.radius**2

class Square:
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side**2

def f(x):
    shapes = [Circle(v) if v > 0.5 else Square(v) for v in x]
    largest = max(shapes, key=lambda shape: shape.area())
    total = sum(shape.area() for shape in shapes if isinstance(shape, Square))
    largest.color = "red"
    return total * largest.area()
""",
        {
            "note": "Whatever is asked of such an object is a branch on which it is. Also the "
            "objects that come from outside, and `sorted`. In a list whose length data tell, all "
            "are of one class."
        },
    ),
    (
        "`max`, `min` and `sorted` of objects that their classes compare",
        "language/test_objects_that_compare.py::test_gradient[the_largest]",
        """
class Task:
    def __init__(self, rank, weight):
        self.rank, self.weight = rank, weight

    def __lt__(self, other):
        return self.rank < other.rank

def f(x):
    known = [Task(2, x[0]), Task(1, x[1])]
    first = min(Task(x[0], x[1]), Task(x[1], x[2]))
    return first.weight * sum((i + 1) * task.weight for i, task in enumerate(sorted(known)))
""",
        {"note": "`sorted` where the comparisons are known; where data tell, with a `key`."},
    ),
    (
        "a class that data choose",
        "language/test_objects_of_several_classes.py::test_gradient[a_class_of_a_table]",
        """
class Sum:
    def __init__(self, start):
        self.start = start

    def of(self, v):
        return self.start + v

class Product(Sum):
    def of(self, v):
        return self.start * v

KINDS = {"sum": Sum, "product": Product}

def f(x):
    cls = Product if x[0] > 0.5 else Sum
    other = KINDS["sum" if x[1] > 0.5 else "product"]
    return cls(x[0]).of(x[1]) * other(x[2]).of(x[0])
""",
    ),
    (
        "an object at hand that a loop exchanges for another",
        "language/test_exchanged_in_loops.py::test_the_loop_stays_a_loop[at_hand_after_the_loop]",
        """
class Mode:
    def __init__(self, level):
        self.level = level

def f(x):
    high, low = Mode(0.0), Mode(1.0)
    mode = low
    for v in x:
        if v > 0.8:
            mode = high
        elif v < 0.4:
            mode = low
        mode.level = 0.5 * mode.level + v
    mode.level *= x[0]
    return high.level + 3 * low.level
""",
        {
            "note": "Where all the objects are there before the loop. Of those that its trips "
            "make, one that two names lead to is refused where it is changed, unless the trips can "
            "be counted: the loop is unrolled then."
        },
    ),
    (
        "a class written in the function",
        "language/test_refused.py::test_refused[class_inside]",
        """
def f(x):
    class Pair:
        pass

    return np.sum(x)
""",
        {"refused": ("UnsupportedSyntaxError", "define the class outside of the function")},
    ),
]
