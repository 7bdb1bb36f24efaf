"""Containers that data fill: each form, the test that covers it in depth, and an example."""

ROWS = [
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
        "dict: keys that are None before a loop that finds one",
        "language/test_keys_that_loops_find.py::test_gradient[of_texts]",
        """
def f(x):
    best, score = None, -np.inf
    table = {"a": x[0], "b": x[1] * 2, "c": x[2] ** 2}
    for name in table:
        if table[name] > score:
            best, score = name, table[name]
    return table[best] * score
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
        "members of an `IntEnum` which data choose: as keys, indices and numbers",
        "language/test_members_as_keys.py::test_integers[levels_as_numbers]",
        """
import enum

class Level(enum.IntEnum):
    LOW = 0
    HIGH = 1

def f(x):
    sums, best = {m: 0.0 for m in Level}, None
    for m in Level:
        if best is None or x[m] > best[0]:
            best = (x[m], m)
    for v in x:
        sums[Level.HIGH if v > 1 else Level.LOW] += v * v
    return sums[best[1]] * (best[1] + 2) + [1.0, 2.0][best[1]] * x[best[1]]
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
        "`heapq`: priority queues, and `bisect`: places in sorted lists",
        "language/test_heaps.py::test_derivatives[events]",
        """
import bisect
import heapq

def f(x):
    queue, s = [(v * v, i) for i, v in enumerate(x)], 0.0
    heapq.heapify(queue)
    while len(queue) > 1:
        t, i = heapq.heappop(queue)
        s += t * x[i]
        if t < 1:
            heapq.heappush(queue, (t + 1, i))
    knots = sorted(x)
    return s + knots[bisect.bisect(knots, 0.5) - 1] ** 2
""",
        {"note": "Of lists that the function makes: the places are those that Python gives."},
    ),
    (
        "lists of unknown length: `count`, `index`, `remove`, `==`, `del items[::2]`",
        "language/test_index_of_lists.py::test_of_pairs_and_of_texts[compared-x]",
        """
def f(x):
    a = [int(v > 0.5) for v in x if v > 0]
    pairs = [(k, v) for k, v in zip(a, x)]
    pairs.remove(max(pairs))
    s = x[0] * a.count(1) + x[1] * (a == [1, 1])
    del pairs[::2]
    return s + sum(k * v for k, v in pairs)
""",
        {"note": "Where they hold numbers, texts, or tuples of those."},
    ),
    (
        "dict: `d.get(k, ())` of lists of which only the elements are asked for",
        "language/test_lists_in_dicts_filled_by_data.py::test_gradient[neighbours_or_none]",
        """
def f(x):
    after = {}
    for i, v in enumerate(x):
        after.setdefault(int(v > 0.5), []).append((i, v * v))
    s = 0.0
    for k in range(3):
        for j, w in after.get(k, ()):
            s += w * x[j]
    return s
""",
    ),
    (
        "dict: `popitem`, `sorted(d, key=d.get)` where data add keys",
        "language/test_dicts_filled_by_data.py::test_gradient[keys_in_the_order_of_their_values]",
        """
def f(x):
    d = {}
    for v in x:
        d[int(v * 10)] = v * v
    best = sorted(d, key=d.get, reverse=True)[0]
    k, last = d.popitem()
    return last * k + d.get(best, 1.0)
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
        "tuples that grow, or get shorter, under a condition",
        "language/test_tuples_that_conditions_make_longer.py::test_gradient[with_what_came_last]",
        """
def f(x):
    path = (x[0],)
    for v in x[1:]:
        if v > 0.9:
            path = path + (v * path[-1],)
    return sum(p**2 for p in path) * len(path)
""",
    ),
    (
        "such a tuple as a key, or as axes",
        "language/test_tuples_that_conditions_make_longer.py::test_refused[axes]",
        """
def f(x):
    axis = (0, 1) if x[0] > 0.5 else (0,)
    return np.sum(np.sum(x.reshape(2, 2), axis=axis))
""",
        {"refused": ("UnsupportedSyntaxError", "pass it as an argument of its own")},
    ),
    (
        "list of lists to which data add, changed where something else has them too",
        "language/test_lists_in_lists_of_data.py::test_shared[a_copy_has_them_too]",
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
        {"note": "The list holds places in a list of all such lists, `every_list`."},
    ),
    (
        "objects or dicts that are born and die: made, changed and filtered where data say",
        "language/test_objects_born_and_dying.py::test_gradient[dicts]",
        """
def f(x):
    ps = [{"pos": v, "vel": v**2} for v in x]
    for t in range(20):
        for p in ps:
            p["pos"] = p["pos"] + 0.1 * p["vel"]
        ps = [p for p in ps if p["pos"] < 1.5]
        if t % 3 == 0:
            ps.append({"pos": 0.1 * x[0], "vel": x[1]})
    return sum(p["pos"] ** 2 for p in ps)
""",
        {
            "note": "Lists hold places in a list of what is in all of a class, so that any number "
            "of lists and names may lead to one. Arrays in them are assigned, not written: "
            "`p.x = p.x + v`."
        },
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
        "`collections.OrderedDict` that the function makes",
        "language/test_ordered_dicts.py::test_gradient[least_recently_used]",
        """
from collections import OrderedDict

def f(x):
    cache, s = OrderedDict(), 0.0
    for i in [0, 1, 0, 2, 1]:
        if i in cache:
            cache.move_to_end(i)
        else:
            cache[i] = x[i] ** 2
        if len(cache) > 2:
            cache.popitem(last=False)
        s += sum(cache.values())
    return s
""",
    ),
    (
        "`collections.Counter` that the function makes",
        "language/test_counters.py::test_derivatives[a_histogram]",
        """
from collections import Counter

def f(x):
    sums, counts = Counter(), Counter(int(v > 1) for v in x)
    for v in x:
        sums[int(v > 1)] += v
    k, n = counts.most_common(1)[0]
    return sum((s / counts[key]) ** 2 for key, s in sums.items()) * n + sums[k]
""",
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
        "dict: lists under keys that data add, changed where something else has them too",
        "language/test_lists_in_dicts_filled_by_data.py::test_shared[a_list_of_all]",
        """
def f(x):
    groups = {}
    for v in x:
        groups.setdefault(int(v > 0), []).append(v)
    every = list(groups.values())
    groups[1].append(x[0])
    return sum(sum(group) ** 2 for group in every)
""",
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
        "`dict(sorted(d.items(), key=...))`: in the order of values",
        "language/test_in_the_order_of_values.py::test_gradient[by_value]",
        """
def f(x):
    d = {"a": x[0], "b": x[1], "c": x[0] * x[1]}
    e, s = dict(sorted(d.items(), key=lambda row: row[1])), 0.0
    for i, (k, v) in enumerate(e.items()):
        s += (i + 1) * v * d[k]
    return s + e["a"]
""",
    ),
    (
        "`==` of dicts, `|` and `|=` of all kinds of them",
        "language/test_changed_in_place_or_bound_anew.py::test_gradient[equal_dicts_by_data]",
        """
from collections import defaultdict

def f(x):
    sums, counts = defaultdict(float), defaultdict(int)
    for v in x:
        sums[int(v > 1)] += v * v
        counts[int(v > 1)] += 1
    sums |= {2: x[0]}
    return sum(sums.values()) * (2.0 if counts == {0: 1, 1: 2} else 3.0)
""",
    ),
]
