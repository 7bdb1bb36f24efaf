"""In-place writes: each form, the test that covers it in depth, and an example."""

ROWS = [
    (
        "`A[i] = v`",
        "hard_cases/test_memory_programs.py::test_gradient[overwritten_from_itself]",
        """
def f(x):
    A = x.copy()
    A[1] = A[0] * A[2]
    return np.sum(A**2)
""",
    ),
    (
        "`A[i, j] = v` in nested loops",
        "hard_cases/test_memory_programs.py::test_gradient[cholesky]",
        """
def f(x):
    A = np.zeros((4, 4))
    for i in range(4):
        for j in range(i + 1):
            A[i, j] = x[i] * x[j]
    return np.sum(A**2)
""",
    ),
    (
        "`A[1:-1] += …`",
        "hard_cases/test_memory_programs.py::test_gradient[playback]",
        """
def f(x):
    A = x.copy()
    for t in range(3):
        A[1:-1] += 0.1 * A[:-2] * A[2:]
    return np.sum(A**2)
""",
    ),
    (
        "`A[mask] = …`",
        "hard_cases/test_memory_programs.py::test_gradient[mask_of_itself]",
        """
def f(x):
    A = x * 2
    A[A > 2] = A[0] ** 2
    return np.sum(A**2)
""",
    ),
    (
        "`A[idx] *= …`",
        "hard_cases/test_memory_programs.py::test_gradient[repeated_addition]",
        """
def f(x, y):
    A = x.copy()
    A[np.array([0, 2])] *= y[:2]
    return np.sum(A**2)
""",
    ),
    (
        "`A[idx] = …` with repeated indices",
        "hard_cases/test_memory_programs.py::test_gradient[repeated_assignment]",
        """
def f(x, y):
    A = x.copy()
    A[np.array([0, 1, 0])] = y[:3]
    return np.sum(A**2)
""",
    ),
    (
        "`A[:] = …`, `A[...] = …`",
        "hard_cases/test_memory_programs.py::test_gradient[right_side_first]",
        """
def f(x, y):
    A = x.copy()
    A[:] = A * y
    A[...] = np.sin(A)
    return np.sum(A * x)
""",
    ),
    (
        "`A += B`",
        "hard_cases/test_memory_programs.py::test_gradient[augmented_assignments]",
        """
def f(x, y):
    A = x * y
    B = A
    A += y * y
    return np.sum(A * B)
""",
    ),
    (
        "`total += row` of what is a number before a loop",
        "hard_cases/test_sums_that_start_as_numbers.py::test_gradient[rows]",
        """
def f(A):
    total = 0
    for row in A:
        total += row * row
    return np.sum(total**2)
""",
    ),
    (
        "writing into a sum that starts as a number",
        "language/test_started_sums.py::test_gradient[masked_afterwards]",
        """
def f(x):
    total = 0
    for i in range(3):
        total = total + x * i
    total[total > 2] = 0
    return np.sum(total * x)
""",
    ),
    (
        "`A -= B`, `A *= B`, `A /= B`",
        "hard_cases/test_memory_programs.py::test_gradient[augmented_assignments]",
        """
def f(x, y):
    A = x.copy()
    A -= 3 * y
    A *= x
    A /= y
    return np.sum(A**2)
""",
    ),
    (
        "`A **= 2`",
        "hard_cases/test_memory_programs.py::test_gradient[augmented_assignments]",
        """
def f(x):
    A = x + 1
    A **= 2
    A **= x
    return np.sum(A)
""",
    ),
    (
        "`A @= B`",
        "hard_cases/test_memory_programs.py::test_gradient[augmented_matrix_product]",
        """
def f(A, B):
    P = A.copy()
    P @= B
    P @= P
    return np.sum(P * A)
""",
    ),
    (
        "`out=` of a ufunc",
        "hard_cases/test_memory_programs.py::test_gradient[out_and_where]",
        """
def f(x, y):
    A = x.copy()
    np.multiply(A, y, out=A)
    np.exp(A, out=A)
    return np.sum(A**2)
""",
    ),
    (
        "`where=` of a ufunc, with `out=`",
        "hard_cases/test_memory_programs.py::test_gradient[out_and_where]",
        """
def f(x, y):
    A = x.copy()
    np.add(A, y, out=A, where=x > 1)
    return np.sum(A**2)
""",
    ),
    (
        "`np.add.at`",
        "hard_cases/test_memory_programs.py::test_gradient[repeated_add_at]",
        """
def f(x, y):
    A = x.copy()
    np.add.at(A, [0, 2, 0], y[:3] ** 2)
    return np.sum(A**2)
""",
    ),
    (
        "`np.put`",
        "hard_cases/test_memory_programs.py::test_gradient[functions_that_write]",
        """
def f(x, y):
    A = x * 2
    np.put(A, [0, 3], y[1:3])
    return np.sum(A**2)
""",
    ),
    (
        "`np.fill_diagonal`",
        "hard_cases/test_memory_programs.py::test_gradient[functions_that_write]",
        """
def f(A, s):
    B = A * A
    np.fill_diagonal(B, s * s)
    return np.sum(B**2)
""",
    ),
    (
        "`np.copyto`",
        "hard_cases/test_memory_programs.py::test_gradient[functions_that_write]",
        """
def f(x, y):
    A = x * 2
    A[0] *= A[1]
    np.copyto(A[1:], y[1:] * x[:-1])
    return np.sum(A**2)
""",
    ),
    (
        "`A.fill`",
        "hard_cases/test_memory_programs.py::test_gradient[functions_that_write]",
        """
def f(x, s):
    A = x * 2
    A[1:3].fill(s * s)
    return np.sum(A**2)
""",
    ),
    (
        "writes through a view: `y = A[1:]; y *= 2`",
        "hard_cases/test_memory_programs.py::test_gradient[written_through_views]",
        """
def f(x):
    A = x.copy()
    y = A[1:]
    y *= x[:-1]
    return np.sum(A**2)
""",
    ),
    (
        "rows of a loop: `for row in A: row /= row.sum()`",
        "hard_cases/test_memory_programs.py::test_gradient[rows_normalised]",
        """
def f(A):
    B = A.copy()
    for row in B:
        row /= row.sum()
    return np.sum(B**2)
""",
    ),
    (
        "`A.T[0] = …`",
        "hard_cases/test_memory_programs.py::test_gradient[written_through_views]",
        """
def f(A, x):
    B = A.copy()
    B.T[0] = x * B[0]
    return np.sum(B**2)
""",
    ),
    (
        "`A.reshape(-1)[k] = …`",
        "hard_cases/test_memory_programs.py::test_gradient[flat_view_of_an_argument]",
        """
def f(A, s):
    B = A.copy()
    B.reshape(-1)[5] = s * B[0, 0]
    return np.sum(B**2)
""",
    ),
    (
        "overlapping reads and writes: `A[1:] += A[:-1]`",
        "hard_cases/test_memory_programs.py::test_gradient[augmented_assignments]",
        """
def f(x):
    A = x.copy()
    A[1:] += A[:-1]
    A[:-1] *= A[1:]
    return np.sum(A**2)
""",
    ),
    (
        "reads of what was just written, in a loop",
        "hard_cases/test_memory_programs.py::test_gradient[gauss_seidel]",
        """
def f(x):
    A = x.copy()
    for i in range(1, len(A)):
        A[i] = A[i] * A[i - 1] + np.sin(A[i - 1])
    return np.sum(A**2)
""",
    ),
    (
        "a buffer written several times in nested loops",
        "hard_cases/test_memory_programs.py::test_gradient[playback]",
        """
def f(x):
    A = x.copy()
    for t in range(3):
        for i in range(1, len(A) - 1):
            A[i] = 0.5 * A[i - 1] * A[i + 1]
            A[i] += A[0] * A[i]
    return np.sum(A**2)
""",
    ),
    (
        "arguments that the function writes",
        "hard_cases/test_memory_programs.py::test_gradient[writes_its_argument]",
        """
def f(x, y):
    x[0] = y[1] ** 2
    x *= y
    return np.sum(x * x)
""",
    ),
    (
        "chained targets that are subscripts: `A[0] = A[1] = v`",
        "hard_cases/test_memory_programs.py::test_gradient[targets_that_are_subscripts]",
        """
def f(x):
    A = x.copy()
    A[0] = A[1] = A[2] * A[3]
    return np.sum(A**2)
""",
    ),
    (
        "tuple targets that are subscripts: `A[0], A[1] = A[1], A[0]`",
        "hard_cases/test_memory_programs.py::test_gradient[targets_that_are_subscripts]",
        """
def f(x, y):
    A = x.copy()
    A[0], (A[1], b) = A[1] * y[0], (A[0], y[1])
    return np.sum(A**2 * y) * b
""",
    ),
    (
        "`out = np.empty(n)`, filled",
        "hard_cases/test_memory_programs.py::test_gradient[filled_empty]",
        """
def f(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = x[i] * x[0]
    return np.sum(out**2)
""",
    ),
    (
        "`out = np.zeros((T, n))`, then `out[t] = …`",
        "hard_cases/test_memory_programs.py::test_gradient[filled_inside]",
        """
def f(x):
    out = np.zeros((3, len(x)))
    h = x
    for t in range(3):
        h = np.tanh(h * x)
        out[t] = h
    return np.sum(out**2)
""",
    ),
    (
        "a buffer of float32 that receives float64",
        "hard_cases/test_memory_programs.py::test_gradient[narrow_buffer]",
        """
def f(x):
    A = np.zeros(len(x), dtype=np.float32)
    A[:] = x * x
    A[1:] *= x[:-1]
    return float(np.sum(A * x))
""",
    ),
    (
        "a helper that writes into its argument and returns None",
        "hard_cases/test_memory_programs.py::test_gradient[helper_writes]",
        """
def double(a, k):
    a[k:] *= 2 * a[0]

def f(x):
    A = x.copy()
    double(A, 1)
    double(A[1:], 1)
    return np.sum(A**2)
""",
    ),
    (
        "two names of one array",
        "hard_cases/test_memory_programs.py::test_gradient[swap_of_one_array]",
        """
def f(x):
    u = x.copy()
    v = u
    for t in range(2):
        v[1:-1] = u[:-2] * u[2:]
        u, v = v, u
    return np.sum(u * v)
""",
    ),
    (
        "two buffers swapped in a loop",
        "hard_cases/test_memory_programs.py::test_gradient[swap_of_two_arrays]",
        """
def f(x):
    u, v = x.copy(), np.zeros(len(x))
    for t in range(3):
        v[1:-1] = u[:-2] * u[2:]
        u, v = v, u
    return np.sum(u * u) + np.sum(v)
""",
    ),
    (
        "a list of buffers",
        "hard_cases/test_memory_programs.py::test_gradient[list_of_buffers]",
        """
def f(x):
    layers = [x.copy(), x * x]
    for k in range(1, 2):
        layers[k][1:] *= layers[k - 1][:-1]
    layers[0] += layers[1]
    return np.sum(layers[0] ** 2)
""",
    ),
    (
        "an element of a container that the function was given",
        "hard_cases/test_memory_programs.py::test_gradient[part_of_a_container]",
        """
def f(d):
    d["a"][0] = d["b"][1] ** 2
    b = d["b"]
    b *= d["a"]
    return np.sum(d["a"] * d["b"])
""",
    ),
    (
        "a written argument that may be another argument",
        "hard_cases/test_memory_programs.py::test_written_arguments_that_overlap_are_refused[same]",
        """
def g(a, b):
    a[0] = 2 * b[1]
    return np.sum(a * b)

def f(x):
    return g(x, x)
""",
    ),
    (
        "`np.multiply.at` and others",
        "hard_cases/test_scattered_writes.py::test_gradient[factors_at_repeated_places]",
        """
def f(x, y):
    A = x.copy()
    np.multiply.at(A, [0, 2, 0], y[:3])
    np.maximum.at(A, 1, y[3])
    return np.sum(A**2)
""",
        {"note": "For a slice, a mask, an integer or a vector of them."},
    ),
    (
        "copies between overlapping views: of different steps, a column into a row, by a mask",
        "hard_cases/test_overlapping_copies.py::test_copies_that_numpy_gets_wrong_are_refused[steps_differ-5]",
        """
def f(x):
    v = x.copy()
    v[::2] = v[: (len(v) + 1) // 2]
    return np.sum(v**2)
""",
        {"refused": ("AliasingError", "copy what is assigned first")},
    ),
    (
        "parts of `np.split` that are written into one another",
        "hard_cases/test_parts_of_splits.py::test_gradient[two_halves]",
        """
def f(x):
    v = x.copy()
    a, b = np.split(v, 2)
    a[:] = b
    b *= a
    return np.sum(v**2)
""",
    ),
    (
        "lists of tuples of arrays, which a loop writes",
        "hard_cases/test_tuples_in_lists.py::test_gradient[rows_in_pairs]",
        """
def f(A, B):
    C = A.copy()
    pairs = [(C[i], B[i]) for i in range(len(C))]
    for p, q in pairs:
        p += q * p[0]
    return np.sum(C**2)
""",
    ),
    (
        "`ufunc.at` with an index of several axes",
        "hard_cases/test_scattered_writes.py::test_refused[several_axes]",
        """
def f(A):
    B = A.copy()
    np.multiply.at(B, ([0, 0], [1, 1]), 2.0)
    return np.sum(B)
""",
        {"refused": ("UnsupportedSyntaxError", "make a new array with np.where")},
    ),
    (
        "`np.place`, `np.putmask`",
        "hard_cases/test_scattered_writes.py::test_gradient[places_in_order]",
        """
def f(x, y):
    A = x.copy()
    np.place(A, A > 1, y[:2])
    np.putmask(A, A < 0.7, [y[2], 0.0, y[3]])
    return np.sum(A**2)
""",
    ),
    (
        "`A.flat[k]`",
        "hard_cases/test_scattered_writes.py::test_gradient[flat_items]",
        """
def f(A, n):
    B = A.copy()
    B.flat[n] *= B.flat[1]
    B.flat[::5] = 0.0
    return np.sum(B**2)
""",
    ),
    (
        "an array written into items of `A.flat`",
        "hard_cases/test_scattered_writes.py::test_refused[an_array_into_flat]",
        """
def f(A, x):
    B = A.copy()
    B.flat[:4] = x
    return np.sum(B**2)
""",
        {"refused": ("UnsupportedSyntaxError", "write into x.reshape(-1)")},
    ),
]
