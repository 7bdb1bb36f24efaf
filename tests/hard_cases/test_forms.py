"""NumPy's call forms: positional, keyword, method, operator; axes, keepdims, dtypes, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hard_cases.checking import Case, Table, matrix, vector

program = Table()
V, M = vector(), matrix()
T = np.random.default_rng(3).uniform(0.4, 1.6, size=(2, 3, 4))
W = np.random.default_rng(4).normal(size=(2, 3, 4))

REDUCTIONS = [
    lambda x: np.sum(np.sum(x, 0) ** 2),
    lambda x: np.sum(np.sum(x, axis=-2) ** 2),
    lambda x: np.sum(np.sum(a=x, axis=(0, -1)) ** 2),
    lambda x: np.sum(np.sum(x, axis=(-1, 0), keepdims=True) * x),
    lambda x: np.sum(np.sum(x, axis=()) * x),
    lambda x: np.sum(np.sum(x, None, None, None, True) * x),
    lambda x: np.sum(np.sum(x, axis=[0, 1][1]) ** 2),
    lambda x: np.sum(x.sum(-1, keepdims=True) * x),
    lambda x: np.sum(x.sum(axis=None, keepdims=True) * x),
    lambda x: (x.sum((0, 1)) ** 2).sum(),
    lambda x: np.sum(np.mean(x, (0, 2), keepdims=True) * x),
    lambda x: np.sum(x.mean(1) ** 3) + x.mean() ** 2,
    lambda x: np.sum(np.var(x, axis=1, ddof=1) ** 2),
    lambda x: np.sum(np.var(x, axis=(0, 2), ddof=2, keepdims=True) * x),
    lambda x: np.var(x, ddof=1) * x.var() + np.std(x, ddof=3),
    lambda x: np.sum(x.std(axis=-1, ddof=1) * np.std(x, -1)),
    lambda x: np.sum(np.std(x, axis=(1, 2), keepdims=True) * x),
    lambda x: np.sum(np.prod(x, axis=1) ** 2) + np.prod(x),
    lambda x: np.sum(x.prod(axis=(0, -1))) + np.sum(np.prod(x, axis=-1, keepdims=True) * x),
    lambda x: np.sum(np.max(x, axis=(0, 1)) * np.min(x, axis=(0, 1))),
    lambda x: np.sum(x.max(1, keepdims=True) * x) + np.max(x) ** 2 - x.min() ** 2,
    lambda x: np.sum(np.amax(x, axis=-1) * np.amin(x, -1)),
    lambda x: np.sum(np.cumsum(x, axis=1) ** 2) + np.sum(np.cumsum(x) ** 2),
    lambda x: np.sum(x.cumsum(-1) ** 2),
    lambda x: np.sum(np.ptp(x, axis=0) ** 2),
    lambda x: np.sum(np.add.reduce(x, axis=1) ** 2),
    lambda x: np.sum(np.log(np.sum(np.exp(x), axis=-1, keepdims=True)) * W),
]

SHAPING = [
    lambda x: np.sum(np.reshape(x, (4, -1)) ** 2 * np.arange(6)),
    lambda x: np.sum(x.reshape(3, -1) * W.reshape(3, 8)) ** 2,
    lambda x: np.sum(x.reshape((6, 4), order="F") * W.reshape(6, 4)) ** 2,
    lambda x: np.sum(np.reshape(x, (6, 4), "F") * W.reshape(6, 4)) ** 2,
    lambda x: np.sum(x.ravel(order="F") * W.ravel()) ** 2,
    lambda x: np.sum(x.ravel("C") * W.ravel()) ** 2 + np.sum(x.flatten() * W.ravel()) ** 2,
    lambda x: np.sum(x.T.ravel() * W.ravel()) ** 2,
    lambda x: np.sum(x.flatten("F") * W.ravel()) ** 2,
    lambda x: np.sum(x.T.reshape(2, 12) * W.reshape(2, 12)) ** 2,
    lambda x: np.sum(x.T.flatten() * W.ravel()) ** 2,
    lambda x: np.sum(np.transpose(x, (1, 2, 0)) * W.transpose(1, 2, 0) ** 2),
    lambda x: np.sum(x.transpose(-1, 0, 1) ** 2 * W.transpose((2, 0, 1))),
    lambda x: np.sum(x.transpose() ** 2 * W.T) + np.sum(x.transpose(None) ** 2 * W.T),
    lambda x: np.sum(np.transpose(x, axes=[2, 1, 0]) ** 2 * W.T),
    lambda x: np.sum(np.swapaxes(x, 0, -1) ** 2 * W.T),
    lambda x: np.sum(np.moveaxis(x, 0, -1) ** 2 * np.moveaxis(W, 0, -1)),
    lambda x: np.sum(np.moveaxis(x, (0, 1), (-1, 0)) ** 2 * np.moveaxis(W, (0, 1), (-1, 0))),
    lambda x: np.sum(np.moveaxis(x, source=[2], destination=[0]) ** 2 * W.transpose(2, 0, 1)),
    lambda x: np.sum(np.expand_dims(x, (0, -1)) ** 2 * W[None, ..., None]),
    lambda x: np.sum(np.expand_dims(x, axis=-3) * x) ** 2,
    lambda x: np.sum(np.squeeze(x[:, :1], 1) ** 2 * W[:, 0]),
    lambda x: np.sum(np.squeeze(x[:1, :, :1]) ** 2 * W[0, :, 0]),
    lambda x: np.sum(x[:1].squeeze(axis=(0,)) ** 2 * W[0]),
    lambda x: np.sum(np.broadcast_to(x[:, :1], (5, 2, 3, 4)) * W) ** 2,
    lambda x: np.sum(np.broadcast_to(x[0, 0, 0], x.shape) * W) ** 2,
    lambda x: np.sum(np.concatenate([x, x * 2, W], axis=1) ** 2),
    lambda x: np.sum(np.concatenate((x, x.reshape(2, 3, 4)), -1) ** 2 * np.arange(8)),
    lambda x: np.sum(np.concatenate([x, x], axis=None) ** 2 * np.arange(48)),
    lambda x: np.sum(np.stack([x, W, x], axis=-1) ** 2 * [1, 2, 3]),
    lambda x: np.sum(np.stack((x[0], x[1]), 1) ** 2 * np.arange(2)[:, None]),
    lambda x: np.sum(np.stack([x[0, 0, 0], x[0, 0, 1], 1.0]) ** 2),
    lambda x: np.sum(np.hstack([x, W]) ** 2) + np.sum(np.hstack([x[0, 0], x[0, 1, 2]]) ** 2),
    lambda x: np.sum(np.vstack([x[0], x[0, 0], x[1]]) ** 2 * np.arange(4)),
    lambda x: np.sum(np.column_stack([x[0, 0], x[1].T]) ** 2 * np.arange(4)),
    lambda x: np.sum(np.split(x, 2)[1] ** 2) * np.sum(np.split(x, [1, 3], axis=2)[1]),
    lambda x: np.sum(np.split(x, 3, axis=1)[-1] ** 2 * np.split(x, 3, 1)[0]),
    lambda x: np.sum(np.array_split(x, 3, axis=2)[0] ** 2),
    lambda x: np.sum(np.flip(x, 1) * x) + np.sum(np.flip(x) * x) + np.sum(np.fliplr(x) * x),
    lambda x: np.sum(np.flip(x, axis=(0, -1)) * x * W),
    lambda x: np.sum(np.roll(x, 1) * x) + np.sum(np.roll(x, -1, axis=1) * x),
    lambda x: np.sum(np.roll(x, (1, 2), axis=(0, 2)) * x),
    lambda x: np.sum(np.repeat(x, 2, axis=1) ** 2) + np.sum(np.repeat(x, 3) ** 2),
    lambda x: np.sum(np.tile(x, 2) ** 2) + np.sum(np.tile(x, (2, 1, 1, 2)) * 3),
    lambda x: np.sum(np.pad(x, ((0, 0), (1, 1), (0, 2))) ** 2),
    lambda x: np.sum(np.tril(x) ** 2) + np.sum(np.triu(x, k=1) ** 3),
    lambda x: np.sum(np.diag(x[0, :, :3]) ** 2) + np.sum(np.diag(x[0, 0]) @ x[0].T),
    lambda x: np.sum(np.atleast_2d(x[0, 0]) ** 2) + np.sum(np.atleast_1d(x[0, 0, 0]) ** 2),
    lambda x: np.sum(np.array([x[0, 0, 0], 2.0 * x[0, 1, 0]]) ** 2),
    lambda x: np.sum(np.array([[x[0, 0, 0], 1], [x[0, 0, 0], x[0, 1, 2]]]) ** 2),
    lambda x: np.sum(np.array([x[0], x[1] * 2]) ** 2),
    lambda x: np.sum(np.array(x) ** 2) + np.sum(np.asarray(x) ** 2) + np.sum(x.copy() ** 3),
    lambda x: np.sum(np.array(x, dtype=np.float64) ** 2),
    lambda x: np.sum(x.astype(np.float64) ** 2) + np.sum(x.astype("f8", copy=False)),
    lambda x: np.sum(x.astype(int) * x) + np.sum(np.floor(x) * x),
    lambda x: np.sum(np.zeros_like(x) + x * np.ones_like(x)) * np.sum(np.full_like(x, 2.0)),
    lambda x: np.sum(np.full_like(x, x[0, 0, 0]) * x),
    lambda x: np.sum(np.full((2, 3), x[0, 0, 0]) ** 2),
    lambda x: np.sum(np.linspace(x[0, 0, 0], x[0, 0, 1], 5) ** 2),
    lambda x: np.sum(np.linspace(0.0, x[0, 0, 1], 5, endpoint=False) ** 2),
    lambda x: np.sum((x[0, 0, 0] + np.arange(3)) ** 2) + np.sum(np.eye(3) * x[0, :, :3] ** 2),
    lambda x: np.sum(np.arange(x[0, 0, 0], 3.0) ** 2),
]

PRODUCTS = [
    lambda x: np.sum(x @ W.transpose(0, 2, 1)) ** 2,
    lambda x: np.sum(np.matmul(x, W[0].T) ** 2),
    lambda x: np.sum(np.matmul(x, W[0, 0]) ** 2) + np.sum(np.matmul(W[0, 0, :3], x) ** 2),
    lambda x: np.sum(np.dot(x, W[0].T) ** 2) + np.sum(np.dot(x, W[0, 0]) ** 2),
    lambda x: np.sum(np.dot(x, x.transpose(0, 2, 1))),
    lambda x: np.sum(np.dot(x, 2.0) ** 2) + np.sum(np.dot(x[0, 0, 0], x) ** 2),
    lambda x: np.sum(x.dot(x[0, 0]) ** 2) + x[0, 0].dot(x[0, 1]),
    lambda x: np.dot(x[0, 0], b=x[1, 0]) * np.inner(x[0, 0], x[0, 0]),
    lambda x: np.sum(np.inner(x, x)) + np.sum(np.inner(x, 3.0)) + np.sum(np.inner(x, x[0, 0]) ** 2),
    lambda x: np.sum(np.outer(x[0], x[1]) ** 2) + np.sum(np.outer(x[0, 0, 0], x[0, 0])),
    lambda x: np.vdot(x[0], x[1]) ** 2,
    lambda x: np.sum(np.tensordot(x, W, axes=([1, 2], [1, 2])) ** 2),
    lambda x: np.sum(np.tensordot(x, W[0].T, 1) ** 2) + np.tensordot(x, x, 3),
    lambda x: np.sum(np.einsum("ijk,ilk->jl", x, W) ** 2),
    lambda x: np.sum(np.einsum("ijk,ijk->i", x, x) ** 2) + np.einsum("ijk->", x) ** 2,
    lambda x: np.sum(np.einsum("ii->i", x[0, :, :3]) ** 2) + np.einsum("ii", x[0, :, :3]) ** 2,
    lambda x: np.sum(np.einsum("ij,jk", x[0], x[1].T) ** 2),
    lambda x: np.sum(np.einsum("ij,kj,lk->il", x[0], x[1], W[0].T) ** 2),
    lambda x: np.sum(np.einsum("i,j->ij", x[0, 0], x[0, :, 0]) ** 2 * W[0].T),
    lambda x: np.sum(np.kron(x[0], np.eye(2)) ** 2),
    lambda x: np.sum(np.convolve(x[0, 0], x[0, 1]) ** 2),
    lambda x: np.sum(np.convolve(x[0, 0], x[0, :, 1], mode="same") ** 2 * np.arange(4)),
    lambda x: np.sum(np.convolve(x[0, :, 0], x[0, 0], "valid") ** 2 * np.arange(2)),
]

ELEMENTWISE = [
    lambda x: np.sum(np.add(x, x) * np.subtract(x, 2) / np.divide(x, W)),
    lambda x: np.sum(np.multiply(x1=x, x2=W) if False else np.multiply(x, W) ** 2),
    lambda x: np.sum(np.power(x, 2.5) + np.power(2, x) + x**x + 2.0**x + x**-1 + x**0),
    lambda x: np.sum(
        np.power(x, 3) + np.float_power(x, 2) + np.square(x) + np.sqrt(x) + np.cbrt(x)
    ),
    lambda x: np.sum(pow(x, 2)) + np.sum(x // 0.3 * x) + np.sum(x % 0.3 * x),
    lambda x: np.sum(np.mod(x, 0.3) ** 2) + np.sum(np.fmod(x, W) ** 2) + np.sum(2.0 % x),
    lambda x: np.sum(np.remainder(x, W)) + np.sum(np.floor_divide(x, 0.3) * x),
    lambda x: np.sum(np.divmod(x, 0.3)[1] ** 2) + np.sum(divmod(x, 0.3)[0] * x),
    lambda x: np.sum(-x + +x * abs(-x) + np.abs(x) + np.fabs(-x) + np.negative(x) + np.positive(x)),
    lambda x: np.sum(np.maximum(x, 1) + np.minimum(1.0, x * x) * np.fmax(x, W) + np.fmin(x, W)),
    lambda x: np.sum(np.clip(x, 0.6, 1.2) ** 2) + np.sum(x.clip(0.6, None) * x.clip(max=1.0)),
    lambda x: np.sum(np.clip(x, a_min=None, a_max=1.1) ** 2) + np.sum(np.clip(x, min=0.7, max=W)),
    lambda x: np.sum(np.clip(0.9, x, 2.0) ** 2) + np.sum(np.clip(W, -x, x)),
    lambda x: np.sum(np.where(x > 1, x, W) ** 2) + np.sum(np.where(x[0] > 1, x, 0.0) ** 2),
    lambda x: np.sum(np.where(True, x, W)) + np.sum(np.where(x.max() > 1, x, 1.0)),
    lambda x: np.sum(np.arctan2(x, W) * np.hypot(x, W) * np.logaddexp(x, W) * np.logaddexp2(W, x)),
    lambda x: np.sum(np.exp2(x) * np.expm1(x) * np.log1p(x) * np.log2(x) * np.log10(x)),
    lambda x: np.sum(np.sin(x) + np.cos(x) + np.tan(x) + np.sinh(x) + np.cosh(x) + np.tanh(x)),
    lambda x: np.sum(np.arcsin(x / 2) + np.arccos(x / 2) + np.arctan(x) + np.arcsinh(x)),
    lambda x: np.sum(np.arccosh(x + 1) + np.arctanh(x / 2) + np.reciprocal(x) + np.rad2deg(x)),
    lambda x: np.sum(np.sinc(x) + np.deg2rad(x) + np.nan_to_num(x) + np.copysign(x, W)),
    lambda x: np.sum(np.heaviside(x - 1, 0.5) * x + np.sign(x - 1) * x + np.round(x, 1) * x),
    lambda x: np.sum(np.sort(x, axis=1) * W) + np.sum(np.sort(x) * W),
    lambda x: np.sum(np.take(x, [2, 0, 2], axis=1) ** 2) + np.sum(np.take(x, [5, 5, 1]) ** 2),
    lambda x: np.sum(x.take([1, 1], axis=-1) ** 2) + np.take(x, 3) ** 2,
    lambda x: np.sum(np.take(x, np.array([[0, 1], [1, 1]]), axis=0) ** 2 * np.arange(4)),
    lambda x: np.sum(np.take_along_axis(x[0], np.argsort(x[0], axis=1), axis=1) * W[0]),
    lambda x: float(np.sum(x)) ** 2 + x.sum().item() ** 2 + np.sum(x) ** 2,
    lambda x: max(x[0, 0, 0], x[0, 0, 1], 1.0) + min(x[0, 0, 0], 0.7) + abs(x[0, 0, 1]),
    lambda x: round(x[0, 0, 0], 2) * x[0, 0, 1] + int(x[0, 0, 1] * 10) * x[0, 0, 2],
    lambda x: x.size * len(x) * x.ndim * x.shape[-1] * np.size(x, 0) * np.sum(x) ** 2,
    lambda x: np.sum(x.T.T**2) + x.nbytes * np.sum(x) + np.shape(x)[1] * np.ndim(x) * x.max(),
    lambda x: np.sum(np.mean([x[0], x[1] ** 2], axis=0) ** 2),
    lambda x: np.sum(np.linalg.norm(x, axis=-1) ** 3) + np.linalg.norm(x.ravel()) ** 3,
    lambda x: np.sum([x[0, 0, 0], x[0, 1, 1] ** 2]) * np.max([x[0, 0, 0], x[0, 1, 1]]),
    lambda x: np.sum(x * [1.0, 2.0, 3.0, 4.0]) ** 2 + np.sum((1, 2, 3, 4) * x),
]

for group in (REDUCTIONS, SHAPING, PRODUCTS, ELEMENTWISE):
    for f in group:
        program.add(f, T)


# No derivative yet: refused, or right.
LATER_T = [
    lambda x: np.sum(np.cumprod(x, axis=0)) + np.sum(x.cumprod()),
    lambda x: np.sum(np.median(x, axis=1) ** 2),
    lambda x: np.sum(np.average(x, axis=0, weights=[0.25, 0.75]) ** 2),
    lambda x: np.sum(np.nansum(x, axis=1) ** 2),
    lambda x: np.sum(np.trace(x) ** 2),
    lambda x: np.sum(np.diff(x, axis=1) ** 2) + np.sum(np.diff(x, n=2) ** 2),
    lambda x: np.sum(x.sum(axis=np.int64(1)) ** 2),
    lambda x: np.logaddexp.reduce(x.ravel()),
    lambda x: np.sum(x.T.ravel("K") * W.ravel()) ** 2,
    lambda x: np.sum(np.rollaxis(x, 2) ** 2 * np.rollaxis(W, 2)),
    lambda x: np.sum(np.dstack([x, W]) ** 2 * np.arange(8)),
    lambda x: np.sum(np.hsplit(x, 3)[1] ** 2),
    lambda x: np.sum(np.repeat(x, [1, 2, 0], axis=1) ** 2),
    lambda x: np.sum(np.pad(x, 1, mode="edge") ** 2),
    lambda x: np.sum(np.rot90(x[0]) * W[0].T) ** 2,
    lambda x: np.sum(np.meshgrid(x[0, 0], x[0, 1])[0] ** 2),
    lambda x: np.sum(np.asfortranarray(x).ravel("K") * W.ravel()),
    lambda x: np.sum(np.delete(x, 1, axis=1) ** 2),
    lambda x: np.sum(np.insert(x[0, 0], 1, x[0, 1, 1]) ** 2),
    lambda x: np.sum(np.append(x[0, 0], x[0, 1, 1]) ** 2 * np.arange(5)),
    lambda x: np.sum(np.append(x, W) ** 2 * np.arange(48)),
    lambda x: np.sum(np.einsum("...k,k->...", x, x[0, 0]) ** 2),
    lambda x: np.sum(np.cross(x[0, :, :3], x[1, :, :3]) ** 2),
    lambda x: np.sum(np.correlate(x[0, 0], x[0, :, 1]) ** 2),
    lambda x: np.sum(np.linalg.multi_dot([x[0], x[1].T, x[0]])),
    lambda x: np.sum(np.interp(x[0, 0], [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]) ** 2),
    lambda x: np.sum(np.polyval([1.0, 2.0, 3.0], x)) + np.polyval(x[0, 0], 0.5),
    lambda x: np.sum(np.real(x) + np.conj(x) + x.real + np.ldexp(x, 2)),
    lambda x: np.sum(np.select([x > 1.2, x > 0.8], [x * x, -x], default=x**3)),
    lambda x: np.sum(np.piecewise(x, [x > 1], [lambda t: t * t, 2.0])),
    lambda x: np.sum(np.sort(x, axis=None) * W.ravel()),
    lambda x: np.sum(np.choose(np.array([0, 1, 0, 1]), [x[0, 0], x[1, 0]]) ** 2),
    lambda x: np.sum(np.compress([True, False], x, axis=0) ** 2),
    lambda x: np.sum(np.extract(x > 1, x) ** 2),
    lambda x: x[0, 0, 0].item() * x.item(3) * x.item(1, 0, 2),
    lambda x: sum(x[0, 0]) * max(x[0, 0]) * min(x[0, 0]) + sum([x[0, 1, 1], 1.0], 3.0),
    lambda x: np.sum(np.linalg.inv(x[0, :, :3] + 3 * np.eye(3)) ** 2),
    lambda x: np.linalg.det(x[0, :, :3] + 3 * np.eye(3)) * np.sum(np.linalg.norm(x[0]) ** 2),
    lambda x: np.sum(np.linalg.solve(x[0, :, :3] + 3 * np.eye(3), x[1]) ** 2),
]
for f in LATER_T:
    program.add(f, T, may_refuse=True)

# What no rule accounts for is refused by name, never ignored.
KEYWORDS = [
    lambda x: np.sum(np.exp(x, dtype=np.float32)),
    lambda x: np.sum(np.add(x, x, casting="unsafe") ** 2),
]
for f in KEYWORDS:
    program.add(f, T, refused=True)
program.add(lambda x: np.sum(np.exp(x, where=x > 1.05, out=np.zeros((2, 3, 4)))), T)
program.add(lambda x: np.sum(np.sin(x, out=np.empty((2, 3, 4)))), T)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
