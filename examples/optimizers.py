"""Training in plain NumPy: five ways to step, step-size decay, gradient clipping, mini-batches.

An update rule works on one array: ``rule(w, g, memory, rate)`` gives the new ``w`` for the
gradient ``g`` and keeps what it has to remember in the dictionary ``memory``.  ``update`` applies a
rule to all arrays of a nested list or tuple of parameters.
"""

import numpy as np

# ---- update rules ----


def sgd(w, g, memory, rate):
    return w - rate * g


def momentum(w, g, memory, rate, friction=0.9):
    velocity = friction * memory.get("velocity", 0.0) - rate * g
    memory["velocity"] = velocity
    return w + velocity


def adagrad(w, g, memory, rate, epsilon=1e-8):
    squares = memory.get("squares", 0.0) + g * g
    memory["squares"] = squares
    return w - rate * g / (np.sqrt(squares) + epsilon)


def rmsprop(w, g, memory, rate, forget=0.1, epsilon=1e-8):
    squares = (1 - forget) * memory.get("squares", 0.0) + forget * g * g
    memory["squares"] = squares
    return w - rate * g / (np.sqrt(squares) + epsilon)


def adam(w, g, memory, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = memory.get("t", 0) + 1
    mean = beta1 * memory.get("mean", 0.0) + (1 - beta1) * g
    squares = beta2 * memory.get("squares", 0.0) + (1 - beta2) * g * g
    memory.update(t=t, mean=mean, squares=squares)
    corrected = mean / (1 - beta1**t)
    return w - rate * corrected / (np.sqrt(squares / (1 - beta2**t)) + epsilon)


# ---- nested parameters ----


def leaves(params):
    """The arrays of nested lists and tuples, in order."""
    if isinstance(params, list | tuple):
        return [leaf for part in params for leaf in leaves(part)]
    return [params]


def update(rule, params, gradient, memories, rate, path=()):
    """New parameters of the same structure; ``memories`` is a dictionary, empty at first."""
    if isinstance(params, list | tuple):
        return type(params)(
            update(rule, p, g, memories, rate, (*path, i))
            for i, (p, g) in enumerate(zip(params, gradient))
        )
    return rule(params, gradient, memories.setdefault(path, {}), rate)


def clip_gradient(gradient, limit):
    """The gradient, scaled down to the norm ``limit`` where it is longer."""
    norm = np.sqrt(sum(np.sum(g * g) for g in leaves(gradient)))
    scale = limit / norm if norm > limit else 1.0
    return _scaled(gradient, scale)


def _scaled(gradient, scale):
    if isinstance(gradient, list | tuple):
        return type(gradient)(_scaled(g, scale) for g in gradient)
    return gradient * scale


# ---- training ----


def batches(rng, size, count):
    """Index arrays of mini-batches: all of range(count), in random order."""
    order = rng.permutation(count)
    return [order[start : start + size] for start in range(0, count, size)]


def train(
    value_and_gradient, params, inputs, targets, rng, *,
    rule=adam, rate=0.003, decay=0.95, clip=5.0, batch=32, epochs=20, report=None,
):  # fmt: skip
    """Minimise a loss over mini-batches.

    ``value_and_gradient(params, X, Y)`` gives the loss of a batch and its gradient.  The step size
    shrinks by the factor ``decay`` after each epoch; ``report(epoch, loss, params)`` is called
    then.  Gives the parameters and the losses of all batches.
    """
    memories, losses = {}, []
    for epoch in range(epochs):
        for chosen in batches(rng, batch, len(inputs)):
            loss, gradient = value_and_gradient(params, inputs[chosen], targets[chosen])
            gradient = clip_gradient(gradient, clip)
            params = update(rule, params, gradient, memories, rate)
            losses.append(float(loss))
        rate *= decay
        if report is not None:
            steps = -(-len(inputs) // batch)
            report(epoch + 1, sum(losses[-steps:]) / steps, params)
    return params, losses
