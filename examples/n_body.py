"""Bodies that attract each other, moved by the velocity Verlet scheme in scalar loops.

The scheme keeps the momentum to the last digit and the energy nearly.  Being a sequence of shears,
it also keeps volume in phase space: the matrix of the derivatives of the final state with respect
to the first has the determinant 1.

The program aims a probe: which velocity at the start brings it past two planets to its goal?
"""

import numpy as np


def accelerations(x, masses, softening):
    n = len(masses)
    a = np.zeros((n, 2))
    for i in range(n):
        for j in range(i):
            dx = x[j, 0] - x[i, 0]
            dy = x[j, 1] - x[i, 1]
            r2 = dx * dx + dy * dy + softening
            s = 1.0 / (r2 * np.sqrt(r2))
            a[i, 0] += masses[j] * s * dx
            a[i, 1] += masses[j] * s * dy
            a[j, 0] -= masses[i] * s * dx
            a[j, 1] -= masses[i] * s * dy
    return a


def verlet(x, v, masses, h, steps, softening=1e-3):
    x, v = x.copy(), v.copy()
    a = accelerations(x, masses, softening)
    for _ in range(steps):
        v += 0.5 * h * a
        x += h * v
        a = accelerations(x, masses, softening)
        v += 0.5 * h * a
    return x, v


def miss(v0, x, v, masses, h, steps, goal):
    """Squared distance of body 0, thrown with the velocity v0, from its goal in the end."""
    v = v.copy()
    v[0] = v0
    x, v = verlet(x, v, masses, h, steps)
    return np.sum((x[0] - goal) ** 2)


def energy(x, v, masses, softening=1e-3):
    total = 0.0
    for i in range(len(masses)):
        total += 0.5 * masses[i] * np.sum(v[i] ** 2)
        for j in range(i):
            distance = np.sqrt(np.sum((x[i] - x[j]) ** 2) + softening)
            total -= masses[i] * masses[j] / distance
    return total


def final_energy(x, v, masses, h, steps):
    x, v = verlet(x, v, masses, h, steps)
    return energy(x, v, masses)


def make_bodies(rng, n):
    """Bodies at random places around a ring, which move along it."""
    angle = 2 * np.pi * np.arange(n) / n
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = 2 * ring + 0.2 * rng.normal(size=(n, 2))
    v = 0.5 * ring[:, ::-1] * np.array([-1.0, 1.0])
    return x, v, 1.0 / n + 0.1 * rng.random(n)


def main():
    from srcgrad import grad

    x, v, masses = make_bodies(np.random.default_rng(0), 4)
    energy_grad = grad(final_energy, argnums=(0, 1, 2))
    before = grad(energy, argnums=(0, 1, 2))(x, v, masses)
    print("the gradient of the final energy is that of the first, but for the error of the scheme:")
    for h in (0.04, 0.02, 0.01):
        after = energy_grad(x, v, masses, h, round(1 / h))
        error = max(np.max(np.abs(a - b)) for a, b in zip(after, before))
        print(f"step {h:.2f}: {error:.1e}")
    print()

    # A probe without mass, two planets that circle each other, and a goal beyond them.
    x = np.array([[-3.0, 0.0], [-0.5, 0.0], [0.5, 0.0]])
    v = np.array([[0.0, 0.0], [0.0, -0.387], [0.0, 0.387]])
    masses = np.array([0.0, 0.3, 0.3])
    goal, h, steps = np.array([2.5, 1.0]), 0.02, 200
    miss_grad = grad(miss)
    v0 = np.array([1.3, 0.8])
    for step in range(61):
        if step % 15 == 0:
            distance = np.sqrt(miss(v0, x, v, masses, h, steps, goal))
            print(f"step {step:2}: velocity {np.round(v0, 4)}, misses by {distance:.1e}")
        v0 = v0 - 0.01 * miss_grad(v0, x, v, masses, h, steps, goal)
    print()
    print(miss_grad.source)


if __name__ == "__main__":
    main()
