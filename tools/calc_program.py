"""Calculations of several lines, as a programmer writes them: named numbers, and what is printed.

A small model that knows programming works a problem out line by line far better than in one
expression (program-aided language models, Gao et al. 2022, arXiv:2211.10435). The lines are read as
Python and computed here: there is nothing in them that reaches anything, or that could go on for
ever.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from nomoat.tools.calc_functions import ALIASES, FUNCTIONS, call
from nomoat.tools.calc_numbers import SHOWN_ITEMS, Arithmetic, Number, equal, shown, too_large
from nomoat.tools.calc_tokens import MAX_TEXT
from nomoat.tools.errors import Retry

Single = Number | str
Value = Single | list[Single]
"""A list holds no lists: nested ones could be doubled line by line."""

TEXT_CHARS = 2_000
"""Characters of a text that is put together."""
_NAMES_A_VALUE = re.compile(r"^\s*[A-Za-z_]\w*\s*[-+*/]?=(?!=)\s*\S|\bprint\s*\(", re.MULTILINE)
_OPERATIONS: dict[type[ast.operator], Callable[[Arithmetic, Number, Number], Number]] = {
    ast.Add: Arithmetic.add,
    ast.Mult: Arithmetic.multiply,
    ast.Div: Arithmetic.divide,
    ast.FloorDiv: Arithmetic.floor_divide,
    ast.Mod: Arithmetic.modulo,
    ast.Pow: Arithmetic.power,
}
_PLAIN_FORMAT = re.compile(r",?(?:\.\d)?[fg%]?")


def is_program(text: str) -> bool:
    """Whether a calculation is written as lines of a program, and not as one expression."""
    return _NAMES_A_VALUE.search(text) is not None


def numbers_only(text: str) -> str:
    """A program without its names, texts and comments."""
    return re.sub(r"#.*|\"[^\"\n]*\"|'[^'\n]*'|\b[A-Za-z_]\w*", " ", text)


def printed(text: str) -> list[str]:
    """The lines that a program prints; where it prints none, the last thing it computed.

    Raises:
        Retry: it is no program of this kind, or computes something that cannot be.
    """
    if len(text) > MAX_TEXT:
        raise Retry("This calculation is too long.", hint="Calculate it in several parts.")
    try:
        with warnings.catch_warnings(action="ignore"):  # what Python thinks of it is not shown
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise Retry(
            f"The calculation cannot be read{where}.",
            hint="Write each line as name = expression, and at the end print(name).",
        ) from None
    program = _Program()
    try:
        program.run(tree.body)
    except RecursionError:
        raise Retry(
            "This calculation is nested too deeply.", hint="Give its parts names of their own."
        ) from None
    if not (program.lines or program.last):
        raise Retry("This calculation gives nothing.", hint="End it with print(name).")
    return program.lines or [program.last]


class _Program:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._last: tuple[str, Value] | None = None
        self._named: dict[str, Value] = {}
        self._work = Arithmetic()

    @property
    def last(self) -> str:
        """What was computed last, with its name where it has one; empty where nothing was."""
        return "" if self._last is None else f"{self._last[0]}{_text(self._last[1])}"

    def run(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self._do(statement)

    def _do(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._name(name, self._value(value))
            case ast.AugAssign(target=ast.Name(id=name) as before, op=op, value=value):
                self._name(name, self._combined(op, self._value(before), self._value(value)))
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args)):
                self.lines.append(" ".join(_text(self._value(one)) for one in args))
            case ast.Expr(value=ast.Constant(value=str())):
                pass  # says what the program is for
            case ast.Expr(value=value):
                self._last = "", self._value(value)
            case ast.If(test=test, body=body, orelse=orelse):
                self.run(body if self._value(test) else orelse)
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                pass  # the functions there are need none
            case _:
                raise _no_such(statement)

    def _name(self, name: str, value: Value) -> None:
        self._named[name] = value
        self._last = f"{name} = ", value

    def _value(self, node: ast.expr) -> Value:
        simple = self._simple(node)
        return self._compound(node) if simple is None else simple

    def _simple(self, node: ast.expr) -> Value | None:
        """The value of what stands alone; None for everything else."""
        match node:
            case ast.Constant(value=bool() | int() | str() as value):
                return value
            case ast.Constant(value=float() as value):
                return self._work.fit(_as_written(value))
            case ast.Name(id=name) if name in self._named:
                return self._named[name]
            case ast.Name(id=name):
                raise Retry(f"{name!r} has no value in this calculation.", hint="Give it one.")
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self._single(one) for one in items]
        return None

    def _single(self, node: ast.expr) -> Single:
        value = self._value(node)
        if isinstance(value, list):
            raise Retry("A list holds no lists here.", hint="Give each list a name of its own.")
        return value

    def _compound(self, node: ast.expr) -> Value:
        found: Value
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                found = self._combined(op, self._value(left), self._value(right))
            case ast.UnaryOp(op=op, operand=operand):
                found = self._signed(op, self._value(operand))
            case ast.Compare(left=left, ops=ops, comparators=others):
                found = self._compared(left, ops, others)
            case ast.BoolOp(op=ast.And(), values=values):
                found = all(self._value(one) for one in values)
            case ast.BoolOp(values=values):
                found = any(self._value(one) for one in values)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                found = self._value(body if self._value(test) else orelse)
            case ast.JoinedStr(values=parts):
                found = "".join(map(self._part, parts))[:TEXT_CHARS]
            case ast.Call(func=function, args=args, keywords=[]):
                found = self._called(_called_as(function), [self._value(one) for one in args])
            case _:
                raise _no_such(node)
        return found

    def _signed(self, op: ast.unaryop, value: Value) -> Value:
        if isinstance(op, ast.Not):
            return not value
        return self._combined(ast.Mult(), -1 if isinstance(op, ast.USub) else 1, value)

    def _combined(self, op: ast.operator, one: Value, other: Value) -> Value:
        if isinstance(op, ast.Add) and isinstance(one, str) and isinstance(other, str):
            return (one + other)[:TEXT_CHARS]
        if isinstance(one, str | list) or isinstance(other, str | list):
            raise Retry("Only numbers can be calculated with.", hint="Leave units and texts away.")
        if isinstance(op, ast.Sub):
            return self._work.add(one, self._work.multiply(-1, other))
        if type(op) not in _OPERATIONS:
            raise Retry(
                "There is no such operation here.", hint="Use + - * / // % and ** with numbers."
            )
        return _OPERATIONS[type(op)](self._work, one, other)

    def _compared(
        self, left: ast.expr, ops: Sequence[ast.cmpop], others: Sequence[ast.expr]
    ) -> bool:
        one = self._value(left)
        for op, node in zip(ops, others, strict=True):
            other = self._value(node)
            if not _holds(op, one, other):
                return False
            one = other
        return True

    def _part(self, node: ast.expr) -> str:
        """A piece of an f-string."""
        if not isinstance(node, ast.FormattedValue):
            return _text(self._value(node))
        value = self._value(node.value)
        spec = _text(self._value(node.format_spec)) if node.format_spec else ""
        if not spec or isinstance(value, str | list) or not _PLAIN_FORMAT.fullmatch(spec):
            return _text(value)
        try:
            return format(float(value), spec)
        except OverflowError:
            return _text(value)

    def _called(self, name: str, args: Sequence[Value]) -> Value:
        name = ALIASES.get(name, name)
        if name == "str":
            return " ".join(map(_text, args))
        flat = [one for value in args for one in (value if isinstance(value, list) else [value])]
        numbers = [one for one in flat if not isinstance(one, str | list)]
        if len(numbers) < len(flat) or not (name in FUNCTIONS or name == "float"):
            raise _no_function(name)
        found = call("sum" if name == "float" else name, self._work, numbers)
        return list(found) if isinstance(found, list) else found


def _as_written(value: float) -> Fraction:
    """A number with a point, exactly as it stands in the text."""
    try:
        return Fraction(repr(value))
    except ValueError:
        raise too_large() from None


def _called_as(function: ast.expr) -> str:
    """The name of a function: `ceil` of `math.ceil`."""
    match function:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="math"), attr=name):
            return name
    raise _no_such(function)


def _holds(op: ast.cmpop, one: Value, other: Value) -> bool:
    same = one == other
    if isinstance(one, int | Fraction | float) and isinstance(other, int | Fraction | float):
        same = equal(one, other)
        match op:
            case ast.Lt():
                return one < other and not same
            case ast.LtE():
                return one < other or same
            case ast.Gt():
                return one > other and not same
            case ast.GtE():
                return one > other or same
    match op:
        case ast.Eq():
            return same
        case ast.NotEq():
            return not same
    raise Retry("This cannot be compared.", hint="Compare numbers.")


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        more = [f"… {len(value) - SHOWN_ITEMS} more"] if len(value) > SHOWN_ITEMS else []
        return ", ".join([*map(_text, value[:SHOWN_ITEMS]), *more])
    return value if isinstance(value, str) else shown(value)[0]


def _no_such(node: ast.AST) -> Retry:
    return Retry(
        f"A calculation has no such part: {ast.unparse(node)[:60]}",
        hint="Write lines like name = expression, if and else, and at the end print(name).",
    )


def _no_function(name: str) -> Retry:
    return Retry(f"There is no function {name!r} here.", hint="Use + - * / ** and round.")
