"""Containers: each form, the test that covers it in depth, and an example."""

LISTS = "language/test_containers_mutable.py::test_gradient[every_change_of_a_list]"
DICTS = "language/test_containers_mutable.py::test_gradient[every_change_of_a_dict]"
ITERABLES = "language/test_comprehensions.py::test_gradient[functions_of_iterables]"

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
        "list comprehensions, nested and with conditions",
        "language/test_comprehensions.py::test_gradient[over_known_lengths]",
        """
def f(x):
    rows = [[v * w for w in x] for v in x]
    large = [v * v for v in x if v > 1]
    return sum([r[0] for r in rows]) + sum(large)
""",
    ),
    (
        "dict comprehensions",
        "language/test_comprehensions.py::test_gradient[over_a_dict]",
        """
def f(d, s):
    e = {key: value - s * value**2 for key, value in d.items()}
    return np.sum(e["a"] * e["b"])
""",
    ),
    (
        "generator expressions",
        ITERABLES,
        """
def f(x, items):
    y = sum(v * w for v in x for w in x if v < w)
    return y * np.sum(tuple(p * p for p in items)[1])
""",
    ),
    (
        "lists of unknown length as conditions",
        "language/test_lists_as_conditions.py::test_gradient[a_stack-4]",
        """
def f(x):
    stack = [x[0]]
    for v in x[1:]:
        while stack and stack[-1] < v:
            stack.pop()
        stack.append(v * 2)
    return sum(stack) if not (stack and stack[0] > 9) else 0.0
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
        "tuples of the elements of an array, `zip(strict=True)`",
        "language/test_counted.py::test_gradient[a_tuple_of_a_generator-4]",
        """
def f(x):
    t = tuple(v * v for v in x)
    return t[0] * sum(v * w for v, w in zip(x, t, strict=True))
""",
    ),
    (
        "loops over generator expressions",
        "hard_cases/test_generator_expressions.py::test_gradient[two_loops_and_an_exit-4]",
        """
def f(x):
    s, t = x[0], 0.0
    for e in (v * s + w for v in x if v > s - 1 for w in x if w < s + 0.5):
        t += e * e
        s = s * 0.5 + 0.1 * e
        if t > 20:
            break
    return t * s
""",
    ),
    (
        "generator expressions given to `zip`, `enumerate`, `chain`, or kept",
        "hard_cases/test_generator_expressions.py::test_gradient[bound_in_an_enumeration-4]",
        """
def f(x):
    s, t = x[0], 0.0
    for i, e in enumerate(v * s for v in x):
        t += e * e * i
        s = s + e
    return t
""",
    ),
    (
        "`zip`",
        "language/test_loops.py::test_gradient[zip_of_different_things]",
        """
def f(x, y):
    s = 0.0
    for v, w in zip(x, y[1:]):
        s = s * v + w
    return s
""",
    ),
    (
        "`enumerate`",
        "language/test_loops.py::test_gradient[enumerate_with_a_start]",
        """
def f(x):
    s = 1.0
    for k, v in enumerate(x, start=1):
        s = s + k * v**2
    return s
""",
    ),
    (
        "`map`",
        ITERABLES,
        """
def f(x, items):
    a, b = map(np.sin, items)
    for v in map(lambda v: v * v, x):
        a = a * v
    return np.sum(a * b)
""",
    ),
    (
        "`map` over an array, passed on: `sum(map(f, x))`",
        "language/test_long_iterables.py::test_gradient[summed_map]",
        """
def f(x):
    return sum(map(lambda v: v * v, x))
""",
    ),
    (
        "`reversed`",
        "language/test_loops.py::test_gradient[reversed_array]",
        """
def f(x, items):
    s = 1.0
    for v in reversed(x):
        s = s * v + 1
    for p in reversed(items):
        s = s * p[0] + p[1]
    return s
""",
    ),
    (
        "`sum`",
        ITERABLES,
        """
def f(items, s):
    return np.sum(sum(items) ** 2) * sum([s, s * s], start=1.0)
""",
    ),
    (
        "`min`, `max`",
        ITERABLES,
        """
def f(x, s):
    return max(x[0], x[1], s) * min([x[2], x[3]]) + max(v * v for v in x) * min(x)
""",
    ),
    (
        "`any`, `all`, `sorted` and `len`",
        "language/test_containers_mutable.py::test_gradient[sorting]",
        """
def f(x, d):
    y = x if all(v > 0 for v in x) and not any([x[0] > 9]) else x * x
    for key in sorted(d):
        y = y * d[key]
    return np.sum(y) * len(d)
""",
    ),
    (
        "`functools.reduce`",
        "hard_cases/test_programs.py::test_gradient[reduced]",
        """
import functools

def f(x, items):
    y = functools.reduce(lambda a, b: a * b, items)
    return np.sum(y) * functools.reduce(np.logaddexp, items, x)[0]
""",
    ),
    (
        "`functools.reduce` over an array",
        "language/test_long_iterables.py::test_gradient[reduced]",
        """
import functools

def f(x):
    return functools.reduce(lambda a, b: a * np.sin(b), x, 0.5)
""",
    ),
    (
        "`itertools.product`",
        ITERABLES,
        """
import itertools

def f(x, items):
    s = 0.0
    for i, j in itertools.product(range(3), range(2)):
        s = s + x[i] * x[j] ** 2
    for a, b in itertools.product(items, items):
        s = s + a[0] * b[1]
    return s
""",
    ),
    (
        "`itertools.product` of ranges whose lengths are those of arrays",
        "language/test_long_iterables.py::test_gradient[combined]",
        """
import itertools

def f(x):
    s = 0.0
    for i, j in itertools.product(range(len(x)), range(len(x))):
        s = s + x[i] * x[j] ** 2
    return s
""",
    ),
    (
        "`itertools.chain`",
        ITERABLES,
        """
import itertools

def f(x, items):
    s = 1.0
    for p in itertools.chain(items, [x]):
        s = s * p[0] + p[1]
    for v in itertools.chain(x, x * x):
        s = np.sin(s * v)
    return s
""",
    ),
    (
        "`itertools.pairwise`",
        ITERABLES,
        """
import itertools

def f(x, items):
    s = 1.0
    for a, b in itertools.pairwise([x, *items]):
        s = s * a[0] + b[1]
    for v, w in itertools.pairwise(x):
        s = np.sin(s * v) + w
    return s
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
        "a list that the function was given is changed",
        "language/test_containers_mutable.py::test_an_argument_is_not_changed",
        """
def f(x, items):
    items.append(x)
    return np.sum(items[-1] * items[0])
""",
        {"refused": ("AliasingError", "make one of its own first: items = list(items)")},
    ),
    (
        "dict: keys that are the numbers of an array's elements",
        "language/test_counted.py::test_gradient[a_dict_of_numbers-4]",
        """
def f(x):
    d = {}
    for k, v in enumerate(x):
        d[k] = v * v
    return sum(d.values())
""",
    ),
    (
        "dict: keys that are computed from data",
        "language/test_containers_mutable.py::test_refused[other_keys]",
        """
def f(x):
    d = {}
    for v in x:
        d[int(v * 10)] = v * v
    return sum(d.values())
""",
        {"refused": ("UnsupportedSyntaxError", "pass it as an argument of its own")},
    ),
    (
        "list: `sort` of numbers that are differentiated",
        "language/test_containers_mutable.py::test_gradient[sorting]",
        """
def f(x):
    values = list(x)
    values.sort()
    return values[0] * values[-1]
""",
        {"refused": ("UnsupportedSyntaxError", "build a new list")},
    ),
]
