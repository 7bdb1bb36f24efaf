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
        "lists and dicts that are empty before a loop, and read before something is put in",
        "language/test_empty_at_first.py::test_gradient[popped_before_appended-4]",
        """
def f(x):
    stack, last, s = [], {}, 0.0
    for i in range(len(x)):
        if i > 1:
            s += stack.pop() * last["v"]
        stack.append(x[i])
        last["v"] = x[i] ** 2
    return s
""",
    ),
    (
        "list times a number that only running the program tells",
        "language/test_repeated_lists.py::test_programs[x0-table]",
        """
def f(x):
    n = int(np.sum(x > 0.5))
    found = [0.0] * n
    for i in range(n):
        found[i] = x[i] ** 2
    return sum(found) + x[0]
""",
    ),
    (
        "list: item assignment in a list of lists",
        "language/test_lists_in_lists.py::test_gradient[edit_distance-4]",
        """
def f(x):
    n = len(x)
    table = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            table[i][j] = x[i] * x[j] + (table[i - 1][j] if i > 0 else 0.0)
    return table[-1][0] ** 2 + table[-1][-1]
""",
    ),
    (
        "sets: `in` of keys that a loop adds",
        "language/test_empty_at_first.py::test_gradient[seen_by_number-4]",
        """
def f(x):
    seen, s = set(), 0.0
    for i in range(len(x)):
        if i % 2 in seen:
            s += x[i]
        seen.add(i % 2)
    return s
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
        "a list that the function was given is changed",
        "language/test_containers_mutable.py::test_an_argument_is_not_changed",
        """
def f(x, items):
    items.append(x)
    return np.sum(items[-1] * items[0])
""",
        {
            "refused": (
                "AliasingError",
                "make one of its own first: items = list(items), or copy.deepcopy what it is in",
            )
        },
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
        "dict: keys that data choose among those it has, for reading and for writing",
        "language/test_keys_chosen_by_data.py::test_gradient[the_key_of_the_largest]",
        """
def f(x):
    d = {"a": x[0], "b": x[1] ** 2, "c": x[2]}
    k = "a" if x.sum() > 1 else "b"
    d[k] += x[3]
    return d[max(d, key=d.get)] * d[k]
""",
    ),
    (
        "dict: keys that are members of an enumeration, which data choose",
        "language/test_members_as_keys.py::test_gradient[counted]",
        """
import enum

class Mode(enum.Enum):
    LOW = 0
    HIGH = 1

def f(x):
    sums = {m: 0.0 for m in Mode}
    for v in x:
        sums[Mode.HIGH if v > 0 else Mode.LOW] += v * v
    return sums[Mode.HIGH] - sums[Mode.LOW]
""",
    ),
    (
        "`copy.deepcopy` of a dict with a list that grows",
        "language/test_deep_copies_of_lists.py::test_gradient[the_best_so_far]",
        """
import copy

def f(x):
    state = {"x": x * 1.0, "steps": []}
    best = copy.deepcopy(state)
    for _ in range(6):
        state["x"] = state["x"] - 0.1 * state["x"] ** 3
        state["steps"].append(np.sum(state["x"]))
        if state["steps"][-1] > 0.5:
            best = copy.deepcopy(state)
    return np.sum(best["x"]) + sum(best["steps"])
""",
    ),
    (
        "list of lists: writing into the one that data choose",
        "language/test_chosen_objects.py::test_gradient[lists_in_a_list]",
        """
def f(x):
    rows = [[x[0], x[1]], [x[2], x[3]]]
    k = int(np.argmax(x)) % 2
    rows[k][0] = x[0] * x[3]
    rows[1 - k][1] += rows[k][0]
    return rows[0][0] * rows[1][0] + rows[0][1] * rows[1][1]
""",
    ),
    (
        "list of lists: appending to the one that data choose",
        "language/test_chosen_objects.py::test_gradient[sorted_into_lists]",
        """
def f(x):
    groups = [[], []]
    for v in x:
        groups[int(v > 0.5)].append(v**2)
    return sum(groups[0]) * (1 + sum(groups[1]))
""",
    ),
    (
        "list of lists to which data add lists, and what is in those: groups, tables",
        "language/test_lists_in_lists_of_data.py::test_gradient[a_new_group_where_data_say]",
        """
def f(x):
    groups = [[]]
    for v in x:
        if v > 0.5:
            groups.append([])
        groups[-1].append(v**2)
    return sum(np.mean(group) ** 2 for group in groups if group)
""",
        {
            "note": "In every way in which lists can be changed, and under other names too; also "
            "lists of dicts with lists in them, of lists of lists, and a list that is put there "
            "and goes on growing."
        },
    ),
    (
        "list of lists: `runs.append(run)` and `run = []` where data say",
        "language/test_lists_in_lists_of_data.py::test_gradient[runs_of_a_sign]",
        """
def f(x):
    runs, run = [], []
    for v in x:
        if run and v < run[-1]:
            runs.append(run)
            run = []
        run.append(v)
    runs.append(run)
    return sum(sum(run) ** 2 / len(run) for run in runs)
""",
    ),
    (
        "tuples that grow in the elements of a list: beam search",
        "language/test_tuples_that_grow_in_lists.py::test_gradient[over_rows]",
        """
def f(x):
    beams = [((), 1.0)]
    for v in x:
        longer = [(path + (i,), p * (v + i)) for path, p in beams for i in range(2)]
        beams = sorted(longer, key=lambda beam: -beam[1])[:2]
    return sum(p * len(path) for path, p in beams)
""",
        {"note": "In loops that can be unrolled; in others let a list grow in place of the tuple."},
    ),
    (
        "list of lists to which data add, changed where something else may have them",
        "language/test_lists_in_lists_of_data.py::test_refused[a_copy_has_them_too]",
        """
def f(x):
    groups = [[]]
    for v in x:
        if v > 0.5:
            groups.append([])
        groups[-1].append(v)
    others = list(groups)
    others[0].append(x[0])
    return sum(sum(group) ** 2 for group in groups)
""",
        {"refused": ("AliasingError", "put copies in one of the two places")},
    ),
    (
        "dict: keys that data add, for groups: `sums[k] = sums.get(k, 0.0) + v`",
        "language/test_dicts_filled_by_data.py::test_gradient[squares_of_groups]",
        """
labels = np.array([2, 5, 2, 3])

def f(labels, x):
    sums, counts = {}, {}
    for label, v in zip(labels, x):
        sums[label] = sums.get(label, 0.0) + v
        if label not in counts:
            counts[label] = 0
        counts[label] += 1
    return sum((sums[k] / counts[k]) ** 2 for k in sums)
""",
        {
            "note": "Integers, texts and tuples of those; the values are of one kind. What may be "
            "one of two dicts cannot be changed."
        },
    ),
    (
        "dict: keys that are computed from data, and what they chose before: tables of results",
        "language/test_dicts_filled_by_data.py::test_gradient[a_table_of_results]",
        """
def f(x):
    memo = {}

    def cost(i, j):
        if (i, j) not in memo:
            memo[i, j] = x[i] * x[j] ** 2
        return memo[i, j]

    total = 0.0
    for v in x:
        total += cost(int(v > 0), int(v > 1)) * v
    return total + len(memo)
""",
    ),
    (
        "dict: `items`, `setdefault`, `pop`, `del`, `update`, `sorted` where data add keys",
        "language/test_dicts_filled_by_data.py::test_gradient[items_taken_out]",
        """
def f(x):
    d = {}
    for v in x:
        d.setdefault(int(v * 10), v * v)
    e = dict(d)
    del e[min(e)]
    e.update({100: x[0]})
    first = d.pop(max(d))
    return first * sum(k * v for k, v in sorted(d.items())) + sum(e.values())
""",
    ),
    (
        "sets: `add`, `in`, `len`, `discard`, differences, `sorted` where data add elements",
        "language/test_sets_filled_by_data.py::test_gradient[depth_first]",
        """
def f(x):
    seen, total = set(), 0.0
    for v in x:
        k = int(v * 10)
        if k in seen:
            continue
        seen.add(k)
        total += v * v * len(seen)
    seen.discard(3)
    for j, k in enumerate(sorted(seen - {4})):
        total += j * x[k % len(x)]
    return total
""",
    ),
    (
        "dict: arrays under keys that data add, added to in place",
        "language/test_dicts_filled_by_data.py::test_gradient[rows_that_are_added_in_place]",
        """
def f(x, A):
    d = {}
    for v, row in zip(x, A):
        d.setdefault(int(v > 0), np.zeros(len(x)))
        d[int(v > 0)] += v * row
    return sum(np.sum(a ** 2) for a in d.values())
""",
    ),
    (
        "dict: keys that are known, and put there in some arms or trips only",
        "language/test_dicts_filled_by_data.py::test_gradient[keys_that_are_known_in_branches]",
        """
def f(x):
    d = {}
    for v in x:
        if v > 0:
            d["up"] = d.get("up", 0.0) + v * v
        else:
            d["down"] = v
    return sum(d.values()) * d.get("up", 1.0)
""",
    ),
    (
        "dict: keys in a loop of more than 256 trips, which is not unrolled",
        "language/test_dicts_filled_by_data.py::test_gradient[a_table_from_the_front]",
        """
def f(x):
    table = {0: x[0], 1: x[1]}
    for i in range(2, 300):
        table[i] = 0.5 * table[i - 1] + np.sin(table[i - 2]) * x[2]
    return table[299] + table[len(table) // 2]
""",
    ),
    (
        "`collections.defaultdict` that the function makes",
        "language/test_dicts_filled_by_data.py::test_gradient[sums_and_counts]",
        """
from collections import defaultdict

def f(x):
    sums, counts = defaultdict(float), defaultdict(int)
    for v in x:
        sums[int(v > 0)] += v
        counts[int(v > 0)] += 1
    return sum((sums[k] / counts[k]) ** 2 for k in sums) + sums[100]
""",
        {"note": "What makes the values is a class, a function, or a lambda that reads no local."},
    ),
    (
        "dict: lists under keys that data add, as new lists",
        "language/test_dicts_filled_by_data.py::test_gradient[lists_made_longer]",
        """
def f(x):
    groups = {}
    for v in x:
        k = int(v > 0)
        groups[k] = groups.get(k, []) + [v]
    return sum(sum(group) ** 2 for group in groups.values())
""",
    ),
    (
        "dict: lists under keys that data add, changed there: groups",
        "language/test_lists_in_dicts_filled_by_data.py::test_gradient[means_of_groups]",
        """
labels = np.array([2, 5, 2, 3])

def f(labels, x):
    groups = {}
    for label, v in zip(labels, x):
        groups.setdefault(int(label), []).append(v)
    largest = max(groups, key=lambda label: len(groups[label]))
    return sum(np.mean(vs) ** 2 for vs in groups.values()) * sum(groups[largest])
""",
        {
            "note": "In every way in which lists can be changed, and under other names too; also "
            "with `if label not in groups`, `defaultdict(list)`, `try` and `except KeyError`."
        },
    ),
    (
        "dict: totals and counts in lists under keys that data add",
        "language/test_lists_in_dicts_filled_by_data.py::test_gradient[totals_and_counts]",
        """
def f(x):
    found = {}
    for v in x:
        key = int(v > 0)
        if key not in found:
            found[key] = [0.0, 0]
        found[key][0] += v**2
        found[key][1] += 1
    return sum((total / count) ** 2 for total, count in found.values())
""",
    ),
    (
        "dict: dicts of known keys under keys that data add, changed there",
        "language/test_lists_in_dicts_filled_by_data.py::test_gradient[records]",
        """
def f(x):
    found = {}
    for v in x:
        record = found.setdefault(int(v > 0), {"total": 0.0, "count": 0})
        record["total"] += v**2
        record["count"] += 1
    return sum((r["total"] / r["count"]) ** 2 for r in found.values())
""",
    ),
    (
        "dict: dicts under keys that data add, to which data add: sparse matrices",
        "language/test_dicts_in_dicts_of_data.py::test_gradient[a_sparse_matrix]",
        """
from collections import defaultdict

def f(x):
    matrix = defaultdict(lambda: defaultdict(float))
    for n, v in enumerate(x):
        matrix[int(v > 0.5)][n % 2] += v**2
    product = [sum(a * x[j] for j, a in row.items()) for row in matrix.values()]
    return sum(v**2 for v in product)
""",
        {
            "note": "Also with `d.setdefault(i, {})[j] = v`, with lists and sets in place of the "
            "inner dicts, and with such dicts and sets in lists."
        },
    ),
    (
        "dict: lists under keys that data add, changed where something else may have them",
        "language/test_lists_in_dicts_filled_by_data.py::test_refused[a_list_of_all]",
        """
def f(x):
    groups = {}
    for v in x:
        groups.setdefault(int(v > 0), []).append(v)
    every = list(groups.values())
    groups[1].append(x[0])
    return sum(sum(group) ** 2 for group in every)
""",
        {"refused": ("AliasingError", "put copies in one of the two places")},
    ),
    (
        "dict: keys that are floats which data give",
        "language/test_dicts_filled_by_data.py::test_refused[floats]",
        """
def f(x):
    d = {}
    for v in x:
        d[v] = v * v
    return sum(d.values())
""",
        {"refused": ("UnsupportedSyntaxError", "make it an integer first: int(key)")},
    ),
    (
        "dict: keys that are added while it is iterated over",
        "language/test_dicts_filled_by_data.py::test_refused[keys_added_in_a_loop_over_it]",
        """
def f(x):
    d = {}
    for v in x:
        d[int(v * 10)] = v * v
    for k in d:
        d[k + 1] = x[0]
    return sum(d.values())
""",
        {"refused": ("UnsupportedSyntaxError", "iterate over a copy of its keys: list(d)")},
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
