"""Differential equations by the classical Runge-Kutta method, for any right-hand side.

``rk4(rhs, y, params, h, steps)`` integrates y' = rhs(t, y, params) and gives the states of all
steps as rows of an array.  The right-hand sides here are those of

* a pendulum with friction: angle and speed; without friction its energy is kept;
* Lotka and Volterra's hares and lynxes, which have a constant of motion as well.

The program fits the rates of hares and lynxes to a noisy record of their numbers.
"""

import numpy as np


def rk4(rhs, y, params, h, steps):
    states = np.empty((steps + 1, len(y)))
    states[0] = y
    t = 0.0
    for n in range(steps):
        k1 = rhs(t, y, params)
        k2 = rhs(t + h / 2, y + h / 2 * k1, params)
        k3 = rhs(t + h / 2, y + h / 2 * k2, params)
        k4 = rhs(t + h, y + h * k3, params)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        t += h
        states[n + 1] = y
    return states


def pendulum(t, y, params):
    angle, speed = y
    stiffness, friction = params
    return np.array([speed, -stiffness * np.sin(angle) - friction * speed])


def lotka_volterra(t, y, params):
    hares, lynxes = y
    births, eaten, food, deaths = params
    return np.array([(births - eaten * lynxes) * hares, (food * hares - deaths) * lynxes])


def final_energy(y, params, h, steps):
    """Of the pendulum, per mass and squared length."""
    angle, speed = rk4(pendulum, y, params, h, steps)[-1]
    return 0.5 * speed**2 - params[0] * np.cos(angle)


def misfit(params, y, h, record):
    """Of the numbers of hares and lynxes, in relative units."""
    states = rk4(lotka_volterra, y, params, h, len(record) - 1)
    return np.sum((np.log(states) - np.log(record)) ** 2) / len(record)


def constant_of_motion(y, params):
    """What Lotka and Volterra's equations keep."""
    births, eaten, food, deaths = params
    hares, lynxes = y[..., 0], y[..., 1]
    return food * hares - deaths * np.log(hares) + eaten * lynxes - births * np.log(lynxes)


def make_record(rng, h=0.05, steps=240, noise=0.05):
    """Rates, first numbers and a noisy record of what follows."""
    params, y = np.array([1.1, 0.4, 0.1, 0.4]), np.array([10.0, 3.0])
    states = rk4(lotka_volterra, y, params, h, steps)
    return params, y, states * np.exp(noise * rng.normal(size=states.shape))


def main():
    from srcgrad import grad, value_and_grad

    # Without friction the energy is that of the start, whose gradient is known.
    y, params = np.array([2.0, 0.5]), np.array([9.81, 0.0])
    energy_grad = grad(final_energy)
    known = np.array([params[0] * np.sin(y[0]), y[1]])
    print("step      error of the gradient of the final energy")
    for h in (0.04, 0.02, 0.01):
        gradient = energy_grad(y, params, h, round(4 / h))
        print(f"{h:.2f}      {np.max(np.abs(gradient - known)):.1e}")
    print()

    rng = np.random.default_rng(0)
    true_params, y, record = make_record(rng)
    misfit_and_grad = value_and_grad(misfit)
    params = np.array([1.0, 0.35, 0.12, 0.5])
    memory = np.zeros(4)
    for step in range(401):
        value, gradient = misfit_and_grad(params, y, 0.05, record)
        if step % 100 == 0:
            print(f"step {step:3}: misfit {value:.5f}, rates {np.round(params, 3)}")
        memory = 0.9 * memory + 0.1 * gradient**2
        params = params - 0.01 * 0.99**step * gradient / np.sqrt(memory + 1e-12)
    print(f"the record was made with rates   {true_params}")
    print()
    print(misfit_and_grad.source)


if __name__ == "__main__":
    main()
