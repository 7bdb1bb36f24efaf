"""Programs that write into memory or leave loops early, as plain functions with their arguments.

Most of them are silently wrong in a compiler that does the obvious thing.  ``CASES`` has each
program at some arguments; a name with a number is a further set of arguments of the same program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from tests.hard_cases.checking import Case, matrix, vector

F = TypeVar("F", bound=Callable[..., Any])
V, W, M = vector(), vector(4, 1), matrix()
S = matrix(4, 4, 2)
BOTH = (0, 1)
CASES: dict[str, Case] = {}


def program(*args: Any, **options: Any) -> Callable[[F], F]:
    """Adds the decorated program at these arguments; ``options`` are those of ``Case``."""

    def add(f: F) -> F:
        number = sum(case.f is f for case in CASES.values())
        CASES[f"{f.__name__}-{number}" if number else f.__name__] = Case(f, args, **options)
        return f

    return add


# --- memory in the IR ---------------------------------------------------------------------------


@program(V)
@program(M)
def element_or_view(A):
    r = A[0]  # of a vector a number, of a matrix a view that sees the write
    s = r * r
    A[0] = 5
    t = r * 2
    return np.sum(s) + np.sum(t * r) + np.sum(A)


@program(V)
@program(M)
def element_or_view_of_a_copy(x):
    A = x.copy()
    r = A[0]
    s = r * r
    A[0] = np.sin(A[1])
    t = r * 2
    return np.sum(s) + np.sum(t * r) + np.sum(A * A)


@program(0.7)
def two_allocations(x):
    a = np.zeros(3)
    b = np.zeros(3)
    a[0] = x
    return np.sum(a * a) + np.sum(b * x) + np.sum(a * b)


@program(V)
def two_allocations_in_a_loop(x):
    total = 0.0
    for i in range(3):
        a = np.zeros(4)
        b = np.zeros(4)
        a[i] = x[i]
        b[i] += a[i] * x[0]
        total = total + np.sum(a * x) + np.sum(b * b)
    return total


@program(V)
def metadata_is_not_content(x):
    A = x.copy()
    n = len(A)
    A[:] = A * A
    return np.sum(A[: n - 1]) * A.shape[0] * A.ndim


# --- the order inside one reversed write --------------------------------------------------------


@program(V)
def rule_reads_its_result(x):
    A = x.copy()
    np.exp(A, out=A)
    return np.sum(A**2)


@program(V)
def rule_reads_its_result_in_a_loop(x):
    A = x.copy()
    for _ in range(3):
        np.tanh(A, out=A)
        A[0] *= A[1]
    return np.sum(A**2)


@program(vector(3))
def shadow_of_a_slice_is_a_view(v):
    A = np.zeros(4)
    A[:3] = v
    return np.sum(A[:3] * v)


@program(V)
def overwritten_from_itself(x):
    A = x.copy()
    A[1:] = A[:-1]
    A[:-1] += A[1:] * A[:-1]
    return np.sum(A * A)


@program(V, 0.5)
@program(V, 0.5, wrt=BOTH)
def right_side_first(x, a):
    y = x.copy()
    y[:3] += a * np.flip(y[:3])
    y[1:] *= y[:-1]
    return np.sum(y * y)


# --- conditions, masks, indices -----------------------------------------------------------------


@program(V)
@program(-V)
def condition_overwritten(x):
    A = x.copy()
    if A[0] > 0:
        A[0] = -(A[0] ** 2)
    return np.sum(A * A)


@program(V, 1.0)
@program(V, 5.0)
@program(V, -5.0)
def mask_of_itself(x, c):
    s = x * x
    s[s < c] = 1
    s[s > 1] *= x[s > 1]
    return np.sum(s * s)


@program(V, wrt=0)
def mask_of_itself_in_a_loop(x):
    s = x.copy()
    for _ in range(3):
        s[s > 0.9] *= 0.7
        s[s < 0.5] = x[0]
    return np.sum(s * s)


@program(V, np.array([2, 0]), 0.3)
@program(V, np.array([2, 0]), 0.3, wrt=(0, 2))
def index_overwritten(x, k, v):
    A = x.copy()
    k = k.copy()
    A[k[0]] = v
    A[k] *= 2 * v
    k[0] = 1
    A[k[0]] *= A[k[1]]
    return np.sum(A * A)


@program(V, 0.1)
@program(V, 100.0)
def while_overwritten(x, tol):
    A = x.copy()
    while A[0] > tol:
        A[0] *= 0.5 * np.sin(A[1])
        A[1:] += A[0]
    return np.sum(A * A)


@program(0.8)
@program(-0.8)
def sign_in_a_loop(x):
    for _ in range(3):
        if x > 0:
            x = -x * x
        x = x + 0.3
    return x * x


@program(V)
def condition_on_a_buffer_in_a_loop(x):
    A = x.copy()
    for i in range(len(A)):
        if A[i] > A[i - 1]:
            A[i] = A[i] * A[i - 1]
        else:
            A[i - 1] = np.sin(A[i])
    return np.sum(A * x)


# --- where shadows live -------------------------------------------------------------------------


@program(V, 0)
@program(V, 1)
@program(V, 2)
@program(V, 3)
@program(V, 4)
def swap_of_one_array(x, T):
    u = x.copy()
    v = u
    for t in range(T):
        v[1:-1] = u[:-2] * u[2:]
        u, v = v, u
    return np.sum(u * x) + np.sum(v * v)


@program(V, W, 0, wrt=BOTH)
@program(V, W, 1, wrt=BOTH)
@program(V, W, 2, wrt=BOTH)
@program(V, W, 3, wrt=BOTH)
@program(V, W, 4, wrt=BOTH)
def swap_of_two_arrays(x, y, T):
    u = x.copy()
    v = y.copy()
    for t in range(T):
        v[1:-1] = 2 * u[1:-1] - v[1:-1] + 0.1 * (u[:-2] * u[2:])
        u, v = v, u
    return np.sum(u * x) + np.sum(v * v * v)


@program(V, True)
@program(V, False)
def one_array_or_two(x, one):
    u = x.copy()
    v = u if one else x * 2
    for t in range(3):
        v[1:-1] = u[:-2] * u[2:]
        u, v = v, u
    return np.sum(u * x) + np.sum(v * v)


@program(V)
def other_name_rebound(x):
    x = x.copy()
    h = x
    for t in range(2):
        h[0] = 0
        h = np.tanh(h)
    return np.sum(h) + np.sum(x)


@program(V)
def other_name_of_an_argument(x):
    h = x
    for t in range(2):
        h[0] = h[1] * h[2]
        h = np.tanh(h)
    return np.sum(h) + np.sum(x * x)


@program(V, 0.5)
@program(V, 50.0)
def one_of_two_arrays(x, c):
    a = x.copy()
    b = x * 2
    u = a if np.sum(x) > c else b
    u[0] = u[1] * u[2]
    a[1] *= a[0]
    return np.sum(a * a) + np.sum(b * x) + np.sum(u)


@program(V)
def appended_and_written(x):
    hist = []
    u = x.copy()
    for t in range(3):
        u[0] = u[0] * u[1]
        hist.append(u)
    s = 0.0
    for h in hist:
        s = s + np.sum(h * h)
    return s


@program(V)
def appended_copies(x):
    hist = []
    u = x.copy()
    for t in range(3):
        u[0] = u[0] * u[1]
        hist.append(u.copy())
    return np.sum(np.stack(hist) ** 2)


@program(vector(3))
def one_array_many_times(x):
    rows = [np.zeros(3)] * 3
    for i in range(3):
        rows[i][i] = x[i] * x[0]
    return np.sum(rows[0] * rows[1]) + rows[2][0]


@program(vector(3))
def many_arrays(x):
    rows = [np.zeros(3), np.zeros(3), np.zeros(3)]
    for i in range(3):
        rows[i][i] = x[i] * x[0]
        rows[i - 1][0] += x[i]
    return np.sum(rows[0] * rows[1]) + np.sum(rows[2] ** 2)


# --- values that leave --------------------------------------------------------------------------

C = vector(4, 3)


@program(V, expected=C)
def gradient_is_no_constant(x):
    return np.sum(C * x)


@program(V, W, wrt=BOTH, expected=(np.ones(4), np.ones(4)))
def gradients_are_two_arrays(x, y):
    return np.sum(x + y)


@program(V)
def gradient_is_writable(x):
    return np.sum(np.broadcast_to(x, (3, 4)))


# --- arguments that the function writes ---------------------------------------------------------


@program(V, W, wrt=BOTH)
@program(V, V.copy(), wrt=BOTH)
def writes_its_argument(a, b):
    a[0] = 2 * b[1]
    return np.sum(a * b)


@program(V, W, wrt=BOTH)
def adds_to_its_argument(a, b):
    a += b
    a[1:] *= a[:-1]
    return np.sum(a * b)


@program(np.asfortranarray(M))
@program(M)
def order_of_an_argument(x):
    y = x.T
    if y.flags.c_contiguous:
        y.reshape(-1)[0] = 5
    else:
        x.reshape(-1)[0] = 5
    return np.sum(x * x)


@program(M)
def flat_view_of_an_argument(x):
    x.reshape(-1)[5] = x[0, 0] * x[2, 3]
    return np.sum(x * x)


@program({"W": M, "b": V})
def part_of_a_container(p):
    p["W"][1:] *= p["b"]
    p["b"][0] = 0.5
    return np.sum(p["W"] @ p["b"])


KEPT = np.array([0.5, 1.5, 2.5, 3.5])


@program(V)
def writes_a_global(x):
    KEPT[1] = x[1] * x[2]
    return np.sum(KEPT * x)


def _scale(a, k):
    a *= k
    a[0] += k


@program(V, 0.7, wrt=BOTH)
def helper_writes(x, k):
    y = x.copy()
    z = y[1:]
    _scale(z, k)
    _scale(y, z[0])
    return np.sum(y * x)


@program(V, 0.7, wrt=BOTH)
def helper_writes_an_argument(x, k):
    _scale(x[::2], k)
    return np.sum(x * x)


# --- saved values -------------------------------------------------------------------------------


@program(vector(6), 3)
@program(vector(6), 0)
def linear_but_read_before(A, T):
    s = np.sum(np.sin(A))
    for t in range(T):
        A[1:-1] = 0.33 * (A[:-2] + A[1:-1] + A[2:])
    return s + np.sum(A)


@program(vector(6), 3)
def linear(x, T):
    A = x.copy()
    for t in range(T):
        A[1:-1] = 0.33 * (A[:-2] + A[1:-1] + A[2:])
    return np.sum(A * x)


@program(vector(6), 3)
def playback(x, T):
    A = x.copy()
    for t in range(T):
        A[1:-1] *= np.sin(A[:-2])
    return np.sum(A)


@program(V, W, wrt=BOTH)
def saved_by_reference(x, e):
    h = x * 1.0
    s = 0.0
    for t in range(3):
        s = s + np.sum(np.sin(h))
        h += e * h
    return s + np.sum(h)


@program(V)
def reference_saved_then_written(x):
    h = np.tanh(x)
    y = np.sin(h)
    h[1] = 3.0
    z = np.cos(h)
    h *= x
    return np.sum(y * z * h)


# --- repeated indices ---------------------------------------------------------------------------

IDX = np.array([0, 1, 0])


@program(V, vector(3, 1), IDX, wrt=BOTH)
@program(V, vector(3, 1), np.array([2, 0, 3]), wrt=BOTH)
def repeated_assignment(x, v, idx):
    A = x.copy()
    A[idx] = v * v
    return np.sum(A * A)


@program(V, vector(3, 1), IDX, wrt=BOTH)
def repeated_addition(x, v, idx):
    A = x.copy()
    A[idx] += v * x[:3]
    A[idx] *= v
    return np.sum(A * A)


@program(V, vector(3, 1), IDX, wrt=BOTH)
def repeated_add_at(x, v, idx):
    A = x.copy()
    np.add.at(A, idx, v * v)
    return np.sum(A * A)


@program(V, M, wrt=BOTH)
def repeated_rows(x, m):
    A = np.zeros((3, 4))
    A[[0, 2, 0]] = m * x
    A[:, [1, 1]] += m[:, 2:]
    return np.sum(A * A)


# --- masks where a branch is not finite ---------------------------------------------------------


@program(np.array([1000.0, -1.0]), expected=np.array([1.0, np.exp(-1.0)]))
def where_overflows(z):
    return np.sum(np.where(z < 0, np.exp(z), z))


@program(V, np.array([1.0, 0.0, 2.0, 0.0]), wrt=0, expected=np.array([1.0, 0.0, 0.5, 0.0]))
def where_divides(a, b):
    return np.sum(np.where(b != 0, a / b, 0))


@program(np.array([4.0, -4.0, 0.0]), expected=np.array([0.25, 0.0, 0.0]))
def masked_store(x):
    y = np.zeros(3)
    y[x > 0] = np.sqrt(x[x > 0])
    return np.sum(y)


# --- integers, casts, dtypes --------------------------------------------------------------------


@program(V, expected=np.zeros(4))
def integers_round(x):
    out = np.zeros_like(np.arange(4))
    out[:] = 3 * x
    return np.sum(out * 1.0) + 0 * np.sum(x)


@program(V)
def integers_and_more(x):
    out = np.zeros_like(np.arange(4))
    out[:] = 10 * x
    y = np.zeros(4)
    y[1:] = out[1:] * x[1:]
    return np.sum(y * y)


@program(V, rtol=1e-3, expected=np.ones(4))
def narrow_buffer(x):
    out = np.zeros(4, dtype=np.float32)
    out[:] = x
    return np.sum(out * np.float64(1))


@program(vector(4).astype(np.float32))
def wide_buffer(x):
    out = np.zeros(4)
    out[:] = x
    out[1] *= x[0]
    return np.sum(out * np.float64(1))


# --- loops with exits ---------------------------------------------------------------------------


@program(0.7, 0.4, 0.9, wrt=BOTH)
@program(0.7, 0.1, 90.0, wrt=BOTH)
@program(0.9, 0.2, 0.1, wrt=BOTH)
def stopped_before_the_tail(s, x, c):
    for i in range(10):
        s = 1.5 * np.sin(s)
        if s > c:
            break
        s = s + x
    return s * s


@program(V, 2.0)
@program(V, 200.0)
def stopped_after_a_write(x, c):
    A = x.copy()
    for i in range(6):
        A[i % 4] = np.sin(A[i % 4]) + A[i % 4 - 1]
        if A[0] > c:
            break
        A[1:] *= A[:-1]
        if np.sum(A) > 2 * c:
            continue
        A[0] += 0.3 * A[3]
    return np.sum(A * x)


@program(V, 1.2)
@program(V, 120.0)
def returned_from_a_loop(x, c):
    s = 0.0
    for i in range(len(x)):
        for j in range(i):
            s = s + x[i] * x[j]
            if s > c:
                return s * x[0]
    else:
        s = s * s
    return s + x[1]


@program(2.0, 1e-9)
def newton(x, tol):
    y = x
    count = 0
    while abs(y * y - x) > tol:
        y = 0.5 * (y + x / y)
        count += 1
        if count > 20:
            break
    return y * y * y


# --- calls that are not inlined -----------------------------------------------------------------


def _lu(A):
    if A.shape[0] > 1:
        A[1:, 0] /= A[0, 0]
        A[1:, 1:] -= np.outer(A[1:, 0], A[0, 1:])
        _lu(A[1:, 1:])


@program(S + 4 * np.eye(4))
def recursive_lu(x):
    A = x.copy()
    _lu(A)
    return np.sum(np.log(np.abs(np.diag(A)))) + np.sum(A)


# --- further traps ------------------------------------------------------------------------------


@program(V)
def constant_kills_one_element(x):
    y = x * x
    y[0] = 1.0
    return np.sum(y * x)


@program(V)
def product_with_one_is_a_copy(x):
    a = x * 1.0
    b = a + 0.0
    a[0] = b[1] * b[0]
    return np.sum(a * b) + np.sum(x)


@program(M)
def view_taken_before(x):
    m = x * 2
    v = m.T[1:]
    m[0] *= m[1]
    v[0] += 1.0
    return np.sum(v * v) + np.sum(m)


@program(V)
def targets_that_are_subscripts(x):
    a = x.copy()
    b = x * 2
    a[0], b[0] = b[1] * x[0], a[1]
    a[1] = b[2] = x[3] * a[0]
    a[2], a[3] = a[3], a[2]
    return np.sum(a * b * x)


@program(V, True)
@program(V, False)
def written_in_one_arm(x, flag):
    a = x.copy()
    if flag:
        b = a
        b[0] = x[1] * x[2]
    else:
        b = a.copy()
        b[0] = x[2]
    return np.sum(a * a) + np.sum(b * x)


# --- forms of writes ----------------------------------------------------------------------------


@program(V, W, wrt=BOTH)
def augmented_assignments(x, y):
    a = x.copy()
    a += y
    a -= 0.5 * y
    a *= y
    a /= x + y
    a **= 2
    return np.sum(a * x)


@program(S, matrix(4, 4, 5), wrt=BOTH)
def augmented_matrix_product(A, B):
    P = A.copy()
    P @= B
    P[0] @= B
    return np.sum(P * P)


@program(V, W, wrt=BOTH)
def out_and_where(x, y):
    a = np.zeros(4)
    np.multiply(x, y, out=a)
    np.add(a, y, out=a, where=x > 1)
    np.sin(a[1:], out=a[:-1])
    return np.sum(a * a)


@program(V, 0.6, wrt=BOTH)
def functions_that_write(x, v):
    a = np.outer(x, x)
    np.fill_diagonal(a, v)
    b = np.empty((4, 4))
    np.copyto(b, a * x)
    np.put(b, [0, 5], [v, 2 * v])
    c = np.empty(4)
    c.fill(v)
    return np.sum(a * b) + np.sum(c * x)


@program(M)
def rows_normalised(x):
    A = x.copy()
    for row in A:
        row /= row.sum()
    return np.sum(A * A * A)


@program(M)
def written_through_views(x):
    A = x.copy()
    A.T[0] = A[:, 1] * A[:, 2]
    A.reshape(-1)[3] = A[0, 0]
    y = A[1:]
    y *= 2
    y[0, ::2] += A[0, 1::2]
    return np.sum(A * A)


@program(M)
def gauss_seidel(x):
    A = x.copy()
    for _ in range(2):
        for i in range(1, A.shape[0] - 1):
            for j in range(1, A.shape[1] - 1):
                A[i, j] = 0.25 * (A[i - 1, j] * A[i + 1, j] + A[i, j - 1] + A[i, j + 1])
    return np.sum(A * A)


@program(V, 3)
@program(V, 0)
def filled_inside(x, T):
    out = np.zeros((T + 1, 4))
    out[0] = x
    for t in range(T):
        out[t + 1] = np.sin(out[t]) * out[t, 0]
    return np.sum(out * out)


@program(V)
def filled_empty(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = x[i] * x[i - 1]
    return np.sum(out * out)


@program(S + S.T + 4 * np.eye(4))
def cholesky(A):
    L = np.zeros_like(A)
    n = len(A)
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, j] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return np.sum(L * L * L)


@program(V)
def list_of_buffers(x):
    buffers = [x.copy(), x * 2, np.zeros(4)]
    for t in range(3):
        buffers[2][:] = buffers[0] * buffers[1]
        buffers[0][1:] += buffers[2][:-1]
        buffers[1], buffers[2] = buffers[2], buffers[1]
    return np.sum(buffers[0] * x) + np.sum(buffers[1]) + np.sum(buffers[2] ** 2)


# --- effects and values of the user's program ---------------------------------------------------


def drawn(mu, s, rng):
    e = rng.normal(size=4)
    z = mu + s * e
    print(z.mean())
    assert np.isfinite(z).all()
    z[0] *= mu[1]
    return np.sum(z * z)


def written_aux(x):
    A = x.copy()
    A[1:] *= A[:-1]
    B = A[:2]
    B += 1.0
    return np.sum(A * A), A, B


def total_and_array(x):
    A = x.copy()
    for i in range(3):
        A[i + 1] *= A[i]
    return np.sum(A), A


def two_written(a, b):
    a[0] = 2 * b[1]
    return np.sum(a * b)


def flat_copy_written(x):
    y = x.T.reshape(-1)  # NumPy copies here: what is written below is no part of x
    y[0] = 5.0
    return np.sum(x * x) + np.sum(y)
