"""What is told of a table that was loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.tools.errors import Retry
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_store import Tables
from nomoat.tools.tables import describe

ORDERS = """id,date,customer,amount
1,2026-05-03,Ann,10.5
2,2026-05-13,"Bob, Jr",1000
3,2026-06-14,Ann,0.1
4,2026-06-14,Ann,0.2
"""


def test_a_table_is_described_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (info,) = describe(Workspace(tmp_path))
    assert str(info) == (
        "orders (orders.csv, 4 rows): id BIGINT, date DATE (2026-05-03 to 2026-06-14), "
        "customer TEXT ('Ann','Bob, Jr'), amount DOUBLE"
    )


def test_texts_among_numbers_are_told(tmp_path: Path) -> None:
    marks = "pupil,maths\n" + "".join(f"P{n},{n % 5 + 1}\n" for n in range(9)) + "Dunja,absent\n"
    (tmp_path / "marks.csv").write_text(marks)
    tables = Tables(Workspace(tmp_path))
    (info,) = tables.infos()
    assert "maths TEXT (numbers and 'absent': num(maths) leaves these out)" in str(info)
    result = tables.query("SELECT count(num(maths)) FROM marks", limit=1)
    assert result.rows == ((9,),)
    with pytest.raises(Retry) as refused:
        tables.query("SELECT avg(maths) FROM marks WHERE absent = 'absent'", limit=1)
    assert "'absent' is a value of maths; sums and averages leave it out." in refused.value.hint
