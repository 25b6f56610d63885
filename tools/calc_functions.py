"""The functions that `calculate` knows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from nomoat.tools.calc_numbers import MAX_BITS, MAX_ITEMS, Arithmetic, Number, bits, too_large
from nomoat.tools.errors import Retry

Numbers = Sequence[Number]


@dataclass(frozen=True, slots=True)
class Function:
    """Computes a number (or a list) of `fewest` to `most` numbers."""

    compute: Callable[[Arithmetic, Numbers], Number | list[Number]]
    fewest: int = 1
    most: int = MAX_ITEMS


def call(name: str, work: Arithmetic, numbers: Numbers) -> Number | list[Number]:
    """Apply a function of `FUNCTIONS`.

    Raises:
        Retry: too few or too many numbers, or none that it is defined for.
    """
    function = FUNCTIONS[name]
    if not function.fewest <= len(numbers) <= function.most:
        wanted = str(function.fewest)
        if function.most != function.fewest:
            wanted += f" to {function.most}" if function.most < MAX_ITEMS else " or more"
        raise Retry(f"{name} takes {wanted} numbers, not {len(numbers)}.")
    work.spend(max(map(bits, numbers), default=0), len(numbers))
    try:
        result = function.compute(work, numbers)
    except ValueError:
        raise Retry(f"{name} is not defined for that number.") from None
    if isinstance(result, list):
        return result
    return work.fit(result)


def whole(number: Number, what: str, largest: int | None = None) -> int:
    """`number` as an integer.

    Raises:
        Retry: it is none, or above `largest`.
    """
    if number != int(number):
        raise Retry(f"{what} takes whole numbers only.")
    if largest is not None and not -largest <= number <= largest:
        raise too_large()
    return int(number)


def round_half_up(number: Number, places: int = 0) -> Number:
    """Rounded as people do: halves away from zero. `places` after the point."""
    scale = Fraction(10) ** places
    scaled = abs(Fraction(number)) * scale
    rounded = Fraction(math.floor(scaled + Fraction(1, 2))) / scale
    return -rounded if number < 0 else rounded


def _round(n: Numbers) -> Number:
    return round_half_up(n[0], whole(n[1], "round", 300) if len(n) > 1 else 0)


def _mean(work: Arithmetic, n: Numbers) -> Number:
    return work.divide(work.total(n), len(n))


def _median(work: Arithmetic, n: Numbers) -> Number:
    ordered = work.ordered(n)
    middle = ordered[(len(n) - 1) // 2], ordered[len(n) // 2]
    return work.divide(work.add(*middle), 2)


def _mode(n: Numbers) -> Number:
    counts: dict[Number, int] = {}
    for number in n:
        counts[number] = counts.get(number, 0) + 1
    return max(counts, key=lambda number: counts[number])


def _variance(work: Arithmetic, n: Numbers, less: int) -> Number:
    mean = _mean(work, n)
    squares = [work.power(work.add(number, -mean), 2) for number in n]
    return work.divide(work.total(squares), len(n) - less)


def _product(work: Arithmetic, n: Numbers) -> Number:
    result: Number = 1
    for number in n:
        result = work.multiply(result, number)
    return result


def _factorial(n: Numbers) -> Number:
    return math.factorial(whole(n[0], "factorial", 1_200))


def _combinations(n: Numbers) -> Number:
    of, taken = (whole(number, "comb", 10**6) for number in n)
    if taken > 0 and min(taken, of - taken) * of.bit_length() > 10 * MAX_BITS:
        raise too_large()
    return math.comb(of, taken)


def _permutations(n: Numbers) -> Number:
    of, taken = (whole(number, "perm", 10**6) for number in n)
    if taken * of.bit_length() > 2 * MAX_BITS:
        raise too_large()
    return math.perm(of, taken)


def _gcd(n: Numbers) -> Number:
    return math.gcd(*(whole(number, "gcd") for number in n))


def _lcm(work: Arithmetic, n: Numbers) -> Number:
    result: Number = 1
    for number in n:
        result = work.fit(math.lcm(int(result), whole(number, "lcm")))
    return result


def _root(work: Arithmetic, n: Numbers) -> Number:
    degree = whole(n[1], "root", 1_000)
    if n[0] < 0 and degree % 2:
        return -_root(work, [-n[0], degree])
    near = round(float(n[0]) ** (1 / degree)) if n[0] >= 0 and degree > 0 else 0
    if 0 < near < 10**6 and near**degree == n[0]:
        return near
    return work.power(n[0], work.divide(1, degree))


def _log(work: Arithmetic, n: Numbers) -> Number:
    if n[0] <= 0 or (len(n) > 1 and (n[1] <= 0 or n[1] == 1)):
        raise ValueError
    if len(n) == 1:
        return _ln(n[0])
    near = round(_ln(n[0]) / _ln(n[1]))
    can_be_whole = not isinstance(n[0], float) and bits(n[1]) * abs(near) <= MAX_BITS
    if can_be_whole and work.power(n[1], near) == n[0]:
        return near  # log(1000, 10) is 3, not 2.9999999999999996
    return _ln(n[0]) / _ln(n[1])


def _ln(number: Number) -> float:
    """Also of numbers that are too large, or too small, for a float."""
    if isinstance(number, Fraction):
        return math.log(number.numerator) - math.log(number.denominator)
    return math.log(number)


def _range(work: Arithmetic, n: Numbers) -> list[Number]:
    ends = [whole(number, "range", 10**15) for number in n]
    if len(ends) == 3 and ends[2] == 0:
        raise ValueError
    numbers = range(*ends)
    if len(numbers) > MAX_ITEMS:
        raise Retry(f"A list has at most {MAX_ITEMS:,} numbers here.", hint="Use a formula.")
    work.spend(0, len(numbers))
    return list(numbers)


def _change(work: Arithmetic, n: Numbers) -> Number:
    return work.multiply(work.divide(work.add(n[1], -n[0]), n[0]), 100)


def _pure(compute: Callable[[Numbers], Number], fewest: int = 1, most: int = MAX_ITEMS) -> Function:
    return Function(lambda _work, n: compute(n), fewest, most)


def _plain(function: Callable[[float], float]) -> Function:
    return _pure(lambda n: function(float(n[0])), 1, 1)


def _absolute(n: Numbers) -> Number:
    return -n[0] if n[0] < 0 else n[0]


def _spread(less: int, *, root: bool) -> Function:
    def compute(work: Arithmetic, n: Numbers) -> Number:
        variance = _variance(work, n, less)
        return work.root(variance) if root else variance

    return Function(compute, 1 + less)


FUNCTIONS: dict[str, Function] = {
    "sum": Function(lambda work, n: work.total(n), 0),
    "product": Function(_product),
    "mean": Function(_mean),
    "median": Function(_median),
    "mode": _pure(_mode),
    "min": Function(lambda work, n: work.ordered(n)[0]),
    "max": Function(lambda work, n: work.ordered(n)[-1]),
    "count": _pure(len, 0),
    "stdev": _spread(1, root=True),
    "pstdev": _spread(0, root=True),
    "variance": _spread(1, root=False),
    "pvariance": _spread(0, root=False),
    "sorted": Function(lambda work, n: work.ordered(n)),
    "range": Function(_range, 1, 3),
    "round": _pure(_round, 1, 2),
    "floor": _pure(lambda n: math.floor(n[0]), 1, 1),
    "ceil": _pure(lambda n: math.ceil(n[0]), 1, 1),
    "trunc": _pure(lambda n: math.trunc(n[0]), 1, 1),
    "abs": _pure(_absolute, 1, 1),
    "sqrt": Function(lambda work, n: work.root(n[0]), 1, 1),
    "cbrt": Function(lambda work, n: _root(work, [n[0], 3]), 1, 1),
    "root": Function(_root, 2, 2),
    "power": Function(lambda work, n: work.power(n[0], n[1]), 2, 2),
    "exp": _plain(math.exp),
    "ln": Function(_log, 1, 1),
    "log": Function(_log, 1, 2),
    "log10": Function(lambda work, n: _log(work, [n[0], 10]), 1, 1),
    "log2": Function(lambda work, n: _log(work, [n[0], 2]), 1, 1),
    "sin": _plain(math.sin),
    "cos": _plain(math.cos),
    "tan": _plain(math.tan),
    "asin": _plain(math.asin),
    "acos": _plain(math.acos),
    "atan": _plain(math.atan),
    "sinh": _plain(math.sinh),
    "cosh": _plain(math.cosh),
    "tanh": _plain(math.tanh),
    "degrees": _plain(math.degrees),
    "radians": _plain(math.radians),
    "hypot": Function(lambda work, n: work.root(work.total([work.power(x, 2) for x in n]))),
    "factorial": _pure(_factorial, 1, 1),
    "gcd": _pure(_gcd),
    "lcm": Function(_lcm),
    "comb": _pure(_combinations, 2, 2),
    "perm": _pure(_permutations, 2, 2),
    "percent": Function(lambda work, n: work.multiply(work.divide(n[0], n[1]), 100), 2, 2),
    "percent_change": Function(_change, 2, 2),
}

ALIASES = {
    "average": "mean",
    "avg": "mean",
    "total": "sum",
    "prod": "product",
    "minimum": "min",
    "maximum": "max",
    "len": "count",
    "stddev": "stdev",
    "std": "stdev",
    "var": "variance",
    "int": "trunc",
    "ceiling": "ceil",
    "pow": "power",
    "fact": "factorial",
    "choose": "comb",
    "ncr": "comb",
    "npr": "perm",
    "lg": "log10",
}
