"""Functions: each form, the test that covers it in depth, and an example."""

ROWS = [
    (
        "generator functions: `yield`, `yield from`",
        "language/test_generator_functions.py::test_gradient[what_happens_when]",
        """
def pairs(n):
    for i in range(n):
        for j in range(i):
            yield i, j

def newton(a):
    y = a
    while True:
        y = 0.5 * (y + a / y)
        yield y

def f(x):
    energy = sum((x[i] - x[j]) ** 2 for i, j in pairs(len(x)))
    for k, y in enumerate(newton(x[0] ** 2 + 1)):
        if k > 4:
            break
    return energy * y
""",
        {
            "note": "A loop over one is put into it, so that nothing is computed before its turn. "
            "`yield` is a statement, in no `try` or `with`; what may have no end is given to a "
            "loop, or to `enumerate`, `zip`, `map` or `itertools.islice` in one."
        },
    ),
    (
        "imports in a function",
        "language/test_imports_in_functions.py::test_gradient[of_several]",
        """
def f(x):
    import math
    from numpy import linalg, sin as g

    return math.exp(-linalg.norm(x)) * np.sum(g(x))
""",
        {
            "note": "Modules are Python's own, NumPy's and SciPy's, and any that are loaded: "
            "another is refused, since loading it does what is in it."
        },
    ),
    (
        "nested functions that close over differentiated values",
        "language/test_functions.py::test_gradient[nested_function]",
        """
def f(x, s):
    scale = s * s

    def scaled(v):
        return v * scale

    return np.sum(scaled(x) ** 2)
""",
    ),
    (
        "lambdas that close over differentiated values",
        "language/test_functions.py::test_gradient[closures_of_closures]",
        """
def f(x, s):
    times = lambda k: lambda v: v * s**k
    return np.sum(times(2)(x) * times(3)(x))
""",
    ),
    (
        "functions as arguments",
        "language/test_functions.py::test_gradient[function_as_argument]",
        """
def twice(function, v):
    return function(function(v))

def f(x, s):
    return np.sum(twice(np.sin, x) * twice(lambda v: v * s, x))
""",
    ),
    (
        "functions in containers",
        "language/test_functions.py::test_gradient[functions_in_containers]",
        """
ACTIVATIONS = {"tanh": np.tanh, "square": lambda v: v * v}

def f(x):
    for function in [np.sin, ACTIVATIONS["tanh"], ACTIVATIONS["square"]]:
        x = function(x)
    return np.sum(x)
""",
    ),
    (
        "functions that data choose",
        "language/test_functions_chosen_by_data.py::test_gradient[in_each_trip]",
        """
def square(v):
    return v * v

def f(x):
    s = 0.0
    for v in x:
        g = square if v > 0 else np.sin
        s += g(v)
    return s
""",
        {
            "note": "Also closures, partials, bound methods, classes and instances with "
            "`__call__`; in attributes, lists and dicts, and None at first. A call is a branch on "
            "which it is. Refused as an argument of a function that calls itself as often as data "
            "tell."
        },
    ),
    (
        "functions by an index or a key that data give",
        "language/test_functions_chosen_by_data.py::test_gradient[by_an_index]",
        """
TABLE = {"sine": np.sin, "cosine": np.cos}

def f(x):
    k = int(np.argmax(x))
    name = "sine" if x[0] > 0 else "cosine"
    act = [np.tanh, np.exp, np.cos, np.sin][k]
    other = TABLE[name]
    return act(x[0]) * other(x[1])
""",
    ),
    (
        "lists of functions, one for each element of an array",
        "language/test_objects_in_number.py::test_gradient[functions_of_a_comprehension-4]",
        """
def f(x):
    waves = [lambda t, a=a: a * np.sin(t * a) for a in x]
    return sum(wave(0.5) for wave in waves)
""",
    ),
    (
        "default arguments",
        "language/test_functions.py::test_gradient[own_defaults]",
        """
def power(v, exponent=2, *, scale=1.5):
    return scale * v**exponent

def f(x, s=0.7):
    return np.sum(power(x)) * power(s, 3)
""",
    ),
    (
        "`*args`, `**kwargs`",
        "language/test_functions.py::test_gradient[passed_on]",
        """
def inner(a, b, scale):
    return a * b * scale

def outer(*args, **kwargs):
    return inner(*args, **kwargs) + len(args)

def f(x, y, s):
    return np.sum(outer(x, y, scale=s) * outer(*(x, y), **{"scale": s}))
""",
    ),
    (
        "`f(*values)` where data tell how many there are",
        "language/test_spread_values.py::test_derivatives[parameters_before]",
        """
def weighted(first, *others, power=2):
    return first * len(others) + sum(v**power for v in others)

def f(x):
    positive = [v * v for v in x if v > 0]
    return weighted(x[0], *positive) * max(*positive, x[1])
""",
        {"note": "functions of one's own, `max`, `min`, `math.hypot`, `print`, `zip`, `chain`"},
    ),
    (
        "`f(*values)` of that kind, where a parameter may have its default",
        "language/test_spread_values.py::test_what_is_refused[with_defaults-]",
        """
def product(a, b, c=2.0):
    return a * b * c

def f(x):
    return product(*[v for v in x if v > 0])
""",
        {"refused": ("UnsupportedSyntaxError", "name them: f(*values, p=2)")},
    ),
    (
        "keyword-only and positional-only parameters",
        "language/test_functions.py::test_gradient[parameter_kinds]",
        """
def scaled(a, /, b, *, scale):
    return a * b * scale

def f(x, y, s):
    return np.sum(scaled(x, b=y, scale=s))
""",
    ),
    (
        "`functools.partial`",
        "language/test_partial.py::test_gradient[held_outside]",
        """
import functools

def scaled(scale, v, power=1):
    return scale * v**power

halved = functools.partial(scaled, 0.5)

def f(x):
    return np.sum(halved(x, power=2) * halved(v=x))
""",
    ),
    (
        "`functools.partial` of differentiated values",
        "language/test_partial.py::test_gradient[made_inside]",
        """
import functools

def scaled(scale, v, power=1):
    return scale * v**power

def f(x, s):
    cubed = functools.partial(scaled, s, power=3)
    return np.sum(cubed(x) * cubed(x, power=2))
""",
    ),
    (
        "decorators that keep `__wrapped__`",
        "language/test_pass_through.py::test_decorated_functions",
        """
import functools

def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return wrapper

@doubled
@doubled
def square(v):
    return v * v

def f(x):
    return np.sum(square(x))
""",
    ),
    (
        "such decorators of the function itself",
        "api/test_decorated.py::test_gradient",
        """
import functools

def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return wrapper

@doubled
def f(x):
    return np.sum(x * x)
""",
    ),
    (
        "recursion",
        "language/test_recursion.py::test_chebyshev[9]",
        """
def chebyshev(n, t):
    if n < 2:
        return t if n else 1.0
    return 2 * t * chebyshev(n - 1, t) - chebyshev(n - 2, t)

def f(s, n):
    return chebyshev(n, s)
""",
    ),
    (
        "recursion with a memo, a dict whose keys are integers",
        "language/test_recursion_to_its_end.py::test_a_memo[matrix_chain]",
        """
def f(x):
    memo = {}

    def cost(i, j):
        if j - i == 1:
            return 0.0
        if (i, j) not in memo:
            memo[i, j] = min(cost(i, k) + cost(k, j) + x[i] * x[k] * x[j] for k in range(i + 1, j))
        return memo[i, j]

    return cost(0, len(x) - 1)
""",
    ),
    (
        "a nested function with a cache, which calls itself",
        "language/test_cached_functions.py::test_gradient[legendre]",
        """
import functools

def f(x):
    @functools.cache
    def p(n):
        if n < 2:
            return x[0] if n else 1.0
        return ((2 * n - 1) * x[0] * p(n - 1) - (n - 1) * p(n - 2)) / n

    return sum(c * p(n) for n, c in enumerate(x))
""",
    ),
    (
        "a parser: methods that call each other, and move along known tokens",
        "language/test_recursion_to_its_end.py::test_a_parser[by_parser-list]",
        """
class Parser:
    def __init__(self, tokens, env):
        self.tokens, self.env, self.pos = tokens, env, 0

    def take(self):
        self.pos += 1
        return self.tokens[self.pos - 1]

    def total(self):
        value = self.factor()
        while self.pos < len(self.tokens) and self.tokens[self.pos] == "+":
            self.take()
            value = value + self.factor()
        return value

    def factor(self):
        token = self.take()
        if token == "(":
            value = self.total()
            self.take()
            return value
        return self.env[token]

def f(x):
    env = {"a": x[0], "b": np.sin(x[1])}
    return Parser("a+(b+a)+b", env).total()
""",
    ),
    (
        "recursion that writes into what it is given",
        "language/test_recursion_writes.py::test_gradient[determinant]",
        """
def eliminate(M):
    if M.shape[0] > 1:
        M[1:, 0] /= M[0, 0]
        M[1:, 1:] -= np.outer(M[1:, 0], M[0, 1:])
        eliminate(M[1:, 1:])

def f(A):
    M = A.copy()
    eliminate(M)
    return np.sum(np.diag(M) ** 2)
""",
        {
            "note": "Each call works on a copy of the array that it is given, and its caller takes "
            "over what is in that."
        },
    ),
    (
        "recursion that changes a list, as often as data tell",
        "language/test_recursion_changes_lists.py::test_gradient[sorted_in_place]",
        """
def quicksort(a, low, high):
    if low >= high:
        return
    i = low
    for j in range(low, high):
        if a[j] < a[high]:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[high] = a[high], a[i]
    quicksort(a, low, i - 1)
    quicksort(a, i + 1, high)

def f(x):
    a = [v * v for v in x if v > -5]
    quicksort(a, 0, len(a) - 1)
    return sum((i + 1) * v for i, v in enumerate(a)) + 0.0
""",
        {
            "note": "A list of numbers, texts or tuples of those that the function makes: one that "
            "the recursive function is given, or that lies around it. Each call that changes it "
            "copies it once."
        },
    ),
    (
        "recursion that fills arrays of its own",
        "language/test_recursion_writes.py::test_gradient[an_array_for_each_call]",
        """
def sums(v):
    if len(v) == 1:
        return v.copy()
    out = np.empty(len(v))
    out[1:] = sums(v[1:])
    out[0] = v[0] * out[1]
    return out

def f(x):
    return np.sum(sums(x))
""",
    ),
    (
        "recursion that gives back the array that it was given and has written",
        "language/test_recursion_gives_back.py::test_gradient[smoothed]",
        """
def scaled(v, n):
    if n == 0:
        return v
    v[0] *= v[1]
    return scaled(v, n - 1)

def f(x, n):
    return np.sum(scaled(x.copy(), n))
""",
    ),
    (
        "recursion that gives back what it was given, or an array that it has made and filled",
        "language/test_recursion_hands_on.py::test_gradient[an_array_for_each_call]",
        """
def smoothed(u, n):
    if n == 0:
        return u
    new = np.empty_like(u)
    new[0], new[-1] = u[0], u[-1]
    new[1:-1] = 0.5 * (u[:-2] + u[2:])
    return smoothed(new, n - 1)

def f(x, n):
    return np.sum(smoothed(x, n) ** 2)
""",
    ),
    (
        "writing into what it gave, or was given, after such a call",
        "language/test_recursion_hands_on.py::test_refused[caller_writes]",
        """
def scaled(v, n):
    if n == 0:
        return v if v[0] > 0 else v.copy()
    v[0] *= v[1]
    return scaled(v, n - 1)

def f(x, n):
    v = x.copy()
    y = scaled(v, n)
    v[1] = 2.0
    return np.sum(v * y)
""",
        {"refused": ("MutationError", "take a copy first: scaled(...).copy()")},
    ),
    (
        "mutual recursion",
        "language/test_recursion.py::test_mutual_recursion[5]",
        """
def even(v, n):
    return v if n == 0 else np.sin(odd(v, n - 1))

def odd(v, n):
    return v * v if n == 0 else 2 * even(v, n - 1)

def f(x, n):
    return np.sum(even(x, n))
""",
    ),
]
