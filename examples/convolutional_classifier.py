"""A small convolutional classifier, its convolutions written as banded Toeplitz matrices.

    L = 1/N sum_i ln(1 + exp(-y_i max(0, W3 max(0, W2 max(0, W1 x_i)))))

W1 and W2 hold a short kernel along their diagonal, W3 is full.  The matrices are built from the
kernels inside the loss by gathering, so that the gradient is that of the kernels: each entry of a
kernel collects the gradients of all places where it stands.
"""

import numpy as np

from srcgrad import grad


def toeplitz(kernel, band, offset):
    return np.where(band, kernel[offset], 0.0)


def classifier_loss(kernel1, kernel2, W3, X, y, layout1, layout2):
    band1, offset1 = layout1
    band2, offset2 = layout2
    h1 = np.maximum(0, toeplitz(kernel1, band1, offset1) @ X)
    h2 = np.maximum(0, toeplitz(kernel2, band2, offset2) @ h1)
    score = np.maximum(0, W3 @ h2)
    return np.sum(np.log(1 + np.exp(-y * score))) / len(y)


def band_layout(columns, width):
    """Where in a Toeplitz matrix the kernel stands, and which entry of the kernel.

    Row i of the matrix holds the kernel in the columns i to i + width - 1, so that a product with
    it gives the correlation at all positions where the kernel fits in.
    """
    offset = np.arange(columns)[None, :] - np.arange(columns - width + 1)[:, None]
    band = (offset >= 0) & (offset < width)
    return band, np.clip(offset, 0, width - 1)


def make_data(rng, samples=200, length=32):
    """Noise, and for the class +1 a bump at a random place in it; one sample a column."""
    X = 0.3 * rng.normal(size=(length, samples))
    y = np.where(rng.random(samples) < 0.5, 1.0, -1.0)
    for i in np.flatnonzero(y > 0):
        start = rng.integers(0, length - 4)
        X[start : start + 4, i] += 1.5
    return X, y


def make_params(rng, length=32, width1=5, width2=3):
    """Random kernels, a random last layer, and the layouts of the two Toeplitz matrices."""
    layout1 = band_layout(length, width1)
    layout2 = band_layout(length - width1 + 1, width2)
    rows = layout2[0].shape[0]
    params = 0.5 * rng.random(width1), 0.5 * rng.random(width2), rng.random(rows) / rows
    return params, layout1, layout2


def main():
    rng = np.random.default_rng(0)
    X, y = make_data(rng)
    (kernel1, kernel2, W3), layout1, layout2 = make_params(rng)
    loss_grad = grad(classifier_loss, argnums=(0, 1, 2))
    for step in range(301):
        rest = (X, y, layout1, layout2)
        if step % 50 == 0:
            print(f"step {step:3}: loss {classifier_loss(kernel1, kernel2, W3, *rest):.4f}")
        k1_bar, k2_bar, W3_bar = loss_grad(kernel1, kernel2, W3, *rest)
        kernel1 = kernel1 - 0.1 * k1_bar
        kernel2 = kernel2 - 0.1 * k2_bar
        W3 = W3 - 0.1 * W3_bar
    print(f"first kernel:  {np.array2string(kernel1, precision=3)}")
    print(f"second kernel: {np.array2string(kernel2, precision=3)}")
    print()
    print(loss_grad.source)


if __name__ == "__main__":
    main()
