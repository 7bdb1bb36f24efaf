"""The logistic map (examples/logistic_map.py)."""


def logistic_map_grad(x, steps):
    l = x
    l_before = []
    for _ in range(steps):
        l_before.append(l)
        l = 4 * l * (1 - l)
    l_bar = 1.0
    for l in reversed(l_before):
        l_bar *= 4 - 8 * l
    return l_bar
