"""The calculator: what people write, exact results, and no input that hangs it."""

from __future__ import annotations

import math
import statistics
import time
import tracemalloc
from contextlib import suppress
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from nomoat.tools.base import spec_of
from nomoat.tools.calc_functions import ALIASES, FUNCTIONS
from nomoat.tools.calc_numbers import MAX_BITS, bits
from nomoat.tools.calc_read import compute
from nomoat.tools.calculate import calculate, written
from nomoat.tools.errors import Retry
from nomoat.tools.toolbox import Toolbox


def result(expression: str) -> str:
    """What stands after the `=` or `≈`."""
    text: str = calculate.invoke({"expression": expression})
    return text.replace(" ≈ ", " = ").rpartition(" = ")[2]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # percent
        ("12% of 340", "40.8"),
        ("340 + 12%", "380.8"),
        ("340 - 12%", "299.2"),
        ("340 * 12%", "40.8"),
        ("100 / 50%", "200"),
        ("5% + 3%", "8%"),
        ("20% off 150", "120"),
        ("17 percent of 200", "34"),
        ("percent(34, 200)", "17"),
        ("percent_change(80, 100)", "25"),
        ("100 - 20% * 2", "99.6"),
        # powers, signs, precedence
        ("2^10", "1024"),
        ("2**10", "1024"),
        ("2^3^2", "512"),
        ("-2^2", "-4"),
        ("2^-1", "0.5"),
        ("4^0.5", "2"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("7 mod 2", "1"),
        ("7 % 2", "1"),
        ("-7 % 3", "2"),
        ("10 - 2 - 3", "5"),
        ("2(3+4)", "14"),
        ("10 squared", "100"),
        ("5!", "120"),
        # what people type
        ("1,234.56 * 3", "3703.68"),
        ("(1,234 + 1) * 2", "2470"),
        ("$1,200 / 3", "400"),
        ("3 € * 2", "6"),
        ("7 × 6 ÷ 2 − 1", "20"),
        ("√16 + 1", "5"),
        ("3²", "9"),
        ("½ * 3", "1.5"),
        ("what is 15 plus 3 times 2?", "21"),
        ("2+2=", "4"),
        ("3 x 4", "12"),
        ("1_000 * 2", "2000"),
        ("1.5e3 * 2", "3000"),
        (".5 + 1.", "1.5"),
        ("square root of 81", "9"),
        ("math.sqrt(16)", "4"),
        # exactness
        ("0.1 + 0.2", "0.3"),
        ("1/8", "0.125"),
        ("1/3", "0.333333333333 (exactly 1/3)"),
        ("1/3 + 1/3 + 1/3", "1"),
        ("sqrt(2)", "1.41421356237"),
        ("sqrt(2)^2 = 2", "yes"),
        ("log(1000, 10)", "3"),
        ("8^(1/3)", "2"),
        ("root(-27, 3)", "-3"),
        ("9007199254740993 + 0", "9007199254740993"),
        ("1e-30 * 2", "0.000000000000000000000000000002"),
        ("1e-400 / 3", "3.33333333333e-401"),
        ("sin(30°)", "0.5"),
        # lists
        ("sum(1,2,3)", "6"),
        ("sum([1, 2, 3])", "6"),
        ("max(100,200,300)", "300"),
        ("mean([3, 5, 10])", "6"),
        ("average of 3, 4 and 5", "4"),
        ("mean of 100,200,300", "200"),
        ("sum of 1,200 and 3,400", "4600"),
        ("median(4, 1, 3, 2)", "2.5"),
        ("mode(1, 2, 2, 3)", "2"),
        ("min(3, -1)", "-1"),
        ("stdev(2, 4, 4, 4, 5, 5, 7, 9)", "2.1380899353"),
        ("pstdev(2, 4, 4, 4, 5, 5, 7, 9)", "2"),
        ("round(2.345, 2)", "2.35"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(1234, -2)", "1200"),
        ("abs(-3.5)", "3.5"),
        ("gcd(12, 18)", "6"),
        ("lcm(4, 6)", "12"),
        ("comb(5, 2)", "10"),
        ("sum(range(1, 101))", "5050"),
        ("sorted(3, 1, 2)", "[1, 2, 3]"),
        ("[0.5, 1/3]", "[0.5, 0.333333333333 (exactly 1/3)]"),
        ("sum()", "0"),
        # comparison
        ("3 < 4", "yes"),
        ("3 >= 4", "no"),
        ("0.1 + 0.2 == 0.3", "yes"),
        ("2 != 2", "no"),
        ("1/3 ≤ 0.34", "yes"),
        # dates
        ("days between 2026-01-05 and 2026-03-01", "55"),
        ("days from 2026-03-01 to 2026-01-05", "55"),
        ("2026-03-01 + 45 days", "2026-04-15 (Wednesday)"),
        ("2026-03-01 - 2 weeks", "2026-02-15 (Sunday)"),
        ("2026-01-31 + 1 month", "2026-02-28 (Saturday)"),
        ("2024-02-29 + 1 year", "2025-02-28 (Friday)"),
        ("2026-03-01 - 2026-01-05", "55 days"),
        ("weekday of 2026-03-01", "Sunday"),
        ("weekday of 5 March 2026", "Thursday"),
        ("date(2026, 3, 1).weekday()", "Sunday"),
        ("datetime.datetime(2026, 3, 1).strftime(%a)", "Sunday"),
        ("2026-03-01 + timedelta(weeks=10)", "2026-05-10 (Sunday)"),
        ("What day of the week is March 5, 2026?", "Thursday"),
        ("5th of March 2026 + 1", "2026-03-06 (Friday)"),
        ("weeks between 2026-01-01 and 2026-01-15", "2"),
        ("years between 1990-05-20 and 2026-05-19", "35"),
        ("months between 2026-01-31 and 2026-02-28", "1"),
        ("(date(2026,3,1) - date(2026,1,5)).days", "55 days"),
        ("2026-03-01 > 2026-02-28", "yes"),
        ("3 weeks + 2 days", "23 days"),
    ],
)
def test_what_people_write(expression: str, expected: str) -> None:
    assert result(expression) == expected


def test_results_say_whether_they_are_exact() -> None:
    assert calculate.invoke({"expression": " 12%  of 340 = ? "}) == "12% of 340 = 40.8"
    assert calculate.invoke({"expression": "sqrt(2)"}) == "sqrt(2) ≈ 1.41421356237"
    assert result("2^1000") == str(2**1000)
    assert result("2^9999").endswith("e+3009 (3010 digits)")


def test_today_is_asked_for() -> None:
    def today() -> date:
        return date(2026, 12, 1)

    assert written(compute("days until 24 December 2026", today)) == ("23", True)
    assert written(compute("today + 1 week", today)) == ("2026-12-08 (Tuesday)", True)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("foo(3)", "'foo' cannot stand there"),
        ("2 +", "ends too early"),
        ("(2", r"There should be '\)'"),
        ("2)", r"'\)' cannot stand there"),
        ("3,5", "comma"),
        ("1.234,56", "comma"),
        ("max(1,200, 300)", "one number or several"),
        ("10 / 0", "divides by zero"),
        ("10 mod 0", "divides by zero"),
        ("10 // 0", "divides by zero"),
        ("0^-1", "divides by zero"),
        ("sqrt(-1)", "no real square root"),
        ("(-8)^(1/3)", "no real power"),
        ("log(-1)", "not defined"),
        ("log(5, 1)", "not defined"),
        ("asin(2)", "not defined"),
        ("factorial(-1)", "not defined"),
        ("factorial(1.5)", "whole numbers"),
        ("stdev(1)", "stdev takes 2 or more numbers, not 1"),
        ("round(1, 2, 3)", "takes 1 to 2 numbers"),
        ("mean([])", "takes 1 or more"),
        ("[1,2] + 3", "a list where a number"),
        ("1 < 2 < 3", "yes or no where a number"),
        ('"abc"', "means nothing"),
        ("__import__(os)", "cannot stand there"),
        ("().__class__", "means nothing"),
        ("2026-02-30", "no day 2026-02-30"),
        ("2026-03-01 * 2", "cannot be combined"),
        ("2026-03-01 + 1.5 days", "cannot be added"),
        ("2026-03-01 + 99999 years", "calendar|cannot be added"),
        ("9999-12-31 + 1 day", "calendar"),
        ("1e9999999", "too large"),
        ("range(10, 1, 0)", "not defined"),
    ],
)
def test_mistakes_are_explained(expression: str, problem: str) -> None:
    with pytest.raises(Retry, match=problem):
        compute(expression)


def test_a_mistake_gets_a_hint() -> None:
    with pytest.raises(Retry) as error:
        compute("sqr(3)")
    assert error.value.hint.startswith("Did you mean sqrt?")


HUGE = [
    "9**9**9",
    "9^9^9^9^9",
    "10**4000000",
    "10**10**10 %",
    "10^10^10",
    "factorial(10**6)",
    "10000!",
    "1200!!",
    "2^9999 * 2^9999",
    "(1/3)^99999",
    "comb(1000000, 500000)",
    "perm(1000000, 500000)",
    "range(10^9)",
    "sum(range(10000)) + " * 30 + "1",
    "stdev(range(10000)) + " * 30 + "1",
    "median(range(10000)) + " * 30 + "1",
    "[" * 2000,
    "(" * 3999,
    "-" * 3999 + "1",
    "√" * 3999 + "1",
    "2^" * 1999 + "2",
    "sqrt " * 700 + "2",
    "1+" * 1999 + "1",
    " " * 3999 + "1",
    "1" + " " * 3998,
    "1" * 4000,
    "9" * 2400 + "^4",
    "1e3000*" * 500 + "1",
    "7^3000/11^2800+" * 250 + "1",
    "[" + "7^3000/11^2800," * 250 + "1]",
    "product(range(1, 10000))",
    "lcm(range(1, 10000))",
    "hypot(range(10000))",
    "1" * 5000,
    "1 january " * 400,
    "sum of " * 500,
    "!" * 4000,
    "%" * 4000,
    "5" + "%" * 3000,
    "5" + "!" * 3000,
    "1,234" * 700,
    "(1,234," * 500,
    "exp(10000)",
    "sinh(10^300)",
    "root(2, 10^300)",
    "round(1/3, 10^9)",
    "1e-3000 ** 3000",
    "log(2, 1 + 1e-3000)",
    "0.1^0.1^" * 400 + "2",
]


@pytest.mark.parametrize("expression", HUGE, ids=lambda text: text[:24].strip() or "blank")
def test_nothing_hangs(expression: str) -> None:
    began = time.thread_time()  # of the processor: a busy machine takes longer
    try:
        text = written(compute(expression))[0]
    except Retry as error:
        text = str(error)
    assert time.thread_time() - began < 1  # about 0.1 s
    assert len(text) < 20_000


@pytest.mark.parametrize(
    "expression", ["9**9**9", "10**4000000", "factorial(10**6)", "2^9999 * 2^9999", "1e3000^4"]
)
def test_what_is_too_large_is_refused(expression: str) -> None:
    with pytest.raises(Retry, match="too large"):
        compute(expression)


@pytest.mark.parametrize("expression", ["stdev(range(10000)) + " * 30 + "1", "range(10^9)"])
def test_what_is_too_much_is_refused(expression: str) -> None:
    with pytest.raises(Retry, match=r"too much|at most"):
        compute(expression)


PIECES = some.sampled_from(
    [
        *"0123456789+-*/^%!()[]{},.<>=√π°²×÷−$",
        *("**", "//", " ", "  ", "of ", " and ", " mod ", "1e", "e", "pi ", "9**9", "10^10^10"),
        *("999999", "0.0001", "1/3", "2026-01-31", " days", " months", "weekday ", "today"),
        *("5 March 2026", "days between ", "range(9999)", "1,234", "x", "'", "\\", "\x00", "é"),
        *(f"{name}(" for name in (*FUNCTIONS, *ALIASES)),
    ]
)


@given(some.one_of(some.lists(PIECES, max_size=60).map("".join), some.text(max_size=80)))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_written_ends_soon_in_a_value_or_a_hint(expression: str) -> None:
    began = time.thread_time()  # of the processor: what else runs on the machine does not count
    with suppress(Retry):
        value = compute(expression)
        assert written(value)[0]
        if isinstance(value, int | Fraction):
            assert bits(value) <= MAX_BITS
    assert time.thread_time() - began < 0.1


def test_memory_stays_small() -> None:
    tracemalloc.start()
    try:
        for expression in HUGE[:20]:
            with suppress(Retry):
                written(compute(expression))
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def python_of(tree: Any) -> tuple[str, Fraction | None]:
    """An expression and its exact value (None: it divides by zero)."""
    if not isinstance(tree, tuple):
        return str(tree), Fraction(str(tree))
    sign, (one, left), (other, right) = tree[0], python_of(tree[1]), python_of(tree[2])
    text = f"({one} {sign} {other})"
    if left is None or right is None or (sign == "/" and right == 0):
        return text, None
    operations = {"+": left + right, "-": left - right, "*": left * right}
    return text, operations[sign] if sign in operations else left / right


TREES = some.recursive(
    some.one_of(
        some.integers(0, 10_000),
        some.decimals(min_value=0, max_value=1000, places=3),
    ),
    lambda inner: some.tuples(some.sampled_from("+-*/"), inner, inner),
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=150, deadline=None)
def test_arithmetic_is_exact(tree: Any) -> None:
    text, expected = python_of(tree)
    if expected is None:
        with pytest.raises(Retry, match="zero"):
            compute(text)
    else:
        assert compute(text) == expected


@given(some.lists(some.integers(-1000, 1000), min_size=2, max_size=20))
def test_statistics_agree_with_the_standard_library(numbers: list[int]) -> None:
    listed = f"({numbers})"
    assert compute(f"sum{listed}") == sum(numbers)
    assert compute(f"mean{listed}") == Fraction(sum(numbers), len(numbers))
    assert compute(f"median{listed}") == statistics.median(numbers)
    assert math.isclose(compute(f"stdev{listed}"), statistics.stdev(numbers), abs_tol=1e-9)  # type: ignore[arg-type]
    assert compute(f"max{listed}") == max(numbers)


@given(some.dates(date(1600, 1, 1), date(2400, 1, 1)), some.integers(-50_000, 50_000))
def test_dates_agree_with_the_standard_library(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    assert compute(f"{start} + {days} days") == end
    assert compute(f"days between {start} and {end}") == abs(days)
    assert compute(f"weekday of {end}") == end.strftime("%A")


def test_the_tool() -> None:
    toolbox = Toolbox([calculate])
    assert spec_of(calculate).effects == frozenset()
    observed = toolbox.call("calculate", {"expression": "12% of 340"})
    assert (observed.text, observed.untrusted, observed.private) == ("12% of 340 = 40.8", 0, 0)
    refused = toolbox.call("calculate", {"expression": "sqr(3)"})
    assert refused.error_kind == "retry"
    assert "Did you mean sqrt?" in refused.text
    assert toolbox.signatures == (
        "calculate(expression: str) — Calculate: numbers, percent, lists, dates. "
        "expression: Such as 12% of 340, mean([3, 5]), days between 2026-01-05 and 2026-03-01.",
    )
