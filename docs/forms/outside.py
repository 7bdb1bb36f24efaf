"""State outside: each form, the test that covers it in depth, and an example."""

ROWS = [
    (
        "rebinding an attribute of an outside object",
        "language/test_outside_written.py::test_a_running_mean",
        """
class Norm:
    def __init__(self):
        self.mean = 0.0

    def __call__(self, v):
        self.mean = 0.9 * self.mean + 0.1 * np.mean(v)
        return v - np.mean(v)

norm = Norm()

def f(x, y):
    return np.sum(norm(x) ** 2 * y)
""",
        {
            "note": "It happens once per gradient call, as in `f`; the value that was written is a "
            "constant for later calls. A pullback must not read an argument that is kept so."
        },
    ),
    (
        "attributes of classes: `Counter.total += v`, `type(self).count += 1`",
        "language/test_noted_on_classes.py::test_gradient[in_a_method]",
        """
class Layer:
    calls = 0

    def __init__(self, w):
        self.w = w

    def __call__(self, v):
        type(self).calls += 1
        return np.tanh(v * self.w)

layer = Layer(0.5)

def f(x):
    Layer.calls = 0
    return np.sum(layer(layer(x))) / layer.calls
""",
        {
            "note": "Read through the class, those that inherit from it and their instances. "
            "The class has the attribute already, and its metaclass no say."
        },
    ),
    (
        "attributes of functions and methods: `wrapper.calls += 1`",
        "language/test_noted_on_functions.py::test_gradient[called]",
        """
import functools

def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper

@counted
def square(v):
    return v * v

def f(x):
    return np.sum(square(x)) * square(x[0])
""",
        {"note": "Of functions at global names. As attributes of objects: once in each call."},
    ),
    (
        "rebinding an attribute of an argument",
        "language/test_argument_objects.py::test_program[networks]",
        """
import dataclasses

@dataclasses.dataclass
class Norm:
    scale: np.ndarray
    mean: float = 0.5

    def __call__(self, v):
        self.mean = 0.9 * self.mean + 0.1 * np.mean(v)
        return self.scale * (v - self.mean)

@dataclasses.dataclass
class Net:
    layers: list

net = Net([Norm(np.full(4, 1.5)), Norm(np.full(4, 0.7))])

def f(net, x):
    for layer in net.layers:
        x = layer(x)
    return np.sum(x**2)
""",
        {
            "changes": True,
            "note": "The gradient is that with respect to the attribute's value at entry. Where "
            "a function does this, all ints of dataclasses stay ints, and their gradient is None.",
        },
    ),
    (
        "rebinding an attribute of an outside object in a branch or a loop",
        "language/test_argument_objects.py::test_program[in_a_loop]",
        """
class State:
    def __init__(self):
        self.value = np.full(4, 0.3)
        self.large = 0

state = State()

def f(state, x, n):
    for t in range(n):
        state.value = np.sin(state.value * x)
        if state.value[0] > 0.1:
            state.large += 1
    return np.sum(state.value) * state.large
""",
        {"changes": True},
    ),
    (
        "writing into an array of an outside object, and keeping it there",
        "language/test_argument_objects.py::test_refused[array_in_place]",
        """
class State:
    def __init__(self):
        self.mean = np.zeros(4)

state = State()

def f(x):
    state.mean += 0.1 * x
    return np.sum(state.mean * x)
""",
        {"refused": ("AliasingError", "x.name = x.name + ...")},
    ),
    (
        "keeping an array that was filled in place in an outside object",
        "language/test_filled_and_kept.py::test_a_copy_is_kept[after_the_loop]",
        """
log = []

def f(x, y):
    path = np.empty((3, 4))
    for t in range(3):
        x = np.cos(x * y)
        path[t] = x
    log.append(path)
    return np.sum(path**2)
""",
        {
            "changes": True,
            "note": "A copy is kept. What is written after it was kept, or is kept twice or "
            "returned too, is refused.",
        },
    ),
    (
        "leaving a list, a dict or an instance of a dataclass in an outside object",
        "language/test_given_away.py::test_it_is_left_there[rows]",
        """
import dataclasses

@dataclasses.dataclass
class Step:
    number: int
    norm: float

class Net:
    def __init__(self):
        self.stats = {}
        self.steps = []

net = Net()

def f(x):
    for i in range(3):
        x = np.cos(x)
        net.steps.append(Step(i, np.sqrt(np.sum(x**2))))
    net.stats = {"mean": np.mean(x), "rows": [x, 2 * x]}
    return np.sum((x - net.stats["mean"]) ** 2)
""",
        {
            "changes": True,
            "note": "The function may read it afterwards, and not return it.",
        },
    ),
    (
        "adding to a list or a dict that was left in an outside object, `setdefault`",
        "language/test_given_away.py::test_it_is_left_there[changed_where_it_was_left]",
        """
class Net:
    def __init__(self):
        self.acts = []
        self.log = {}

net = Net()

def f(x):
    net.acts = []
    for _ in range(3):
        x = np.tanh(x)
        net.acts.append(x)
    net.log.setdefault("norm", []).append(np.sum(x**2))
    return np.sum(x) + sum(np.sum(a**2) for a in net.acts)
""",
        {"changes": True},
    ),
    (
        "leaving a new object of another class in an outside object",
        "language/test_outside_written.py::test_refused"
        "[a_new_object-UnsupportedSyntaxError-no number, array or container]",
        """
class State:
    def __init__(self):
        self.last = None

class Note:
    def __init__(self, value):
        self.value = value

state = State()

def f(x):
    state.last = Note(x)
    return np.sum(x)
""",
        {"refused": ("UnsupportedSyntaxError", "lists, dicts or tuples there")},
    ),
    (
        "adding to a list or a dict from outside",
        "language/test_added_outside.py::test_it_happens_once[what_is_differentiated]",
        """
losses = []
history = {"norm": []}

def f(x, y):
    loss = np.sum((x - y) ** 2)
    losses.append(float(loss))
    history["norm"].append(np.sqrt(loss))
    history["last"] = loss
    return loss * 2
""",
        {
            "changes": True,
            "note": "It happens once per gradient call, as in `f`; what is added is a constant. A "
            "list or dict that is differentiated is the function's own.",
        },
    ),
    (
        "adding to a list or a dict that the function was given",
        "language/test_added_outside.py::test_lists_of_the_caller",
        """
seen = []
counts = {"calls": 0}

def f(x, seen, counts):
    counts["calls"] += 1
    note = seen.append
    for _ in range(3):
        x = np.cos(x)
        note(x)
    return np.sum(x) * counts["calls"]
""",
        {"changes": True},
    ),
    (
        "an item of a dict from outside, written and read",
        "language/test_added_outside.py::test_what_is_read_after[memo]",
        """
counts = {"calls": 0, "largest": 0.0}
tables = {}

def table(n):
    if n not in tables:
        tables[n] = np.exp(-np.arange(n) / n)
    return tables[n]

def f(x):
    counts["calls"] += 1
    counts["largest"] = np.max(x)
    return np.sum(x * table(len(x))) * counts["largest"]
""",
        {"changes": True},
    ),
    (
        "the length of a list from outside, and what was added last",
        "language/test_logs_read.py::test_it_is_read[until_there_are_enough]",
        """
losses = []

def f(x, losses):
    for _ in range(5):
        x = np.cos(x)
        losses.append(np.sum(x))
        if len(losses) > 7 or losses[-1] < 0.2:
            break
    return np.sum(x**2)
""",
        {"changes": True},
    ),
    (
        "reading all of a list from outside after something was added",
        "language/test_lists_followed.py::test_it_is_followed[moving_average]",
        """
losses = []

def f(x, losses):
    losses.append(np.sum(x**2))
    for loss in losses:
        x = x * loss
    return np.mean(losses[-3:]) * np.sum(x)
""",
        {
            "changes": True,
            "note": "What was there before is a constant; what the same call has put there has "
            "its derivative.",
        },
    ),
    (
        "taking something out of a list from outside, or putting it elsewhere",
        "language/test_lists_followed.py::test_it_is_followed[bounded]",
        """
history = []

def f(x, history):
    for _ in range(4):
        x = np.cos(x)
        history += [np.sum(x)]
        if len(history) > 3:
            history.pop(0)
    history.insert(0, x[0])
    history[-1] *= 2
    del history[1:2]
    history.sort()
    return max(history) * np.sum(x)
""",
        {"changes": True},
    ),
    (
        "a `deque` from outside, added to and read",
        "language/test_deques_followed.py::test_it_is_followed[moving_average]",
        """
from collections import deque

last = deque(maxlen=3)

def f(x):
    last.clear()
    for v in x:
        last.append(v**2)
    return np.mean(last) * last[0] + len(last)
""",
        {"changes": True},
    ),
    (
        "changing one of two lists, one of which is from outside",
        "language/test_lists_followed.py::test_refused[log0-one_of_two]",
        """
history = []

def f(x):
    log = history if x[0] > 0 else [x[1]]
    log.append(x[2])
    return sum(log) * x[1]
""",
        {"refused": ("AliasingError", "make a new list in each branch")},
    ),
]
