"""Calculations of several lines: what Python itself would print, and nothing that reaches out."""

from __future__ import annotations

import contextlib
import io
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.tools.calc_program import is_program, numbers_only, printed
from nomoat.tools.calc_tokens import MAX_TEXT
from nomoat.tools.calculate import calculate
from nomoat.tools.errors import Retry


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("width = 4.2\narea = width * 2.5 - 2\nprint(area / 7)", ["1.21428571429 (exactly 17/14)"]),
        ("# a comment\nprice = 96.40\nprice *= 1.12\nprint(price / 4)", ["26.992"]),
        ('litres = 1.2142857\nprint(f"Litres: {litres:.2f}")', ["Litres: 1.21"]),
        ("a = 0.1 + 0.2\nprint(a)", ["0.3"]),
        ("a = 3\nb = a ** 2", ["b = 9"]),
        ("a = 3\na * 2", ["6"]),
        ("import math\ndays = math.ceil(384 / 31)\nprint(days)", ["13"]),
        ("from math import floor\nprint(floor(7 / 2), 7 // 2, 7 % 2)", ["3 3 1"]),
        ("a, b = 1, 2", None),
        ("a = 5\nif a > 4:\n    print('more')\nelse:\n    print('less')", ["more"]),
        ("a = 0.1 * 3\nprint('same' if a == 0.3 else 'other')", ["same"]),
        ("print('10 %', 1 < 2 <= 2, not 1)", ["10 % yes no"]),
        ("print(round(2.5), round(1.005, 2), max([1, 3]), sum([1, 2]), abs(-3))", ["3 1.01 3 3 3"]),
        ("print(1, 2)\nprint([1, 2.5])", ["1 2", "1, 2.5"]),
        ('"""What it is for."""\nprint(str(3) + " days")', ["3 days"]),
    ],
)
def test_what_a_program_prints(text: str, lines: list[str] | None) -> None:
    if lines is None:
        with pytest.raises(Retry):
            printed(text)
    else:
        assert printed(text) == lines


@pytest.mark.parametrize(
    "text",
    [
        "import os\nx = os.system('ls')",
        "x = (1).__class__",
        "x = open('a.txt')",
        "x = __import__('os')",
        "while True:\n    print(1)",
        "for i in range(9):\n    print(i)",
        "x = [i for i in range(9)]",
        "def f():\n    return 1\nprint(f())",
        "x = lambda: 1",
        "x = 9 ** 9 ** 9",
        "x = [1] * 999999999",
        "x = 'a' * 999999999",
        "x = 1e999",
        "x = 1 / 0",
        "x = y",
        "x = 300 g",
        "x = 1\nx.y = 2",
        "print('a' < 1)",
        "x = " + "(" * 300 + "1" + ")" * 300,
        "x = " + "-" * 3_000 + "1",
        "x = 1\n" * MAX_TEXT,
        "x = [1]\n" + "x = [x, x]\n" * 60,
        "if 1 > 2:\n    x = 3",
    ],
)
def test_what_no_calculation_may_hold(text: str) -> None:
    with pytest.raises(Retry):
        printed(text)


def test_a_width_makes_no_long_text() -> None:
    assert printed("print(f'{1:999999999d}')") == ["1"]
    assert len(printed("a = 'x'\n" + "a = a + a\n" * 60 + "print(a)")[0]) <= 2_000


def test_of_a_long_list_the_beginning_is_written_out() -> None:
    (line,) = printed("a = range(5000)\nprint(a)")
    assert line.startswith("0, 1, 2, ")
    assert line.endswith(", 99, … 4900 more")


NUMBERS = st.decimals(0, 10_000, places=2).map(str)
TERMS = st.recursive(
    st.sampled_from("abc") | NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda t: f"({' '.join(t)})"
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from("abc"), TERMS), min_size=1, max_size=5))
def test_it_computes_what_python_computes(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(
        ["a = 3", "b = 0.25", "c = 7.5", *(f"{n} = {t}" for n, t in lines), "print(a)"]
    )
    told: list[object] = []
    try:
        exec(text, {"__builtins__": {}, "print": told.append})
        expected = float(str(told[0]))
    except ZeroDivisionError:
        return
    try:
        found = printed(text)[0].split(" (")[0]
    except Retry:
        return  # a division that is only nearly by nothing, there
    assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_is_computed_or_refused(text: str) -> None:
    with contextlib.suppress(Retry), contextlib.redirect_stdout(io.StringIO()) as told:
        printed(text)
    assert told.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "so"),
    [
        ("a = 3", True),
        ("a = 3\nprint(a)", True),
        ("print(3 * 4)", True),
        ("a += 2", True),
        ("12% of 340", False),
        ("2 + 2 =", False),
        ("a == 3", False),
        ("mean([3, 5])", False),
        ("10 weeks + 2026-03-28", False),
    ],
)
def test_whether_it_is_a_program(text: str, so: bool) -> None:
    assert is_program(text) is so


def test_the_calculator_takes_both() -> None:
    assert calculate.invoke({"expression": "a = 3\nprint(a * 4)"}) == "12"
    assert calculate.invoke({"expression": "3 * 4"}) == "3 * 4 = 12"


def test_of_a_program_only_the_numbers_have_to_rest_on_something() -> None:
    text = 'price_12 = 4.79  # for 12 rolls\nprint(f"It is {price_12:.2f} dollars in 1999")'
    assert numbers_only(text).split() == ["=", "4.79", "(", ")"]
    assert Fraction(numbers_only("a = 0.5").split()[-1]) == Fraction(1, 2)
