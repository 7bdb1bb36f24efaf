"""Comprehensions and iterators: each form, the test that covers it in depth, and an example."""

ITERABLES = "language/test_comprehensions.py::test_gradient[functions_of_iterables]"

ROWS = [
    (
        "`a, b = zip(*rows)`, `tuple(values)` where data tell how many there are",
        "language/test_spread_values.py::test_derivatives[columns]",
        """
def f(x):
    rows = [(v, v * v) for v in x if v > 0]
    a, b = zip(*rows)
    t = tuple(v * a[0] for v in x if v < 2)
    return sum(a) * sum(p * q for p, q in zip(a, b)) + sum(t[1:]) * len(t)
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
        "`:=` in comprehensions, of a name that nothing else has",
        "language/test_assigned_in_comprehensions.py::test_gradient[kept_if_large]",
        """
def f(x):
    return sum([s for v in x if (s := v * v) > 1])
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
        "loops over lists that get longer meanwhile",
        "language/test_lists_that_grow.py::test_derivatives[a_queue]",
        """
def f(x):
    queue, s = [(x[0], 0)], 0.0
    for v, depth in queue:
        s = s + v
        if depth < 2:
            queue.append((v * x[1], depth + 1))
    return s
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
        "`zip` and `map` with `itertools.repeat`",
        "language/test_itertools.py::test_derivatives[one_value_for_a_function]",
        """
import itertools
import operator

def f(x):
    s = sum(map(operator.mul, x, itertools.repeat(x[0])))
    for v, w in zip(x, itertools.repeat(2.0)):
        s += v**w
    return s
""",
    ),
    (
        "`next` until `StopIteration`, in a `try`",
        "language/test_asked_until_it_ends.py::test_gradient[left_by_a_break]",
        """
def f(x):
    it, s = iter(x), 0.0
    while True:
        try:
            v = next(it)
        except StopIteration:
            break
        s += v * v
    return s
""",
        {
            "note": "It is a branch on whether an element is left, where nothing else in the `try` "
            "may raise `StopIteration`."
        },
    ),
    (
        "iterators of `itertools`, and generator expressions with several loops, that are gone on "
        "with; chunks by `itertools.islice(it, n)`",
        "language/test_gone_on_with_all.py::test_gradient[two_loops]",
        """
from itertools import accumulate, islice

def f(x):
    products = (v * w for v in x for w in x)
    totals, it, s = accumulate(x), iter(x), 0.0
    while chunk := list(islice(it, 2)):
        s += sum(chunk) ** 2
    return next(products) * sum(products) + next(totals) * sum(totals) * s
""",
        {
            "note": "All elements are computed where the iterator is made. So what they come from "
            "may not be written, and computing them may neither raise nor do anything else."
        },
    ),
    (
        "`next` of `itertools.count`, `cycle` and `repeat`",
        "language/test_gone_on_with_all.py::test_gradient[again_and_again]",
        """
import itertools

def f(x):
    times, weights, s = itertools.count(0.5, 0.1), itertools.cycle(x[:2] ** 2), 0.0
    for v in x:
        s += v * next(times) * next(weights)
    return s
""",
    ),
    (
        "iterators that are gone on with: `next(it)`, and then a loop over what is left",
        "language/test_gone_on_with.py::test_gradient[left_and_gone_on_with]",
        """
def f(x):
    it, squares = iter(x), (v * v for v in x)
    before, s = next(it), next(squares) * sum(squares)
    for v in it:
        s += (v - before) ** 2
        before = v
    return s
""",
        {
            "note": "Iterators over lists and dicts that stay as they are, arrays and ranges, "
            "`zip`, `map`, `enumerate`, `filter` and `reversed` of those, `zip(it, it)`, and "
            "generator expressions with one loop and at most one condition."
        },
    ),
    (
        "`zip` and `map` with `itertools.count` and `itertools.cycle`",
        "language/test_beside_what_has_no_end.py::test_gradient[counted_by_steps]",
        """
import itertools

def f(x):
    s = sum(i * v * v for i, v in zip(itertools.count(1), x))
    for sign, v in zip(itertools.cycle([1, -1]), x):
        s += sign * np.sin(v)
    return s
""",
        {"note": "Made for one `zip`: asked for elements elsewhere too, it is refused."},
    ),
    (
        "loops over more than 256 tuples of numbers",
        "language/test_many_numbers.py::test_pairs_of_numbers[summed_pairs]",
        """
PAIRS = [(i % 4, 0.1 * i) for i in range(300)]

def f(x):
    s = 0.0
    for i, weight in PAIRS:
        s += x[i] ** 2 * weight
    return s
""",
        {
            "note": "A list or a tuple from outside, or given, whose tuples have elements of the "
            "same types, ints, floats or bools."
        },
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
        "`min`, `max` and `sorted` with a `key` that data tell",
        "language/test_chosen_by_a_key.py::test_gradient[the_best_place]",
        """
def f(x):
    k = max(range(len(x)), key=lambda i: x[i])
    rows = sorted(x.reshape(2, 2), key=lambda row: row[0])
    return x[k] ** 2 + rows[0] @ rows[1]
""",
        {"note": "Objects that the function makes can be chosen so, and not be put in order."},
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
        "`itertools.combinations`, `permutations`, `combinations_with_replacement` of lists whose "
        "length data tell",
        "language/test_itertools.py::test_derivatives[pairs]",
        """
import itertools

def f(x):
    large, s = [v for v in x if v > 0.5], 0.0
    for a, b in itertools.combinations(large, 2):
        s += (a - b) ** 2
    return s + sum(a * b * b for a, b in itertools.permutations(x, 2))
""",
        {"note": "Of up to three at a time; of any number where the length is known."},
    ),
    (
        "`itertools.accumulate`, `islice`, `takewhile`, `dropwhile` over what data make",
        "language/test_itertools.py::test_derivatives[running_totals]",
        """
import itertools

def f(x):
    large = [v for v in x if v > 0.5]
    s = sum(itertools.accumulate(large, lambda a, b: 0.5 * a * b))
    for a, b in zip(large, itertools.islice(large, 1, None)):
        s += a * b
    return s + sum(itertools.takewhile(lambda v: v < 1.5, x))
""",
    ),
    (
        "`itertools.starmap`, `filterfalse`, `compress`, `zip_longest`, `tee`",
        "language/test_itertools.py::test_derivatives[the_longest]",
        """
import itertools

def f(x):
    large, small = [v for v in x if v > 1], [v for v in x if v < 1]
    s = sum(a * b for a, b in itertools.zip_longest(large, small, fillvalue=0.5))
    s += sum(itertools.starmap(lambda a, b: a * b, [(v, v * v) for v in large]))
    return s + sum(itertools.compress(x, x > 0.5))
""",
    ),
    (
        "`itertools.groupby`: each group in its turn",
        "language/test_itertools.py::test_derivatives[means_of_runs]",
        """
import itertools

def f(x):
    s = 0.0
    for up, group in itertools.groupby(x, key=lambda v: v > 1):
        values = list(group)
        s += (sum(values) / len(values)) ** 2 * (2.0 if up else 1.0)
    return s
""",
    ),
    (
        "`itertools.groupby`: groups that are kept, and empty by then",
        "language/test_itertools.py::test_refused[groups_in_a_list]",
        """
import itertools

def f(x):
    groups = list(itertools.groupby([1, 1, 2]))
    return sum(len(list(group)) for _, group in groups) * x[0]
""",
        {"refused": ("UnsupportedSyntaxError", "keep lists")},
    ),
]
