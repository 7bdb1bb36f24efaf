"""Train a network on hand-written digits with five optimizers, and compare them."""

import time

import numpy as np
import optimizers
from digits_network import accuracy, digits_loss, load_digits, make_params, one_hot

from srcgrad import value_and_grad

RATES = {"sgd": 0.2, "momentum": 0.03, "adagrad": 0.03, "rmsprop": 0.002, "adam": 0.003}


def main():
    (X, labels), (X_test, labels_test) = load_digits(np.random.default_rng(0))
    loss_and_gradient = value_and_grad(digits_loss)
    print(f"{len(X)} images to train on, {len(X_test)} to test")
    print("optimizer   step size   loss     accuracy   time")
    for name, rate in RATES.items():
        rng = np.random.default_rng(1)
        start = time.perf_counter()
        params, losses = optimizers.train(
            loss_and_gradient,
            make_params(rng),
            X,
            one_hot(labels),
            rng,
            rule=getattr(optimizers, name),
            rate=rate,
        )
        seconds = time.perf_counter() - start
        right = accuracy(params, X_test, labels_test)
        print(
            f"{name:10}  {rate:9}   {np.mean(losses[-45:]):.4f}   {right:8.1%}   {seconds:4.1f} s",
            flush=True,
        )
    print()
    print(loss_and_gradient.source)


if __name__ == "__main__":
    main()
