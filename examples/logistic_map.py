"""Differentiating a loop: the logistic map l <- 4 l (1 - l), started at l = x.

After three steps the loop has computed the polynomial

    64 x (1 - x) (1 - 2x)^2 (1 - 8x + 8x^2)^2

whose derivative, written out, is longer than the program.
"""

from srcgrad import grad


def logistic_map(x, steps):
    l = x
    for _ in range(steps):
        l = 4 * l * (1 - l)
    return l


def three_steps(x):
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) ** 2


def three_steps_derivative(x):
    """The closed form, by the product rule, without a common factor taken out."""
    u, v, w = x * (1 - x), 1 - 2 * x, 1 - 8 * x + 8 * x**2
    du, dv, dw = 1 - 2 * x, -2, -8 + 16 * x
    return 64 * (du * v**2 * w**2 + u * 2 * v * dv * w**2 + u * v**2 * 2 * w * dw)


def main():
    logistic_map_grad = grad(logistic_map)
    print("    x      loop        polynomial  derivative    closed form   difference")
    for x in (0.05, 0.2, 0.35, 0.5, 0.8):
        value, derivative = logistic_map(x, 3), logistic_map_grad(x, 3)
        known = three_steps_derivative(x)
        print(
            f"{x:6.2f}  {value:10.7f}  {three_steps(x):10.7f}  {derivative:12.7f}"
            f"  {known:12.7f}  {abs(derivative - known):10.1e}"
        )
    print()
    print(logistic_map_grad.source)


if __name__ == "__main__":
    main()
