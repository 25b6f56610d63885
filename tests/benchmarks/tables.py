"""Ten questions over three files of 100,000 rows: seconds to load, milliseconds to answer.

    python tests/benchmarks/tables.py [--rows N] [--json]

The files are made new each time, with numbers and dates as people write them. Every answer is
compared with one that plain Python counts from the same rows; the exit status is 1 if one differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables

REGIONS = ("North", "South", "East", "West")
GOODS = tuple(f"Article {n:03}" for n in range(200))
FIRST_DAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Order:
    number: int
    day: date
    customer: int
    article: str
    amount: float


@dataclass(frozen=True, slots=True)
class Customer:
    number: int
    region: str
    since: date


@dataclass(frozen=True, slots=True)
class Visit:
    customer: int
    day: date
    minutes: int


@dataclass(frozen=True, slots=True)
class Data:
    orders: Sequence[Order]
    customers: Sequence[Customer]
    visits: Sequence[Visit]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the SQL a model writes for it, and the answer that Python counts."""

    text: str
    sql: str
    answer: Callable[[Data], list[tuple[Any, ...]]]


def made(rows: int) -> Data:
    """Three lists of `rows` rows, always the same."""
    chance = random.Random(7)

    def day() -> date:
        return FIRST_DAY + timedelta(days=chance.randrange(730))

    return Data(
        [
            Order(
                n,
                day(),
                chance.randrange(rows),
                chance.choice(GOODS),
                chance.randrange(1, 500_000) / 100,
            )
            for n in range(rows)
        ],
        [Customer(n, chance.choice(REGIONS), day()) for n in range(rows)],
        [Visit(chance.randrange(rows), day(), chance.randrange(1, 120)) for _ in range(rows)],
    )


def written(data: Data, folder: Path) -> None:
    """orders.csv the German way, customers.xlsx, visits.jsonl."""
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("order number", "day", "customer", "article", "amount"))
        for order in data.orders:
            amount = f"{order.amount:,.2f} €".translate(str.maketrans(",.", ".,"))
            row = (order.number, f"{order.day:%d.%m.%Y}", order.customer, order.article, amount)
            writer.writerow(row)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    sheet.append(("number", "region", "since"))
    for customer in data.customers:
        sheet.append((customer.number, customer.region, customer.since))
    book.save(folder / "customers.xlsx")
    with (folder / "visits.jsonl").open("w", encoding="utf-8") as file:
        for visit in data.visits:
            row = {
                "customer": visit.customer,
                "day": f"{visit.day:%Y-%m-%d}",
                "minutes": visit.minutes,
            }
            file.write(json.dumps(row) + "\n")


def _sums(pairs: Any) -> dict[Any, float]:
    sums: dict[Any, float] = defaultdict(float)
    for key, value in pairs:
        sums[key] += value
    return sums


def _regions(data: Data) -> dict[int, str]:
    return {customer.number: customer.region for customer in data.customers}


def _by_region(data: Data) -> list[tuple[Any, ...]]:
    regions = _regions(data)
    return sorted(_sums((regions[o.customer], o.amount) for o in data.orders).items())


def _monthly(data: Data) -> list[tuple[Any, ...]]:
    pairs = ((f"{o.day:%Y-%m}", o.amount) for o in data.orders if o.day.year == 2025)
    return sorted(_sums(pairs).items())


def _best_customers(data: Data) -> list[tuple[Any, ...]]:
    sums = _sums((o.customer, o.amount) for o in data.orders)
    return sorted(sums.items(), key=lambda pair: (-round(pair[1], 6), pair[0]))[:5]


def _without_visit(data: Data) -> list[tuple[Any, ...]]:
    seen = {visit.customer for visit in data.visits}
    return [(sum(1 for customer in data.customers if customer.number not in seen),)]


def _same_day(data: Data) -> list[tuple[Any, ...]]:
    visits = Counter((visit.customer, visit.day) for visit in data.visits)
    return [(sum(visits[order.customer, order.day] for order in data.orders),)]


def _newcomers(data: Data) -> list[tuple[Any, ...]]:
    new = {c.number: c.region for c in data.customers if c.since >= date(2025, 7, 1)}
    pairs = ((new[o.customer], o.amount) for o in data.orders if o.customer in new)
    groups: dict[str, list[float]] = defaultdict(list)
    for region, amount in pairs:
        groups[region].append(amount)
    return [(region, len(all_), sum(all_) / len(all_)) for region, all_ in sorted(groups.items())]


QUESTIONS = (
    Question(
        "How much was sold in all?",
        "SELECT sum(amount) FROM orders",
        lambda data: [(sum(order.amount for order in data.orders),)],
    ),
    Question(
        "How many orders are above 4,000?",
        "SELECT count(*) FROM orders WHERE amount > 4000",
        lambda data: [(sum(order.amount > 4000 for order in data.orders),)],
    ),
    Question(
        "What was sold in each region?",
        "SELECT c.region, sum(o.amount) FROM orders o JOIN customers c ON o.customer = c.number "
        "GROUP BY c.region ORDER BY c.region",
        _by_region,
    ),
    Question(
        "What was sold in each month of 2025?",
        "SELECT strftime('%Y-%m', day) AS month, sum(amount) FROM orders WHERE year(day) = 2025 "
        "GROUP BY month ORDER BY month",
        _monthly,
    ),
    Question(
        "Who are the five best customers?",
        "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer "
        "ORDER BY round(total, 6) DESC, customer LIMIT 5",
        _best_customers,
    ),
    Question(
        "How many customers were never visited?",
        "SELECT count(*) FROM customers WHERE number NOT IN (SELECT customer FROM visits)",
        _without_visit,
    ),
    Question(
        "How many orders came on the day of a visit?",
        "SELECT count(*) FROM orders o JOIN visits v ON o.customer = v.customer AND o.day = v.day",
        _same_day,
    ),
    Question(
        "What do customers since July 2025 order on average, by region?",
        "SELECT c.region, count(*), avg(o.amount) FROM orders o JOIN customers c "
        "ON o.customer = c.number WHERE c.since >= '2025-07-01' GROUP BY 1 ORDER BY 1",
        _newcomers,
    ),
    Question(
        "Which article was ordered most often?",
        "SELECT article, count(*) AS n FROM orders GROUP BY article ORDER BY n DESC, 1 LIMIT 1",
        lambda data: sorted(
            Counter(order.article for order in data.orders).items(), key=lambda p: (-p[1], p[0])
        )[:1],
    ),
    Question(
        "How long was the longest visit of each weekday?",
        "SELECT isodow(day) AS weekday, max(minutes) FROM visits GROUP BY 1 ORDER BY 1",
        lambda data: sorted(
            {
                weekday: max(v.minutes for v in data.visits if v.day.isoweekday() == weekday)
                for weekday in range(1, 8)
            }.items()
        ),
    ),
)


def same(rows: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]]) -> bool:
    """Whether answers agree; sums may differ in the last of twelve digits."""

    def close(one: Any, other: Any) -> bool:
        if isinstance(one, float) or isinstance(other, float):
            return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1)
        return bool(one == other)

    return len(rows) == len(expected) and all(
        len(row) == len(right) and all(map(close, row, right))
        for row, right in zip(rows, expected, strict=True)
    )


def loaded_alone(file: Path) -> float:
    """Seconds to load one file that stands alone."""
    with tempfile.TemporaryDirectory(dir=file.parent.parent) as alone:
        (Path(alone) / file.name).hardlink_to(file)
        tables, began = Tables(Workspace(alone)), time.perf_counter()
        tables.infos()
        seconds = time.perf_counter() - began
        tables.close()
    return seconds


def asked(tables: Tables, question: Question, data: Data) -> dict[str, Any]:
    """How long a question takes, and whether the answer is right."""
    began = time.perf_counter()
    result = tables.query(question.sql, limit=100)
    seconds = time.perf_counter() - began
    right = same(result.rows, question.answer(data))
    return {"question": question.text, "ms": seconds * 1000, "right": right}


def measured(rows: int) -> dict[str, Any]:
    """Seconds to load each file, milliseconds and verdict for each question."""
    data = made(rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "files")
        folder.mkdir()
        written(data, folder)
        loads = [
            {"file": file.name, "bytes": file.stat().st_size, "seconds": loaded_alone(file)}
            for file in sorted(folder.iterdir())
        ]
        tables = Tables(Workspace(folder))
        schema = [str(info) for info in tables.infos()]
        answers = [asked(tables, question, data) for question in QUESTIONS]
        tables.close()
    return {"rows": rows, "schema": schema, "loads": loads, "answers": answers}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options.rows)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(found["schema"]), end="\n\n")
        for load in found["loads"]:
            print(f"{load['seconds']:7.2f} s  load {load['file']} ({load['bytes']:,} bytes)")
        print()
        for answer in found["answers"]:
            verdict = "right" if answer["right"] else "WRONG"
            print(f"{answer['ms']:7.1f} ms  {verdict}  {answer['question']}")
    return 0 if all(answer["right"] for answer in found["answers"]) else 1


if __name__ == "__main__":
    sys.exit(main())
