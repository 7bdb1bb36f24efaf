"""What a function that writes in place prints, logs, draws and leaves in objects: it happens when
``vjp`` is called, as in the function, and never in the pullback, which repeats the writes."""

from __future__ import annotations

import logging
import random
import warnings
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

from srcgrad import AliasingError, grad, vjp
from tests.slopes import slopes

LOG = logging.getLogger(__name__)
X = np.array([0.7, 1.3, 2.1])


def once(make, x=X, capsys=None, exact=1e-6):
    """Asserts that ``vjp`` does what the function does, and its pullback nothing but giving the
    right gradient, as often as it is called; gives what is said.

    ``make`` gives the function on a new state, and what shows the state.
    """
    f, state = make()
    value, said = f(x), capsys.readouterr().out
    after = repr(state)
    given = x.copy()
    expected = slopes(lambda z: make()[0](z), x)
    capsys.readouterr()

    f, state = make()
    y, pullback = vjp(f, x)
    assert capsys.readouterr().out == said
    assert repr(state) == after
    np.testing.assert_array_equal(x, given)
    np.testing.assert_allclose(y, value, rtol=1e-14)
    x[...] = -5.0  # which is the caller's
    state.clear()
    try:
        results = [pullback(c)[0] for c in (1.0, -2.0, 1.0)]
    finally:
        x[...] = given
    assert capsys.readouterr().out == ""
    assert len(state) == 0
    np.testing.assert_allclose(results[0], expected, rtol=exact, atol=1e-7)
    np.testing.assert_array_equal(results[1], -2 * results[0])
    np.testing.assert_array_equal(results[2], results[0])
    return said


# --- what is only done ---------------------------------------------------------------------------


def test_print_in_a_loop(capsys):
    def make():
        def f(x):
            y = np.zeros(3)
            for i in range(3):
                y[i] = x[i] ** 2
                print("trip", i, y)
            y *= x
            return np.sum(y)

        return f, []

    assert once(make, capsys=capsys).count("trip") == 3


def test_print_under_a_condition(capsys):
    def make():
        def f(x):
            y = x.copy()
            if x[0] < 1:
                print("small", y[0])
                y[0] = y[0] ** 3
            else:
                print("large")
            if x[1] > 50:
                print("never")
                raise ValueError("huge")
            return np.sum(y * y)

        return f, []

    assert once(make, capsys=capsys).startswith("small")


def test_print_in_a_helper_that_writes(capsys):
    def filled(y, x, scale):
        print("filling", scale)
        y[:] = scale * x**2
        y[0] *= x[1]

    def make():
        def f(x):
            y = np.zeros(3)
            filled(y, x, 2.0)
            filled(y[1:], y[:2], 0.5)
            return np.sum(y)

        return f, []

    assert once(make, capsys=capsys) == "filling 2.0\nfilling 0.5\n"


def test_print_in_a_while_loop(capsys):
    def make():
        def f(x):
            y = x.copy()
            n = 0
            while y[0] < 5:
                y *= 1.0 + x
                n += 1
                print(n, y[0])
            return np.sum(y)

        return f, []

    assert once(make, capsys=capsys).count("\n") > 2


def test_writes_into_the_argument(capsys):
    def f(x):
        x[0] = x[1] * x[2]
        print("now", x)
        x *= x
        return np.sum(x)

    y, pullback = vjp(f, X)
    assert capsys.readouterr().out == f"now {np.array([X[1] * X[2], X[1], X[2]])}\n"
    assert X[0] == 0.7
    first, second = pullback(1.0)[0], pullback(1.0)[0]
    np.testing.assert_allclose(first, slopes(lambda z: f(z.copy()), X), rtol=1e-6)
    np.testing.assert_array_equal(first, second)


def test_logging(caplog):
    def f(x):
        y = np.zeros(3)
        for i in range(len(x)):
            y[i] = np.exp(x[i])
            LOG.info("y[%d] is %s", i, y[i])
            logging.getLogger("other").warning("trip %d", i)
        return np.sum(y * y)

    with caplog.at_level(logging.INFO):
        f(X)
        expected = caplog.messages[:]
        caplog.clear()
        _, pullback = vjp(f, X)
        assert caplog.messages == expected
        caplog.clear()
        (x_bar,) = pullback(1.0)
        pullback(2.0)
        assert caplog.messages == []
    np.testing.assert_allclose(x_bar, 2 * np.exp(2 * X))


def test_warnings():
    def f(x):
        y = x.copy()
        y[0] = 0.0
        if y[0] == 0.0:
            warnings.warn(f"nothing at 0 of {len(y)}", RuntimeWarning, stacklevel=1)
        return np.sum(y * y)

    with pytest.warns(RuntimeWarning, match="nothing at 0 of 3") as seen:
        _, pullback = vjp(f, X)
    assert len(seen) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            np.testing.assert_allclose(pullback(1.0)[0], [0.0, 2.6, 4.2])


def test_what_is_left_outside(capsys):
    def make():
        log = []
        last = {}

        def f(x):
            y = np.zeros(3)
            for i in range(3):
                y[i] = x[i] ** 2
                log.append(float(y[i]))
                print(i)
            last["y"] = y.copy()
            log.append(len(x))
            return np.sum(y * x)

        return f, log

    once(make, capsys=capsys)


def test_attributes_of_objects_outside():
    class Layer:
        calls = 0
        mean = 0.0

        def __call__(self, x):
            self.calls += 1
            y = np.zeros(3)
            for i in range(3):
                y[i] = x[i] * x[i]
            self.mean = 0.5 * self.mean + 0.5 * y.mean()
            return y

    layer = Layer()

    def f(x):
        return np.sum(layer(x) * layer(x))

    _, pullback = vjp(f, X)
    mean = layer.mean
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], 4 * X**3)
    assert (layer.calls, layer.mean) == (2, mean)
    assert mean == pytest.approx(0.75 * np.mean(X**2))


# --- what is read too ----------------------------------------------------------------------------


def test_the_length_of_a_list_that_grows(capsys):
    def make():
        log = [1.0]

        def f(x):
            y = np.zeros(3)
            for i in range(3):
                log.append(i)
                y[i] = x[i] ** 2 * len(log)
            return np.sum(y * y)

        return f, log

    once(make, capsys=capsys)


def test_the_size_of_a_set_between_two_calls(capsys):
    def make():
        seen = {1, 2}

        def f(x):
            y = np.zeros(3)
            for i in range(3):
                y[i] = x[i] ** 2 * len(seen)
            return np.sum(y * y)

        return f, seen

    once(make, capsys=capsys)


def test_random_numbers(capsys):
    def make():
        rng = np.random.default_rng(3)

        def f(x):
            y = np.zeros(3)
            for i in range(3):
                v = rng.normal()
                print(v)
                y[i] = v * np.sin(x[i])
            return np.sum(y * y)

        return f, []

    once(make, capsys=capsys)


def test_random_arrays_that_are_written(capsys):
    def make():
        rng = np.random.default_rng(3)

        def f(x):
            total = 0.0
            for i in range(2):
                noise = rng.normal(size=3)
                noise[i] = 0.5 * noise[2]
                y = noise.copy()
                y *= x
                noise *= noise
                total += np.sum(y * y * noise)
            z = rng.uniform(size=3)
            z[1] = 2.0
            return total + np.sum(z * x)

        return f, []

    once(make, capsys=capsys)


def test_iterators_from_outside(capsys):
    def make():
        numbers = iter([2.0, 3.0, -4.0, 5.0, 6.0])

        def f(x):
            y = x.copy()
            v = float(next(numbers))
            while v > 0:
                y *= v + x
                v = float(next(numbers))
            y[0] = float(next(numbers)) * y[1]
            return np.sum(y)

        return f, []

    once(make, capsys=capsys)


def test_in_the_condition_of_a_while(capsys):
    def make():
        numbers = iter([2.0, 3.0, -4.0, 5.0, 6.0])

        def f(x):
            y = x.copy()
            i = 0
            while next(numbers) > 0 and i < 10:
                y *= 0.5 + x
                i += 1
                print("trip", i)
            return np.sum(y) * i

        return f, []

    assert once(make, capsys=capsys).count("trip") == 2


def test_loops_that_are_left(capsys):
    def make():
        numbers = deque([2.0, 3.0, 1.5, -4.0, 5.0, 6.0])

        def f(x):
            y = x.copy()
            for i in range(10, 0, -2):
                v = numbers.popleft()
                if v < 0:
                    print("enough", i)
                    break
                for k in range(2):
                    y[k] = y[k] * v + numbers[-1] * x[2]
            while True:
                y *= x
                v = numbers.popleft()
                print(v)
                if v > 5:
                    break
                y += v
            return np.sum(y * y)

        return f, numbers

    assert once(make, capsys=capsys) == "enough 4\n5.0\n6.0\n"


def test_under_conditions_in_nested_loops(capsys):
    def make():
        rng = np.random.default_rng(0)

        def f(x):
            y = np.zeros(3)
            for i in range(2):
                for k in range(3):
                    if x[k] > 1:
                        u = rng.uniform()
                        if u > 0.5:
                            y[k] += rng.normal() * x[k]
                        else:
                            y[k] = u * x[k] ** 2
                    j = 0
                    while j < k:
                        y[j] += rng.normal() * x[k] * y[j]
                        j += 1
            return np.sum(y * y)

        return f, []

    once(make, capsys=capsys)


def test_loops_under_conditions(capsys):
    def make():
        rng = np.random.default_rng(0)

        def f(x):
            y = x.copy()
            for i in range(3):
                if x[i] > 1:
                    for k in range(i):
                        y[k] *= rng.normal() + x[i]
                elif i == 0:
                    while y[0] < 3:
                        y[0] += x[0] * rng.uniform()
            return np.sum(y * y)

        return f, []

    once(make, capsys=capsys)


def test_in_a_try(capsys):
    def make():
        numbers = iter([2.0, 3.0])

        def f(x):
            y = np.zeros(3)
            for i in range(3):
                try:
                    v = float(next(numbers))
                except StopIteration as error:
                    print("nothing:", repr(error))
                    v = 1.0
                y[i] = v * x[i] ** 2
            return np.sum(y * y)

        return f, []

    once(make, capsys=capsys)


def test_what_has_not_raised_is_not_asked_again(capsys):
    def make():
        seen = {1, 2, 3}

        def f(x):
            y = np.zeros(3)
            for i in range(3):
                if x[i] * len(seen) < 0:
                    raise ValueError(f"{len(seen)} is too many")
                y[i] = x[i] ** 2
                assert y[i] < 100, f"of {seen}"
            return np.sum(y * y)

        return f, seen

    once(make, capsys=capsys)


def test_arrays_that_are_given_away(capsys):
    unseen = np.vectorize(int)

    def make():
        def f(x):
            order = np.arange(3)
            order[1] = 0
            unseen(order)
            order[0] += 1
            y = x.copy()
            y[order] *= x[0]
            y[0] *= order[2] + 0.5
            return np.sum(y * x)

        return f, []

    once(make, capsys=capsys)


def test_what_is_shared_with_the_value(capsys):
    rng = np.random.default_rng(1)

    def f(x):
        noise = rng.normal(size=3)
        y = x.copy()
        y *= noise
        return y * noise, noise

    (y, noise), pullback = vjp(f, X)
    kept = noise.copy()
    noise[...] = 7.0
    y[...] = 7.0
    for _ in range(2):
        (x_bar,) = pullback((np.ones(3), np.zeros(3)))
        np.testing.assert_allclose(x_bar, kept**2)


@pytest.mark.parametrize("most", [0.5, 50.0])
def test_what_a_try_finds_is_found_again(capsys, most):
    def limited(v):
        if v > most:
            raise ValueError("too large")
        return v * v

    def make():
        def f(x):
            y = x.copy()
            y *= x
            print("before")
            try:
                s = limited(y[1])
            except ValueError:
                s = 3.0 * y[0]
            return s * np.sum(y)

        return f, []

    assert once(make, capsys=capsys) == "before\n"


# --- what stays refused --------------------------------------------------------------------------


def test_functions_that_call_themselves():
    def halved(x, n):
        print(n)
        if n == 0:
            return x
        return halved(x * x, n - 1)

    def f(x, n):
        y = x.copy()
        y[0] = x[1] * x[2]
        return np.sum(halved(y, n))

    assert grad(f)(X, 2).shape == (3,)
    with pytest.raises(AliasingError, match="which calls itself and does more"):
        vjp(lambda x: f(x, int(x.sum())), X)


def test_functions_that_call_themselves_and_raise(capsys):
    def power(x, n):
        if n < 0:
            raise ValueError(f"{n} is negative")
        return x if n == 0 else power(x * x, n - 1)

    def make():
        def f(x):
            print("once")
            y = x.copy()
            y[0] *= x[1]
            return np.sum(power(y, int(x[2])))

        return f, []

    once(make, capsys=capsys)


def test_functions_that_call_themselves_and_ask_objects():
    seen = {1, 2}

    def grown(x, n):
        if n == 0:
            return x
        return grown(x * len(seen), n - 1)

    def f(x):
        y = x.copy()
        y[0] = x[1] * x[2]
        return np.sum(grown(y, int(x[2])))

    np.testing.assert_allclose(grad(f)(X), slopes(f, X), rtol=1e-6)
    with pytest.raises(AliasingError, match="asks an object that may have changed"):
        vjp(f, X)


@pytest.mark.parametrize("loops", [1, 2])
@pytest.mark.parametrize("first", [0.1, 0.5])
def test_a_break_in_a_try_in_another(capsys, first, loops):
    """Whether the loop is left is handed through three branches, one after the other."""

    def make():
        state = [0.9, first, 0.5, 0.9, 0.5, 0.1, 0.9, 0.5, 0.6, 0.1, 0.4, 0.3]
        drawn, said = iter(tuple(state)), []

        def f(x):
            v = x.copy()
            v[0] *= 2
            for _ in range(loops):
                u = 0.4
                for i in range(3):
                    try:
                        u = u + float(next(drawn))
                    except ValueError:
                        pass
                    else:
                        if next(drawn) < 0.3:
                            break
                    finally:
                        said.append(i)
                v[0] *= u
            return v[0] * x[1]

        return f, said

    once(make, capsys=capsys)


def test_a_draw_without_arguments_under_a_condition():
    state = SimpleNamespace(n=2)

    def f(x):
        s = 0.2 * x[0]
        if x[1] > 1:
            random.random()
            s = s * state.n
        return np.sum(x) * s

    expected = 0.4 * np.sum(X) * np.eye(3)[0] + 0.4 * X[0]
    np.testing.assert_allclose(grad(f)(X), expected, rtol=1e-14)
