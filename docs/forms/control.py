"""Control flow: each form, the test that covers it in depth, and an example."""

ROWS = [
    (
        "`with` instances of classes of your own",
        "language/test_context_managers.py::test_gradient[around_a_loop]",
        """
import time

class Timer:
    def __enter__(self):
        self.begun = time.perf_counter()
        return self

    def __exit__(self, kind, error, trace):
        self.elapsed = time.perf_counter() - self.begun

def f(x):
    with Timer() as timer:
        s = np.sum(x * x)
    return s
""",
        {
            "note": "`__exit__` must not keep errors back. Those of libraries, and of "
            "`contextlib.contextmanager`, are refused, but for `np.errstate`."
        },
    ),
    (
        "`break`",
        "language/test_exits.py::test_gradient[break_in_either_arm]",
        """
def f(x):
    y = 1.0
    for v in x:
        y = y * v * 1.5
        if y > 1.2:
            break
    return y
""",
    ),
    (
        "`continue`",
        "language/test_exits.py::test_gradient[continue_and_break]",
        """
def f(x):
    y = 1.0
    for v in x:
        if v > 1:
            continue
        y = y * v
    return y
""",
    ),
    (
        "`return` anywhere",
        "language/test_exits.py::test_gradient[break_and_return]",
        """
def f(x, s):
    if s > 2:
        return s
    for v in x:
        for w in x:
            if v * w > 1:
                return v * w * s
    return np.sum(x)
""",
    ),
    (
        "`for … else`",
        "language/test_exits.py::test_gradient[two_breaks_and_an_else]",
        """
def f(x):
    y = 1.0
    for v in x:
        y = y * v
        if y > 100:
            break
    else:
        y = y * x[0]
    return y
""",
    ),
    (
        "`while … else`",
        "language/test_exits.py::test_gradient[while_else]",
        """
def f(s):
    y = s
    while y < 50:
        y = y * y + s
        if y > 1000:
            break
    else:
        y = y * s
    return y
""",
    ),
    (
        "`while` with a condition that changes something: `while opt.step() > tol`",
        "language/test_conditions_that_change.py::test_gradient[of_an_object]",
        """
class Descent:
    def __init__(self, w):
        self.w, self.steps = w, 0

    def step(self):
        slope = self.w - 1.5
        self.w = self.w - 0.4 * slope
        self.steps += 1
        return abs(slope)

def f(s):
    descent = Descent(s)
    while descent.step() > 0.1:
        pass
    return descent.w * descent.steps
""",
    ),
    (
        "loops whose count depends on data",
        "language/test_exits.py::test_newton_has_the_slope_of_the_square_root[2.0-newton]",
        """
def f(s):
    y = s
    while abs(y * y - s) > 1e-12:
        y = 0.5 * (y + s / y)
    return y
""",
    ),
    (
        "`while True` with `break`, nested in `for … else`",
        "language/test_exits.py::test_gradient[three_loops]",
        """
def f(x):
    y = 1.0
    for v in x:
        while True:
            y = y * 1.3 * v
            if y > 2 or v < 1:
                break
            y = y + v
        if y > 50:
            return y * v
    else:
        y = y * x[1]
    return y
""",
    ),
    (
        "`while` over objects: a condition that their structure decides",
        "language/test_walks.py::test_programs[x0-depth_first]",
        """
class Node:
    def __init__(self, v, children=()):
        self.v = v
        self.children = children

def f(x):
    stack = [Node(x[0], [Node(x[1]), Node(x[2] * x[0])])]
    total = 0.0
    while stack:
        node = stack.pop()
        total = 0.5 * total + node.v ** 2
        stack.extend(node.children)
    return total
""",
    ),
    (
        "conditions on array values",
        "hard_cases/test_memory_programs.py::test_gradient[condition_overwritten]",
        """
def f(x):
    A = x.copy()
    if A[0] > 0:
        A[0] = -(A[0] ** 2)
    if np.all(A < 2) and A.max() > 1:
        A = A * x
    return np.sum(A * A)
""",
    ),
    (
        "`with np.errstate(...)`",
        "language/test_with.py::test_gradient[masked_logarithm]",
        """
def f(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 1, np.log(x - 1), x)
    return np.sum(y)
""",
    ),
    (
        "`try` whose handlers only raise again",
        "language/test_try.py::test_gradient[raised_again]",
        """
def f(x):
    try:
        y = np.log(x) * x
    except (ValueError, TypeError):
        raise
    return np.sum(y)
""",
    ),
    (
        "`try` whose handlers return a constant",
        "language/test_try_handlers.py::test_gradient[returning_either_way]",
        """
def f(x, n):
    with np.errstate(over="raise"):
        try:
            y = np.exp(x * n) * x
        except FloatingPointError:
            return 0.0
    return np.sum(y)
""",
    ),
    (
        "`try` that writes into arrays, whose handlers leave the function",
        "language/test_torn_writes.py::test_gradients[what_was_read_before]",
        """
def f(x):
    y = 2 * x
    total = np.sum(y**3)
    try:
        for i in range(len(y)):
            y[i] = y[i] ** 2
            if y[i] > 2:
                raise ValueError("too large")
    except ValueError:
        return total
    return total + np.sum(np.sin(y))
""",
    ),
    (
        "`try` whose handlers go on with another value",
        "language/test_try_handlers.py::test_gradient[another_value]",
        """
def f(x, s):
    total = 0.0
    for v in x:
        try:
            with np.errstate(invalid="raise"):
                y = np.sqrt(v - s)
        except FloatingPointError as error:
            y = v * len(error.args)
        total = total + y * v
    return total
""",
        {
            "note": "What the body computes, writes or appends before it raises is lost: a handler "
            "that could see it is refused."
        },
    ),
    (
        "`try` whose body is not differentiated",
        "language/test_try_handlers.py::test_gradient[a_setting]",
        """
def f(x, opts):
    try:
        scale = opts["scale"]
    except KeyError:
        scale = 2.0
    return np.sum(x) * scale
""",
    ),
    (
        "`try` with `else` and `finally`, other errors raised from those caught",
        "language/test_try_handlers.py::test_effects_are_those_of_the_function",
        """
def f(x):
    try:
        y = np.sqrt(np.sum(x * x))
    except ValueError as error:
        raise RuntimeError("no norm") from error
    else:
        y = y * x[0]
    finally:
        z = x * x
    return y + np.sum(z)
""",
    ),
    (
        "`try` whose handlers see what was done before anything could raise",
        "language/test_raised_where_it_is.py::test_derivatives[counted_before_the_error]",
        """
def f(x):
    state = {"tries": 0}
    try:
        state["tries"] += 1
        if x[0] > 1:
            raise ValueError
        y = x
    except ValueError:
        y = x * (1 + state["tries"])
    return np.sum(y * y)
""",
    ),
    (
        "`try` that may raise between two assignments that a handler can see",
        "language/test_try_handlers.py::test_refused[half_done]",
        """
def f(x):
    y = x
    try:
        y = x * 2
        z = np.sqrt(np.sum(y * y))
    except ValueError:
        z = 1.0
    return z * np.sum(y)
""",
        {"refused": ("UnsupportedSyntaxError", "in the last statement of the 'try'")},
    ),
    (
        "names that are None first, and arrays or numbers when the program computes with them",
        "language/test_none_or_array.py::test_gradient[best_row-3]",
        """
def f(x, A):
    best, total = None, None
    for row in A:
        if best is None or row[0] > best[0]:
            best = row
        total = row * x if total is None else total + row * x
    return best @ x + np.sum(total**2)
""",
    ),
    (
        "names that are None or a container, or an object, depending on data",
        "language/test_perhaps.py::test_gradient[skipped]",
        """
def hit(origin, slope):
    disc = slope**2 - origin**2 + 1
    if disc < 0:
        return None
    return -slope - np.sqrt(disc), origin

def f(x, y):
    total, best = 0.0, None
    for a, b in zip(x, y):
        h = hit(a, b)
        if h is None:
            continue
        t, normal = h
        total += t * normal
        if best is None or t < best[0]:
            best = h
    return total if best is None else total + best[0] * best[1]
""",
        {
            "note": "Reading an attribute or an element without a test raises what Python raises "
            "for None. Where it is given to NumPy, printed, compared or returned, it has to be "
            "tested before."
        },
    ),
    (
        "what may be None is handed on without a test",
        "language/test_perhaps.py::test_refused[given_to_numpy]",
        """
def f(x, s):
    pair = (s, s * s) if x[0] > 0 else None
    return np.sum(pair) * s
""",
        {"refused": ("UnknownTypeError", "test it first: if pair is not None")},
    ),
    (
        "`assert`",
        "language/test_statements.py::test_assert",
        """
def f(x):
    assert x.ndim == 1 and np.all(x > 0), f"x is {x}"
    return np.sum(x**2)
""",
    ),
    (
        "`raise`",
        "language/test_statements.py::test_raise_in_both_arms_and_in_a_helper",
        """
def f(x):
    if x[0] < 0:
        raise ValueError(f"x[0] is {x[0]}")
    return np.sum(x**2)
""",
    ),
    (
        "`print`",
        "language/test_statements.py::test_effects_happen_once_in_order",
        """
def f(x):
    y = x * x
    print("y is", y)
    return np.sum(y)
""",
    ),
    (
        "`warnings.warn`",
        "language/test_pass_through.py::test_a_warning_is_given_once",
        """
import warnings

def f(x):
    if x[0] < 0:
        warnings.warn("x[0] is negative")
    return np.sum(x**2)
""",
    ),
    (
        "`logging`",
        "language/test_pass_through.py::test_messages_are_logged_once",
        """
import logging

log = logging.getLogger("a program")

def f(x):
    log.debug("x is %s", x)
    logging.debug("x[0] is %g", x[0])
    return np.sum(x**2)
""",
    ),
    (
        "`del`",
        "language/test_exits.py::test_gradient[deleted]",
        """
def f(x):
    u = x * x
    y = u * x
    del u
    return np.sum(y)
""",
    ),
    (
        "`global` reads",
        "language/test_exits.py::test_gradient[declared_global]",
        """
SCALE = 2.0

def f(x):
    global SCALE
    return np.sum(x**2) * SCALE
""",
    ),
    (
        "`nonlocal` with an assignment",
        "language/test_nonlocal_assigned.py::test_gradient[summed]",
        """
def f(x):
    total, count = 0.0, 0

    def add(v):
        nonlocal total, count
        total = total + v * v
        count += 1

    for v in x:
        if v > 0.5:
            add(v)
    return total / (1 + count)
""",
        {
            "note": "Where the function that has the variable is differentiated, or called there. "
            "The variables of one that has returned, as of a decorator, are read."
        },
    ),
    (
        "`nonlocal` reads",
        "language/test_exits.py::test_gradient[declared_nonlocal]",
        """
def f(x, s):
    scale = s * s

    def scaled(v):
        nonlocal scale
        return v * scale

    return np.sum(scaled(x) ** 2)
""",
    ),
    (
        "`global` assignment",
        "language/test_refused.py::test_refused[global_statement]",
        """
COUNT = 0

def f(x):
    global COUNT
    COUNT = COUNT + 1
    return np.sum(x**2)
""",
        {
            "refused": (
                "UnsupportedSyntaxError",
                "pass the value as an argument and return its new value",
            )
        },
    ),
]
