"""Programs made at random do the same as Python and as interpreted IR."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frontend.programs import compare
from tests.parts import examples

NAMES = st.sampled_from("abcxy")


def indent(lines):
    return ["    " + line for line in lines]


@st.composite
def expressions(draw, depth=2):
    kind = draw(st.integers(0, 8 if depth else 2))
    a = draw(NAMES)
    if kind <= 1:
        return a
    if kind == 2:
        return str(draw(st.integers(-2, 3)))
    one, two = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    return [
        f"({one} + {two})",
        f"({one} - {two})",
        f"t({one})",
        f"({one} and {two})",
        f"({one} or {two})",
        f"({one} if {two} else {a})",
        f"({a} < {one} <= {two})",
        f"({a} := {one})",
    ][draw(st.integers(0, 7))]


@st.composite
def simple(draw):
    name, value = draw(NAMES), draw(expressions())
    return draw(
        st.sampled_from(
            [
                [f"{name} = {value}"],
                [f"{name} += {value}"],
                [f"{name}, {draw(NAMES)} = {value}, {draw(NAMES)}"],
                [f"t({value})"],
                [f"{name} = (lambda u, {draw(NAMES)}={value}: t(u))({name})"],
            ]
        )
    )


@st.composite
def blocks(draw, depth, in_loop):
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 10))
        if kind < 3 or (depth == 0 and kind < 8):
            lines += draw(simple())
        elif kind < 6:
            lines.append(f"if {draw(expressions())}:")
            lines += indent(draw(blocks(depth - 1, in_loop)))
            if draw(st.booleans()):
                lines.append("else:")
                lines += indent(draw(blocks(depth - 1, in_loop)))
        elif kind == 6:
            lines.append(f"for {draw(NAMES)} in range({draw(st.integers(0, 3))}):")
            lines += indent(draw(blocks(depth - 1, True)))
            lines += draw(loop_else(depth, in_loop))
        elif kind == 7:
            counter = f"k{depth}"
            lines.append(f"{counter} = 0")
            lines.append(f"while {counter} < 3 and {draw(expressions())} < 9:")
            lines += indent([f"{counter} += 1", *draw(blocks(depth - 1, True))])
            lines += draw(loop_else(depth, in_loop))
        elif kind == 8:
            lines.append(f"return {draw(expressions())}")
            break
        elif kind == 9 and in_loop:
            lines.append(draw(st.sampled_from(["break", "continue"])))
            break
        else:
            lines.append("raise KeyError" if draw(st.integers(0, 3)) == 0 else f"t({draw(NAMES)})")
    return lines


@st.composite
def loop_else(draw, depth, in_loop):
    if draw(st.integers(0, 2)):
        return []
    return ["else:", *indent(draw(blocks(depth - 1, in_loop)))]


@st.composite
def programs(draw):
    body = ["a = b = x", *draw(blocks(3, False))]
    if draw(st.booleans()):
        body.append("return a, b, x, y")
    return "\n".join(["def f(x, y):", *indent(body), ""])


@settings(max_examples=examples(50, 300), deadline=None)
@given(programs())
def test_random_program(source):
    compare(source, (0, 1), (2, -1), (1, 3), unassigned=False)
