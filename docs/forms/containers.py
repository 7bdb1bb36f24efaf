"""Containers: each form, the test that covers it in depth, and an example."""

LISTS = "language/test_containers_mutable.py::test_gradient[every_change_of_a_list]"
DICTS = "language/test_containers_mutable.py::test_gradient[every_change_of_a_dict]"

ROWS = [
    (
        "list: `append`",
        LISTS,
        """
def f(x):
    states = []
    for v in x:
        states.append(v * v)
    return states[0] * states[-1] * len(states)
""",
    ),
    (
        "list: `extend`, `+=`",
        LISTS,
        """
def f(x, y):
    items = [x]
    items.extend([y, x * y])
    items += [y * y]
    return np.sum(items[1] * items[2] * items[3])
""",
    ),
    (
        "`x.tolist()` of vectors and matrices",
        "language/test_tolist.py::test_derivatives[rows]",
        """
def f(x):
    items = x.tolist()
    items.append(items[0] * items[1])
    return sum(v * v for v in items)
""",
    ),
    (
        "named tuples of known numbers as keys",
        "language/test_named_tuples_as_keys.py::test_derivatives[a_grid]",
        """
from typing import NamedTuple

class Cell(NamedTuple):
    row: int
    column: int

def f(x):
    grid = {Cell(i, j): x[i] * x[j] for i in range(2) for j in range(2)}
    return sum(v * grid[Cell(c.column, c.row)] for c, v in grid.items())
""",
    ),
    (
        "list: `insert`",
        LISTS,
        """
def f(x, y):
    items = [x, x * x]
    items.insert(1, y)
    return np.sum(items[1] * items[2])
""",
    ),
    (
        "`collections.deque` as a queue: `append`, `popleft`",
        "language/test_deques.py::test_derivatives[breadth_first]",
        """
from collections import deque

def f(x):
    distance, queue = {0: x[0]}, deque([0])
    while queue:
        i = queue.popleft()
        for j in (2 * i + 1, 2 * i + 2):
            if j < len(x):
                distance[j] = distance[i] * x[j]
                queue.append(j)
    return sum(distance.values())
""",
    ),
    (
        "`collections.deque(maxlen=k)`: sliding windows",
        "language/test_deques.py::test_derivatives[moving_average]",
        """
from collections import deque

def f(x):
    window, total = deque(maxlen=3), 0.0
    for v in x:
        window.append(v)
        total += sum(window) / len(window) * v + np.mean(window)
    return total
""",
        {"note": "what the program makes; one that is passed in is not looked into"},
    ),
    (
        "a deque that changes while a loop runs over it",
        "language/test_deques.py::test_a_deque_that_changes_while_it_is_iterated_over[_rotated]",
        """
from collections import deque

def f(x):
    d, total = deque(x), 0.0
    for v in d:
        total += v * v
        d.rotate(1)
    return total
""",
        {"refused": ("UnsupportedSyntaxError", "loop over a copy of it"), "note": "Python raises"},
    ),
    (
        "list: `pop`",
        LISTS,
        """
def f(x, y):
    items = [x, y, x * y]
    a = items.pop()
    b = items.pop(0)
    return np.sum(a * b * items[0])
""",
    ),
    (
        "list: `remove`, `clear`, `reverse`, `copy`",
        LISTS,
        """
def f(x, y):
    items = [x, y]
    again = items.copy()
    items.reverse()
    y = items[0] * again[0]
    again.clear()
    return np.sum(y * items[0]) + len(again)
""",
    ),
    (
        "list: indexing, by a number of the loop too",
        "language/test_dynamic_lists.py::test_gradient[read_by_index]",
        """
def f(items):
    y = items[-1]
    for k in range(len(items)):
        y = y * items[k]
    return np.sum(y)
""",
    ),
    (
        "list: indexing and item assignment by a number that data give",
        "language/test_chosen_by_data.py::test_gradient[written-x0]",
        """
def f(x):
    items = [x[0], x[1] ** 2]
    k = int(x[0] > x[1])
    items[k] *= 3
    return items[0] * items[1] + [2.0, 3.0][k] * items[k]
""",
    ),
    (
        "list: slicing",
        "language/test_dynamic_lists.py::test_gradient[sliced]",
        """
def f(x):
    states = []
    for v in x:
        states.append(v * x)
    y = 0.0
    for state in states[1:][::-1]:
        y = np.sin(y + state)
    return np.sum(y)
""",
    ),
    (
        "list: item assignment",
        LISTS,
        """
def f(items, y):
    states = list(items)
    states[0] = states[1] * y
    states[1] *= 2
    return np.sum(states[0] * states[1])
""",
    ),
    (
        "list: slice assignment",
        LISTS,
        """
def f(x, y):
    states = [x, x, x]
    states[1:] = [y, x * y]
    return np.sum(states[0] * states[1] * states[2])
""",
    ),
    (
        "list: `+`, `*`",
        "language/test_dynamic_lists.py::test_gradient[joined_in_every_way]",
        """
def f(x, y):
    items = [x] + [y, x * y] * 2
    return np.sum(items[3] * items[4]) * len(items)
""",
    ),
    (
        "`np.stack(list_built_in_a_loop)`",
        "language/test_dynamic_lists.py::test_gradient[states_stacked]",
        """
def f(x):
    h, states = x, []
    for t in range(5):
        h = np.tanh(h * x)
        states.append(h)
    return np.sum(np.stack(states) ** 2)
""",
    ),
    (
        "`np.array(list)`, `np.concatenate(list)`",
        "language/test_containers_mutable.py::test_gradient[lists_to_arrays]",
        """
def f(x):
    squares = []
    for v in x:
        squares.append(v * v)
    return np.sum(np.array(squares) * x) + np.sum(np.concatenate([x, x * x]))
""",
    ),
    (
        "tuples",
        "language/test_containers.py::test_gradient[tuple_arithmetic]",
        """
def f(x, y):
    pair = (x, y) + (x * y,)
    a, (b, c) = pair[0], pair[1:]
    return np.sum(a * b * c)
""",
    ),
    (
        "dict: `d[k]`, `get`, `in`, `len`",
        DICTS,
        """
def f(d, x):
    y = d["a"] * d.get("b") * d.get("c", x)
    return np.sum(y) * len(d) if "a" in d else 0.0
""",
    ),
    (
        "dict: `items`, `keys`, `values`, iteration",
        "language/test_comprehensions.py::test_gradient[over_a_dict]",
        """
def f(d):
    y = 1.0
    for key, value in d.items():
        y = y * value * len(key)
    for key in d:
        y = y + d[key]
    for value in d.values():
        y = y * value
    return np.sum(y) * len(list(d.keys()))
""",
    ),
    (
        "dict: item assignment",
        DICTS,
        """
def f(x, y):
    d = {"a": x}
    d["b"] = y * d["a"]
    d["a"] *= y
    return np.sum(d["a"] * d["b"])
""",
    ),
    (
        "dict: `|`, `|=`, `update`, `{**d}`",
        DICTS,
        """
def f(d, x):
    e = d | {"b": x}
    e |= {"c": x * x}
    e.update(a=x * e["a"])
    e = {**e, "d": x}
    return np.sum(e["a"] * e["b"] * e["c"] * e["d"])
""",
    ),
    (
        "dict: `pop`, `setdefault`, `copy`",
        DICTS,
        """
def f(d, x):
    e = d.copy()
    a = e.pop("a")
    b = e.setdefault("c", x * x)
    return np.sum(a * b * e["b"] * e["c"])
""",
    ),
    (
        "sets of keys",
        "language/test_containers_mutable.py::test_gradient[sets_of_keys]",
        """
def f(d):
    frozen = {"b"}
    y = 1.0
    for key in d:
        if key not in frozen:
            y = y * d[key]
    return np.sum(y)
""",
    ),
    (
        "sets of keys that are constants of the program: loops, operators, comparisons",
        "language/test_sets_from_outside.py::test_gradient[operators]",
        """
FROZEN = frozenset({"b"})
NAMES = {"a", "b"}

def f(d, x):
    y = x * 1.0
    for key in NAMES - FROZEN:
        y = y * d[key]
    for key in d.keys() & FROZEN:
        y = y + d[key] ** 2
    return np.sum(y) * (2 if FROZEN <= NAMES else 3) * sum(np.sum(d[k]) for k in NAMES)
""",
        {
            "note": "The derivative is compiled for what is in them and for the order, as for the "
            "keys of a dict; for a set of integers or texts among the arguments only where a loop "
            "runs over what operators make of it."
        },
    ),
    (
        "sets whose order counts: operators, changes, `pop`",
        "language/test_orders_of_sets.py::test_programs_drawn_at_random",
        """
def f(x):
    todo, seen, y = {1, 0}, set(), x * 1.0
    while todo:
        k = todo.pop()
        seen.add(k)
        todo |= {(k + 2) % 3, (k + 1) % 3} - seen
        y = y * 0.5 + x[k]
    return np.sum(y) + sum(x[k] * (1 + i) for i, k in enumerate(seen - {2}))
""",
        {
            "note": "The elements come in the order of the set that Python makes of the same "
            "operations in this process, also where data decide on the elements. A set that came "
            "about in one of two ways, with the same elements in both, has no order that is known: "
            "`sorted(elements)`."
        },
    ),
    (
        "frozensets as keys and in sets",
        "language/test_orders_of_sets.py::test_gradient[frozensets_as_keys]",
        """
def f(x):
    weights, done, s = {frozenset((0, 1)): 2.0, frozenset((1, 2)): 3.0}, set(), 0.0
    for i in range(3):
        for j in range(3):
            pair = frozenset((i, j))
            if pair not in done and len(pair) > 1:
                done.add(pair)
                s += x[i] * x[j] * weights.get(pair, 0.5)
    return s * len(done)
""",
    ),
    (
        "loops over sets to which data add elements, `next(iter(s))`, `pop`",
        "language/test_orders_of_sets_of_data.py::test_gradient[taken_out]",
        """
def f(x):
    active, s = set(), 0.0
    for i in range(len(x)):
        if x[i] > 0:
            active.add(i)
    for i in active:
        s = s * 0.5 + x[i] ** 2 * (i + 1)
    rest = list(set(range(len(x))) - active)
    first = next(iter(active)) if active else 0
    while active:
        s = s * 0.9 + x[active.pop()]
    return s + sum(x[i] for i in rest) * x[first]
""",
    ),
    (
        "sets in lists, in dicts and in objects to which data add: `adj[a].add(b)`",
        "language/test_sets_in_lists_of_data.py::test_gradient[changed_in_all_ways]",
        """
def f(x):
    near, s = [set() for _ in range(len(x))], 0.0
    for i in range(len(x)):
        for j in range(i):
            if abs(x[i] - x[j]) < 1.0:
                near[i].add(j)
                near[j].add(i)
    for i in range(len(x)):
        for j in near[i]:
            s = s * 0.5 + x[i] * x[j] ** 2
        s += len(near[i]) * x[0] + (i in near[0]) * x[i]
    return s
""",
        {
            "note": "Also `groups.setdefault(k, set()).add(i)`, `defaultdict(set)` and "
            "`node.near |= {j}`. Refused is a program that asks for the order of sets which two "
            "lists have, and one of which is changed then: `[set(own) for own in near]`."
        },
    ),
    (
        "a set that is changed while a loop runs over it",
        "language/test_orders_of_sets_of_data.py::test_refused[changed_while_it_is_iterated_over]",
        """
def f(x):
    active, s = {i for i in range(len(x)) if x[i] > 0}, 0.0
    for i in active:
        s += x[i] ** 2
        if x[i] > 1:
            active.discard(i)
    return s
""",
        {"refused": ("UnsupportedSyntaxError", "list(elements)")},
    ),
    (
        "operators between the keys of dicts and any iterables",
        "language/test_orders_of_sets_of_data.py::test_gradient[keys_of_dicts]",
        """
def f(x):
    sums, s = {}, 0.0
    for v in x:
        sums[int(v * 3)] = sums.get(int(v * 3), 0.0) + v * v
    for k in sums.keys() | [0, 1]:
        s = s * 0.5 + sums.get(k, x[0])
    return s + sum(sums[k] for k in sums.keys() & {0, 1, 2})
""",
    ),
    (
        "`del` of items of lists and dicts; keys that are f-strings",
        "language/test_lists_as_conditions.py::test_gradient[items_are_deleted-4]",
        """
def f(x):
    d = {"W1": x[0], "W2": x[1], "W3": 1.0}
    del d["W3"]
    items = [d[f"W{i}"] * i for i in (1, 2)]
    del items[0]
    return items[0] * len(d)
""",
    ),
    (
        "star-unpacking",
        "language/test_statements.py::test_gradient[starred_targets]",
        """
def f(x, items):
    first, *rest = items
    both = [first, *rest, *[x]]
    *_, last = both
    a, *others, b = x
    last = last * a * b * sum(others)
    return np.sum(np.multiply(*items) * rest[0] * last)
""",
    ),
    (
        "containers as arguments: the gradient has their structure",
        "language/test_containers.py::test_gradient[nested_argument]",
        """
def f(items, d):
    return np.sum(items[0] * d["a"]) * items[1][0] + d["b"][1] ** 2
""",
    ),
    (
        "lists and dicts in a differentiated argument are changed",
        "language/test_given_containers_changed.py::test_gradient[a_simulation]",
        """
state = {"pos": [0.3, 0.7], "rates": np.full(3, 0.2), "path": []}

def f(state):
    for _ in range(3):
        state["pos"][0] *= state["pos"][1]
        state["path"].append(state["pos"][0])
    state["rates"] = state["rates"] * 2
    state["scale"] = np.sum(state.pop("rates"))
    return sum(state["path"]) * state["scale"]
""",
        {
            "note": "The gradient leaves those of the caller as they are, and has the structure "
            "that was given. What is returned beside the value is the function's own. Nothing else "
            "may lead to one that is changed.",
        },
    ),
    (
        "a list or a dict is changed that a differentiated object has",
        "language/test_hints_for_given_lists.py::test_refused[added_to-]",
        """
import dataclasses

@dataclasses.dataclass
class Net:
    rates: list

net = Net([0.3, 0.7])

def f(net):
    net.rates.append(net.rates[0])
    return net.rates[-1] * net.rates[0]
""",
        {
            "refused": (
                "AliasingError",
                "make one of its own first: items = list(items), or copy.deepcopy what it is in",
            )
        },
    ),
    (
        "dict: objects as keys",
        "language/test_objects_as_keys.py::test_gradient[forces_on_many]",
        """
class Body:
    def __init__(self, x):
        self.x = x

def f(x):
    bodies = [Body(v) for v in x]
    force = {}
    for a in bodies:
        force[a] = sum(b.x - a.x**2 for b in bodies if b is not a)
    return sum(force[a] * a.x for a in bodies)
""",
        {
            "note": "Of a class whose objects are equal to themselves alone. Such a dict has no "
            "other keys; one from outside is refused."
        },
    ),
    (
        "tuples with objects as keys, `{**d, node: v}`",
        "language/test_tuples_of_objects_as_keys.py::test_gradient[forces]",
        """
class Body:
    def __init__(self, x):
        self.x = x

def f(x):
    bodies = [Body(v) for v in x]
    force = {}
    for i, a in enumerate(bodies):
        for b in bodies[:i]:
            force[(a, b)] = a.x * b.x
    mass = {**{b: 1.0 for b in bodies}, bodies[0]: x[1]}
    return sum(v * mass[a] - v * b.x for (a, b), v in force.items())
""",
    ),
    (
        "set of objects",
        "language/test_objects_as_keys.py::test_gradient[a_graph_of_many]",
        """
class Node:
    def __init__(self, x):
        self.x = x
        self.next = []

def f(x):
    nodes = [Node(v) for v in x]
    for a, b in zip(nodes, nodes[1:]):
        a.next.append(b)
        b.next.append(a)
    seen, todo, total = set(), [nodes[0]], 0.0
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            total = total * 0.9 + node.x**2
            todo.extend(node.next)
    return total
""",
        {
            "note": "A loop over one, and `pop`, take the objects as they came, the last first for "
            "`pop`: Python's order is that of their addresses, another one in each run."
        },
    ),
    (
        "tuple and list: `index` and `count` of what data give",
        "language/test_places_in_tuples.py::test_gradient[of_constants]",
        """
def f(x):
    order, s = (2, 0, 1), 0.0
    for i in range(len(x)):
        k = int(x[i] > 0)
        s = s * 0.9 + x[order.index(k)] * (order.count(k) + i)
    return s
""",
    ),
    (
        "list: `sort` of numbers that are differentiated",
        "language/test_sorted_numbers.py::test_gradient[in_place]",
        """
def f(x):
    values = list(x)
    values.sort()
    return values[0] * values[-1]
""",
    ),
]
