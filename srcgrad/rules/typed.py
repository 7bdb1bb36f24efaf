"""Functions without a derivative rule whose results have a known type.

They may be called with what is not differentiated; what they give can then be written into arrays
and added up like anything else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.ops import Memory, operation, vjp, zero_derivative
from srcgrad.ir.shapes import (
    FALSE,
    NONE,
    ZERO,
    array,
    array_type,
    dim_from,
    is_known,
    is_none,
    numeric,
    promote,
    result,
    value_of,
)
from srcgrad.ir.types import (
    BOOL,
    FLOAT64,
    INT64,
    UNKNOWN,
    Array,
    Dim,
    Known,
    PackType,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    number_of,
)
from srcgrad.rules.reductions import reduced
from srcgrad.rules.static import is_integral

TEN: Any = 10
FIFTY: Any = 50
ONE: Any = 1.0


def _inexact(type_: Type) -> np.dtype[Any] | None:
    """The dtype in which floats are computed from an argument: that of its real numbers."""
    dtype = dtype_of(numeric(type_))
    if dtype is None or dtype.kind not in "biuf":
        return None
    return dtype if dtype.kind == "f" else FLOAT64


def _is_double(*types: Type) -> bool:
    """Whether doubles come of these: single precision is promoted differently from case to case."""
    return all(_inexact(type_) == FLOAT64 for type_ in types)


# --- statistics ---------------------------------------------------------------------------------


@operation(np.median, np.nanmedian)
def _median_type(
    a: Type,
    axis: Type = NONE,
    out: Type = NONE,
    overwrite_input: Type = FALSE,
    keepdims: Type = FALSE,
) -> Type:
    return reduced(a, axis, keepdims, _inexact(a)) if is_none(out) else UNKNOWN


@operation(np.percentile, np.quantile, np.nanpercentile, np.nanquantile)
def _quantile_type(
    a: Type,
    q: Type,
    axis: Type = NONE,
    out: Type = NONE,
    overwrite_input: Type = FALSE,
    method: Type = NONE,
    keepdims: Type = FALSE,
) -> Type:
    if not isinstance(number_of(q), Scalar) or not is_none(out):
        return UNKNOWN
    if not is_none(method) and value_of(method, "method") in _OF_ELEMENTS:
        return reduced(a, axis, keepdims, dtype_of(numeric(a)))
    return reduced(a, axis, keepdims, FLOAT64) if _is_double(a, q) else UNKNOWN


_OF_ELEMENTS = ("lower", "higher")
"""The methods that give an element as it is."""


@operation(np.unique)
def _unique_type(
    ar: Type,
    return_index: Type = FALSE,
    return_inverse: Type = FALSE,
    return_counts: Type = FALSE,
) -> Type:
    values, dims = array(dtype_of(numeric(ar)), (None,)), dims_of(numeric(ar))
    places = Array(INT64, (None,))
    # Of more than one axis, the inverse has another shape in some versions of NumPy.
    inverse = Array(INT64, dims) if dims is not None and len(dims) == 1 else UNKNOWN
    found = (
        (value_of(return_index, "return_index"), places),
        (value_of(return_inverse, "return_inverse"), inverse),
        (value_of(return_counts, "return_counts"), places),
    )
    more = tuple(type_ for is_wanted, type_ in found if is_wanted)
    return PackType(tuple, (values, *more)) if more else values


@operation(np.setdiff1d)
def _difference_type(ar1: Type, ar2: Type, assume_unique: Type = FALSE) -> Type:
    return array(dtype_of(array_type(ar1)), (None,))


@operation(np.union1d)
def _union_type(ar1: Type, ar2: Type) -> Type:
    return array(promote([numeric(ar1), numeric(ar2)]), (None,))


@operation(np.intersect1d)
def _intersection_type(
    ar1: Type, ar2: Type, assume_unique: Type = FALSE, return_indices: Type = FALSE
) -> Type:
    values = array(promote([array_type(ar1), array_type(ar2)]), (None,))
    places = Array(INT64, (None,))
    wants_places = value_of(return_indices, "return_indices")
    return PackType(tuple, (values, places, places)) if wants_places else values


@operation(np.isin)
def _membership_type(
    element: Type,
    test_elements: Type,
    assume_unique: Type = FALSE,
    invert: Type = FALSE,
    *,
    kind: Type = NONE,
) -> Type:
    return array(BOOL, dims_of(array_type(element)))


zero_derivative([np.isin])


@operation(np.lexsort)
def _lexsort_type(keys: Type) -> Type:
    last = keys.items[-1] if isinstance(keys, PackType) and keys.items else keys
    dims = dims_of(numeric(last))
    return array(INT64, dims if isinstance(keys, PackType) or dims is None else dims[1:])


zero_derivative([np.lexsort])


@operation(np.histogram, memory=Memory.ANY)  # of the edges that it is given
def _histogram_type(a: Type, bins: Type = TEN) -> Type:
    if not _is_double(a) or not isinstance(number_of(bins), Scalar):
        return UNKNOWN
    dim = dim_from(bins)
    edges = dim + 1 if isinstance(dim, int) else None
    return PackType(tuple, (Array(INT64, (dim,)), Array(FLOAT64, (edges,))))


@operation(np.bincount)
def _bincount_type(x: Type, weights: Type = NONE, minlength: Type = ZERO) -> Type:
    return Array(INT64 if is_none(weights) else FLOAT64, (None,))


@vjp(np.bincount)
def bincount(y_bar: Any, y: Any, x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    # Each weight is added to the element that has its number; False and True are 0 and 1 there.
    return None, y_bar[x] if is_integral(x) else y_bar.take(x)


# --- curves -------------------------------------------------------------------------------------


@operation(np.interp)
def _interp_type(x: Type, xp: Type, fp: Type) -> Type:
    return result(FLOAT64, dims_of(numeric(x))) if _is_double(x, xp, fp) else UNKNOWN


@operation(np.polyval)
def _polyval_type(p: Type, x: Type) -> Type:
    dtypes = [dtype_of(numeric(each)) for each in (p, x)]
    is_usual = _is_double(p, x) and FLOAT64 in dtypes and len(dims_of(numeric(p)) or ()) == 1
    return result(FLOAT64, dims_of(numeric(x))) if is_usual else UNKNOWN


@operation(np.polyfit)
def _polyfit_type(x: Type, y: Type, deg: Type) -> Type:
    dims = dims_of(numeric(y))
    if dims is None or len(dims) != 1 or not _is_double(x, y):
        return UNKNOWN
    is_degree = is_known(deg) and isinstance(deg, Known) and type(deg.value) is int
    return Array(FLOAT64, (deg.value + 1 if is_degree else None,))  # type: ignore[union-attr]


@operation(np.logspace, np.geomspace)
def _spaced_type(start: Type, stop: Type, num: Type = FIFTY) -> Type:
    are_numbers = all(isinstance(number_of(end), Scalar) for end in (start, stop, num))
    if not are_numbers or not _is_double(start, stop):
        return UNKNOWN
    return Array(FLOAT64, (dim_from(num),))


@operation(np.fft.fftfreq)
def _frequencies_type(n: Type, d: Type = ONE) -> Type:
    is_plain = isinstance(number_of(n), Scalar) and isinstance(number_of(d), Scalar)
    return Array(FLOAT64, (dim_from(n),)) if is_plain else UNKNOWN


@operation(np.fft.rfftfreq)
def _half_frequencies_type(n: Type, d: Type = ONE) -> Type:
    is_plain = isinstance(number_of(n), Scalar) and isinstance(number_of(d), Scalar)
    return Array(FLOAT64, (None,)) if is_plain else UNKNOWN


@operation(np.hanning, np.hamming, np.blackman, np.bartlett)
def _window_type(M: Type) -> Type:
    dim: Dim = dim_from(M)
    is_plain = isinstance(number_of(M), Scalar)
    if not is_plain:
        return UNKNOWN
    return Array(FLOAT64, (max(dim, 0) if isinstance(dim, int) else dim,))


# --- linear algebra -----------------------------------------------------------------------------


@operation(np.linalg.inv, np.linalg.cholesky)
def _inverse_type(a: Type) -> Type:
    return array(_inexact(a), dims_of(numeric(a)))


@operation(np.linalg.pinv)
def _pseudo_inverse_type(a: Type) -> Type:
    dims = dims_of(numeric(a))
    if dims is None or len(dims) < 2:
        return UNKNOWN
    return array(_inexact(a), (*dims[:-2], dims[-1], dims[-2]))


@operation(np.linalg.det)
def _determinant_type(a: Type) -> Type:
    dims = dims_of(numeric(a))
    return result(_inexact(a), None if dims is None else dims[:-2])


@operation(np.linalg.eigvalsh)
def _eigenvalues_type(a: Type) -> Type:
    dims = dims_of(numeric(a))
    return array(_inexact(a), None if dims is None else dims[:-1])


@operation(np.linalg.solve)
def _solve_type(a: Type, b: Type) -> Type:
    dims, others = dims_of(numeric(a)), dims_of(numeric(b))
    if dims is None or others is None or len(dims) != 2 or not _is_double(a, b):
        return UNKNOWN
    return array(FLOAT64, others if len(others) in (1, 2) else None)


_EIGENVALUES = type(np.linalg.eigh(np.eye(1)))


@operation(np.linalg.eigh)
def _eigenvectors_type(a: Type) -> Type:
    dims, dtype = dims_of(numeric(a)), _inexact(a)
    if dims is None or dtype is None:
        return UNKNOWN
    items = (Array(dtype, dims[:-1]), Array(dtype, dims))
    return PackType(_EIGENVALUES, items, _EIGENVALUES._fields)
