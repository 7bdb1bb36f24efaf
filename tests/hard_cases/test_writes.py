"""Array writes through calls: refused, or right; never ignored."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hard_cases.checking import Case, Table

program = Table()
X = np.array([3.0, 1.0, 2.0])
W = np.arange(1.0, 4.0)
WRITES = "writes through calls are ignored"


@program(X, may_refuse=True)
def y_sort_0(x):
    y = x.copy()
    y.sort()
    return np.sum(y * W)


@program(X, may_refuse=True)
def y_fill_1(x):
    y = x * 1
    y.fill(2.0)
    return np.sum(y * x)


@program(X, may_refuse=True)
def np_copyto_y_w_2(x):
    y = x * 1
    np.copyto(y, W)
    return np.sum(y * x)


@program(X, may_refuse=True)
def np_put_y_3(x):
    y = x * 1
    np.put(y, [0], 5.0)
    return np.sum(y * x)


@program(X, may_refuse=True)
def np_place_y_y_4(x):
    y = x * 1
    np.place(y, y > 2.5, 5.0)
    return np.sum(y * x)


@program(X, may_refuse=True)
def np_putmask_y_y_5(x):
    y = x * 1
    np.putmask(y, y > 2.5, 5.0)
    return np.sum(y * x)


@program(X, may_refuse=True)
def np_add_at_y_x_6(x):
    y = x * 1
    np.add.at(y, [0, 0], x[0])
    return np.sum(y * x)


@program(X, may_refuse=True)
def y_partition_7(x):
    y = x * 1
    y.partition(1)
    return np.sum(y * W)


@program(X, may_refuse=True)
def y_put_8(x):
    y = x * 1
    y.put([0], 2.0)
    return np.sum(y * x)


@program(X, may_refuse=True)
def np_random_default_rng_shuffle_9(x):
    y = x * 1
    np.random.default_rng(0).shuffle(y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_random_seed_10(x):
    y = x * 1
    np.random.seed(0)
    np.random.shuffle(y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_fill_diagonal_y_11(x):
    y = np.outer(x, x)
    np.fill_diagonal(y, 0.0)
    return np.sum(y)


@program(X, may_refuse=True)
def y_resize_12(x):
    y = x * 1
    y.resize(2)
    return np.sum(y * y)


@program(X, may_refuse=True)
def y___setitem_13(x):
    y = x * 1
    y.__setitem__(0, 5.0)
    return np.sum(y * y)


@program(X, may_refuse=True)
def np_ndarray_sort_y_14(x):
    y = x * 1
    np.ndarray.sort(y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_multiply_y_y_15(x):
    y = x * 1
    np.multiply(y, 2, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_exp_y_y_16(x):
    y = x * 1
    np.exp(y, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_clip_y_y_17(x):
    y = x * 1
    np.clip(y, 0, 2.5, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_clip_y_out_y_18(x):
    y = x * 1
    np.clip(y, 0, 2.5, out=y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def y_clip_y_19(x):
    y = x * 1
    y.clip(0, 2.5, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_cumsum_y_none_none_y_20(x):
    y = x * 1
    np.cumsum(y, None, None, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_take_x_none_y_21(x):
    y = x * 1
    np.take(x, [0, 0, 0], None, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_dot_np_eye_x_y_22(x):
    y = x * 1
    np.dot(np.eye(3) * 2, x, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_matmul_np_eye_x_y_23(x):
    y = x * 1
    np.matmul(np.eye(3) * 2, x, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_round_x_y_24(x):
    y = x * 1
    np.round(x, 0, y)
    return np.sum(y * W)


@program(X, may_refuse=True)
def y_t_sort_25(x):
    y = x * 1
    y.T.sort()
    return np.sum(y * W)


@program(X, may_refuse=True)
def y_sort_26(x):
    y = x * 1
    y[1:].sort()
    return np.sum(y * W)


@program(X, may_refuse=True)
def v_y_view_27(x):
    y = x * 1
    v = y.view()
    v.sort()
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_nan_to_num_y_copy_false_28(x):
    y = x * 1
    np.nan_to_num(y, copy=False)
    return np.sum(y * W)


@program(X, may_refuse=True)
def np_copyto_w_x_29(x):
    w = np.zeros(3)
    np.copyto(w, x)
    return np.sum(w * w)


@program(X, may_refuse=True)
def np_add_x_x_out_w_30(x):
    w = np.zeros(3)
    np.add(x, x, out=w)
    return np.sum(w * w)


@program(X, may_refuse=True)
def w_fill_x_31(x):
    w = np.zeros(3)
    w.fill(x[0])
    return np.sum(w * w)


@program(X, may_refuse=True)
def z_np_clip_x_w_32(x):
    w = np.zeros(3)
    z = np.clip(x, 0, 2.5, w)
    return np.sum(z * z)


@program(X, may_refuse=True)
def z_np_add_x_x_w_33(x):
    w = np.zeros(3)
    z = np.add(x, x, w)
    return np.sum(z * w)


@program(X, may_refuse=True)
def z_np_exp_w_w_34(x):
    w = np.zeros(3)
    z = np.exp(W, w)
    return np.sum(z * w * x)


@program(X, may_refuse=True)
def s_35(x):
    idx = np.arange(3)
    rng = np.random.default_rng(0)
    s = 0.0
    rng.shuffle(idx)
    s = s + x[idx[0]] ** 2
    rng.shuffle(idx)
    return s * x[idx[0]]


@program(X, may_refuse=True)
def w_sort_36(x):
    w = W.copy()
    y = x * w
    w.sort()
    return np.sum(y * w)


@program(X, may_refuse=True)
def w_fill_37(x):
    w = W.copy()
    y = x * w
    w.fill(7.0)
    return np.sum(y * y)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
