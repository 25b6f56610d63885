"""Rows of csv and tsv files changed by SQL: the cells that are meant, and no other byte."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nomoat.tools import table_change
from nomoat.tools.base import Effect, Output, spec_of
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.page_tables import PageTable
from nomoat.tools.table_change import change_tool
from nomoat.tools.table_store import Tables

DUES = (
    "name,plot,rent,paid_on\n"
    'Tobias Wendt,7,"1,250.00",\n'
    '"Kaya, Elif",12,80.00,2026-03-01\n'
    "Jo Park,21,95.50,2026-03-15\n"
)
GERMAN = (
    "Beiträge 2026;;;\r\n"
    "Name;Parzelle;Pacht;Bezahlt am\r\n"
    "Tobias Wendt;7;1.250,00 €;\r\n"
    "Kaya, Elif;12;80,00 €;01.03.2026\r\n"
    '"Park ""Jo""";21;95,50 €;15.03.2026'
)


class Folder:
    """A workspace with the tool."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = Workspace(root)
        self.tables = Tables(self.workspace)
        self.tool = change_tool(self.workspace, self.tables)

    def put(self, name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.root / name).write_bytes(data)

    def bytes(self, name: str = "dues.csv") -> bytes:
        return (self.root / name).read_bytes()

    def text(self, name: str = "dues.csv") -> str:
        return self.bytes(name).decode()

    def do(self, sql: str) -> str:
        return str(self.tool.invoke({"sql": sql}))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.put("dues.csv", DUES)
    return made


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(ToolError) as caught:
        act()
    return f"{caught.value} {caught.value.hint}"


# what a statement does


def test_an_update_changes_the_cells_that_are_meant_and_shows_old_and_new(folder: Folder) -> None:
    said = folder.do("UPDATE dues SET paid_on = '2026-04-02' WHERE name = 'Tobias Wendt'")
    assert folder.text() == DUES.replace('"1,250.00",', '"1,250.00",2026-04-02')
    assert said.startswith("Changed 1 row of dues.csv:\n")
    assert "(empty) -> 2026-04-02" in said
    assert "1,250.00" in said
    assert "Kaya" not in said


def test_a_percentage_is_written_with_the_columns_decimals(folder: Folder) -> None:
    said = folder.do("UPDATE dues SET rent = rent * 1.055 WHERE plot > 10")
    assert folder.text() == DUES.replace("80.00", "84.40").replace("95.50", "100.75")
    assert "80.00 -> 84.40" in said
    assert "Rounded to 2 decimals" in said  # 95.5 * 1.055 = 100.7525


def test_a_number_that_was_given_is_not_rounded(folder: Folder) -> None:
    said = folder.do("UPDATE dues SET rent = 80.125 WHERE plot = 12")
    assert ",80.125," in folder.text()
    assert "Rounded" not in said


def test_whole_numbers_are_not_rounded_by_sql(folder: Folder) -> None:
    folder.put("fees.csv", "who,fee\nAnn,50\nBob,60\n")
    folder.do("UPDATE fees SET fee = fee * 1.05")
    assert folder.text("fees.csv") == "who,fee\nAnn,52.5\nBob,63\n"


def test_numbers_too_long_for_floating_point_stay_whole(folder: Folder) -> None:
    folder.put("ids.csv", "who,code\nAnn,123456789012345678\nBob,5\n")
    folder.do("UPDATE ids SET code = code + 1")
    assert folder.text("ids.csv") == "who,code\nAnn,123456789012345679\nBob,6\n"


def test_an_insert_adds_a_line_with_all_columns_in_the_files_order(folder: Folder) -> None:
    said = folder.do("INSERT INTO dues (rent, name) VALUES (70, 'O''Neil, Pat'), (1200.5, 'Al')")
    assert folder.text() == DUES + '"O\'Neil, Pat",,70.00,\nAl,,"1,200.50",\n'
    assert said.startswith("Added 2 rows to dues.csv:\n")


def test_a_delete_removes_lines(folder: Folder) -> None:
    said = folder.do("DELETE FROM dues WHERE rent < 90")
    assert folder.text() == DUES.replace('"Kaya, Elif",12,80.00,2026-03-01\n', "")
    assert said.startswith("Deleted 1 row from dues.csv:\n")
    assert "Kaya, Elif" in said


def test_null_empties_a_cell_and_a_value_fills_it_again(folder: Folder) -> None:
    folder.do("UPDATE dues SET paid_on = NULL WHERE plot = 12")
    assert '"Kaya, Elif",12,80.00,\n' in folder.text()
    folder.do("UPDATE dues SET paid_on = DATE '2026-03-01' WHERE plot = 12")
    assert folder.text() == DUES


def test_a_query_sees_the_change_at_once(folder: Folder) -> None:
    assert folder.tables.query("SELECT count(*) FROM dues", limit=1).rows == ((3,),)
    folder.do("INSERT INTO dues (name, plot) VALUES ('New', 30)")
    assert folder.tables.query("SELECT count(*) FROM dues", limit=1).rows == ((4,),)


def test_values_can_come_from_another_table(folder: Folder) -> None:
    folder.put("paid.csv", "plot,day\n7,2026-04-02\n12,2026-03-09\n")
    output = made(
        folder,
        "UPDATE dues SET paid_on = paid.day FROM paid WHERE dues.plot = paid.plot "
        "AND dues.paid_on IS NULL",
    )
    assert folder.text() == DUES.replace('"1,250.00",', '"1,250.00",2026-04-02')
    assert set(output.sources) == {"dues.csv", "paid.csv"}
    assert output.files == ("dues.csv",)
    assert not output.untrusted


def test_what_a_page_says_stays_marked_as_somebody_elses(folder: Folder) -> None:
    page = PageTable("Prices", ("plot", "rent"), (("12", "99.00"), ("21", "88.00")), 0)
    [info] = folder.tables.attach("https://site.org/prices.csv", [("prices", page)])
    output = made(
        folder,
        f"UPDATE dues SET rent = p.rent FROM {info.name} p WHERE p.plot = dues.plot",
    )
    assert output.untrusted
    assert '"Kaya, Elif",12,99.00,' in folder.text()
    assert "site.org" in refused(lambda: folder.do(f"DELETE FROM {info.name} WHERE plot = 12"))


def made(folder: Folder, sql: str) -> Output:
    """What the tool's function gives, before it becomes text."""
    output = folder.tool.func(sql=sql)  # type: ignore[attr-defined]
    assert isinstance(output, Output)
    return output


# how files are written


def test_a_german_file_is_written_as_it_is(folder: Folder) -> None:
    folder.put("dues.csv", GERMAN.encode("utf-8-sig"))
    folder.do("UPDATE dues SET Bezahlt_am = '02.04.2026', Pacht = Pacht * 1.05 WHERE Parzelle = 7")
    after = GERMAN.replace("1.250,00 €;", "1.312,50 €;02.04.2026")
    assert folder.bytes() == after.encode("utf-8-sig")
    folder.do("INSERT INTO dues VALUES ('Neu; Li', 30, 12.5, '2026-04-09')")
    more = '\r\n"Neu; Li";30;12,50 €;09.04.2026'
    assert folder.bytes() == (after + more).encode("utf-8-sig")


def test_a_value_that_is_written_as_in_the_file_is_read_as_such(folder: Folder) -> None:
    folder.put("dues.csv", GERMAN)
    said = folder.do("UPDATE dues SET Pacht = '81,50', Bezahlt_am = '2.4.2026' WHERE Parzelle = 12")
    assert folder.text() == GERMAN.replace("80,00 €;01.03.2026", "81,50 €;02.04.2026")
    assert "81,50 was read as 81.50" in said


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be-bom", "cp1252"])
def test_the_encoding_is_kept(folder: Folder, codec: str) -> None:
    def encoded(text: str) -> bytes:
        is_big = codec == "utf-16-be-bom"
        return b"\xfe\xff" + text.encode("utf-16-be") if is_big else text.encode(codec)

    text = "name;größe\nMüller;1,5\nJäger;2,5\nWeiß;3,5\n"
    folder.put("list.csv", encoded(text))
    folder.do("UPDATE list SET name = 'Böhm' WHERE name = 'Jäger'")
    assert folder.bytes("list.csv") == encoded(text.replace("Jäger", "Böhm"))
    if codec == "cp1252":
        unwritable = "UPDATE list SET name = '☃' WHERE name = 'Böhm'"
        assert "cannot be written" in refused(lambda: folder.do(unwritable))


def test_quotes_and_line_breaks_in_cells_stay_and_can_be_written(folder: Folder) -> None:
    text = 'id,note\n1,"a ""word""\nand more"\n2,plain\n3,"x, y"\n'
    folder.put("notes.csv", text)
    folder.do("UPDATE notes SET note = 'he said \"no\"' || chr(10) || 'twice' WHERE id = 2")
    assert folder.text("notes.csv") == text.replace("plain", '"he said ""no""\ntwice"')
    folder.do("DELETE FROM notes WHERE id = 1")
    assert folder.text("notes.csv").startswith('id,note\n2,"he said')


def test_a_file_without_a_last_line_end_gets_none(folder: Folder) -> None:
    folder.put("ab.csv", "a,b\r\n1,x\r\n2,y")
    folder.do("INSERT INTO ab VALUES (3, 'z')")
    assert folder.bytes("ab.csv") == b"a,b\r\n1,x\r\n2,y\r\n3,z"
    folder.do("DELETE FROM ab WHERE a >= 2")
    assert folder.bytes("ab.csv") == b"a,b\r\n1,x"


def test_rows_go_below_the_last_one_and_not_below_empty_lines(folder: Folder) -> None:
    folder.put("ab.tsv", "a\tb\n\n1\tx\n\n\n")
    folder.do("INSERT INTO ab VALUES (3, 'p,q')")
    assert folder.text("ab.tsv") == "a\tb\n\n1\tx\n3\tp,q\n\n\n"


def test_short_rows_and_closing_delimiters_are_kept(folder: Folder) -> None:
    folder.put("ab.csv", "a;b;c;\n1;x\n2;y;5;\n4;z;6;\n")
    folder.do("UPDATE ab SET c = 7 WHERE a = 1")
    folder.do("INSERT INTO ab VALUES (9, 'w', 8)")
    assert folder.text("ab.csv") == "a;b;c;\n1;x;7\n2;y;5;\n4;z;6;\n9;w;8;\n"


def test_a_column_in_quotes_gets_quotes(folder: Folder) -> None:
    text = '"name","n"\n"Ann","5"\n"Bob",""\n'
    folder.put("q.csv", text)
    folder.do("UPDATE q SET n = 6 WHERE name = 'Bob'")
    folder.do("INSERT INTO q (name) VALUES ('Cy')")
    assert folder.text("q.csv") == '"name","n"\n"Ann","5"\n"Bob","6"\n"Cy",""\n'


def test_a_file_of_names_only_gets_its_first_row(folder: Folder) -> None:
    folder.put("diary.csv", "day,what")
    folder.do("INSERT INTO diary VALUES ('2026-04-02', 'seeds')")
    assert folder.text("diary.csv") == "day,what\n2026-04-02,seeds"


def test_an_empty_column_is_written_like_the_others(folder: Folder) -> None:
    folder.put("p.csv", "item;due;paid;cost\nA;01.03.2026;;1,5\nB;15.03.2026;;2,5\n")
    folder.do("UPDATE p SET paid = '2026-03-20' WHERE item = 'A'")
    assert folder.text("p.csv").splitlines()[1] == "A;01.03.2026;20.03.2026;1,5"


# what is sent back


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM dues", "Write one UPDATE"),
        ("DROP TABLE dues", "changes no rows"),
        ("TRUNCATE dues", "changes no rows"),
        ("UPDATE dues SET plot = 1; DELETE FROM dues WHERE true", "2 statements"),
        ("DELETE FROM dues", "WHERE"),
        ("UPDATE dues SET", "Write one UPDATE"),
        ("UPDATE due SET plot = 1", "Did you mean dues?"),
        ("UPDATE dues SET paid = 1", "paid_on"),
        ("UPDATE dues SET plot = 1 WHERE name = 'Tobias Went'", "'Tobias Wendt'"),
        ("UPDATE dues SET plot = 1 WHERE plot = 99", "No row matches"),
        ("UPDATE dues SET plot = 7 WHERE name = 'Tobias Wendt'", "these values already"),
        ("UPDATE dues SET paid_on = 'soon'", "2026-04-30"),
        ("UPDATE dues SET rent = plot / 0.0", "infinite"),
        ("INSERT INTO dues VALUES ('Ann')", "4 columns but 1 value"),
        ("INSERT INTO dues (name) VALUES (NULL)", "without any value"),
        ("UPDATE dues SET name = '', plot = NULL, rent = NULL, paid_on = NULL", "DELETE"),
        ("INSERT INTO dues SELECT * FROM dues WHERE false", "nothing to insert"),
        ("COPY dues TO 'x.csv'", "changes no rows"),
        ("", "statement"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(folder: Folder, sql: str, why: str) -> None:
    assert why in refused(lambda: folder.do(sql))
    assert folder.text() == DUES


@pytest.mark.parametrize(
    "source", ["read_text('secret.txt')", "'secret.txt'", "read_csv('/etc/passwd')"]
)
def test_sql_opens_no_file(folder: Folder, source: str) -> None:
    folder.put("secret.txt", "marzipan")
    said = refused(lambda: folder.do(f"INSERT INTO dues (name) SELECT * FROM {source}"))
    assert "marzipan" not in said
    assert folder.text() == DUES


def test_a_hint_is_about_the_condition_and_not_about_the_new_value(folder: Folder) -> None:
    said = refused(lambda: folder.do("UPDATE dues SET name = 'New' WHERE name = 'Kaya'"))
    assert "'Kaya, Elif'" in said
    assert "'New'" not in said


def test_only_csv_and_tsv_files_can_be_changed(folder: Folder) -> None:
    folder.put("stock.json", '[{"item": "a", "n": 1}]')
    assert "csv" in refused(lambda: folder.do("UPDATE stock SET n = 2"))


def test_the_files_name_and_quotes_of_other_databases_are_repaired(folder: Folder) -> None:
    said = folder.do("UPDATE 'dues.csv' SET name = \"Jo Lee\" WHERE plot = 21 RETURNING *;")
    assert "Jo Lee,21" in folder.text()
    assert "dues.csv is the table dues" in said


def test_values_that_are_called_like_files_stay_values(folder: Folder) -> None:
    folder.put("Plot 9.csv", "a,b\n1,2\n")
    folder.do("INSERT INTO dues (name, plot) VALUES ('x', 1), ('Plot 9', 2), ('y, Plot 9.csv', 3)")
    assert "Plot 9,2" in folder.text()


def test_a_file_that_is_not_all_text_is_not_touched(folder: Folder) -> None:
    data = b"name,n\n" + b"ann,1\n" * 30_000 + b"b\xff\xc3b,2\n"
    folder.put("odd.csv", data)
    with pytest.raises(Failed):
        folder.do("UPDATE odd SET n = 3 WHERE n = 2")
    assert folder.bytes("odd.csv") == data


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = table_change._planned

    def slow(*given: object) -> object:
        made = plan(*given)  # type: ignore[arg-type]
        folder.put("dues.csv", DUES + "Late,1,1.00,\n")
        return made

    monkeypatch.setattr(table_change, "_planned", slow)
    with pytest.raises(Retry, match="just been changed"):
        folder.do("UPDATE dues SET plot = 8 WHERE plot = 7")
    assert folder.text() == DUES + "Late,1,1.00,\n"


# what is known before


def test_it_says_which_file_it_would_change_and_shows_the_lines(folder: Folder) -> None:
    spec = spec_of(folder.tool)
    assert spec.effects == {Effect.READ, Effect.WRITE}
    assert spec.targets is not None
    assert spec.preview is not None
    sql = {"sql": "UPDATE dues SET plot = 8 WHERE plot = 7"}
    assert spec.targets(sql) == ["dues.csv"]
    shown = spec.preview(sql)
    assert '-Tobias Wendt,7,"1,250.00",' in shown
    assert '+Tobias Wendt,8,"1,250.00",' in shown
    assert "Jo" not in "".join(line for line in shown.splitlines() if line[0] in "+-")
    assert folder.text() == DUES
    assert spec.targets({"sql": "SELECT 1"}) == []
    assert spec.preview({"sql": "SELECT 1"}).startswith("This will fail")


@pytest.mark.parametrize("text", [";", ";\n;", "a'b"])
def test_a_column_of_numbers_takes_no_text(folder: Folder, text: str) -> None:
    literal_ = "'" + text.replace("'", "''") + "'"
    with pytest.raises(Retry, match="is no value of its column"):
        folder.do(f"UPDATE dues SET plot = {literal_} WHERE plot = 7")
    assert folder.text() == DUES


# any table


cells = st.text(st.sampled_from("ab ,;\"\n'é|1."), max_size=6)
rows_ = st.lists(st.tuples(cells, cells), min_size=1, max_size=6)


def table(rows: list[tuple[str, str]], delimiter: str, end: str, last: bool, quoting: int) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["key", "first", "second"])
    for number, row in enumerate(rows, 1):
        writer.writerow([f"k{number}", *row])
    text = out.getvalue()
    return text if last else text.removesuffix(end)


files = st.builds(
    table,
    rows_,
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def parsed(text: str) -> list[list[str]]:
    delimiter = next(char for char in text if char in ",;\t")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("any"))


every = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@every
@given(
    text=files,
    at=st.integers(0, 5),
    new=st.text(st.sampled_from("xy \"\n,;'"), min_size=1, max_size=5),
)
def test_an_update_of_one_cell_changes_that_cell_and_nothing_else(
    shared: Folder, text: str, at: int, new: str
) -> None:
    before = parsed(text)
    number = at % (len(before) - 1) + 1
    assume(new.strip() == new and new != before[number][1].strip(" \t"))
    # a column of nothing but numbers takes no text
    assume(any(re.search(r"[^\d.,\s]", row[1]) for row in before[1:]))
    shared.put("any.csv", text)
    shared.do(f"UPDATE \"any.csv\" SET first = {literal(new)} WHERE key = 'k{number}'")
    after = shared.text("any.csv")
    cell = parsed(after)[number][1]
    assert cell.strip(" ") == new
    expected = [list(row) for row in before]
    expected[number][1] = cell
    assert parsed(after) == expected
    start = len_before(text, before, number)
    assert after[:start] == text[:start]
    rest = text_after(text, before, number)
    assert after.endswith(rest)


def len_before(text: str, rows: list[list[str]], number: int) -> int:
    """Where the record begins: its key is there once."""
    return max(text.find(f"k{number}"), 0) if rows else 0


def text_after(text: str, rows: list[list[str]], number: int) -> str:
    following = text.find(f"k{number + 1}") if number + 1 < len(rows) else len(text)
    return text[following:]


def test_a_column_of_numbers_and_texts_is_changed(shared: Folder) -> None:
    shared.put("any.csv", "key,kg\na,31\nb,lost\nc,9\n")
    shared.do("UPDATE \"any.csv\" SET kg = 40 WHERE key = 'b'")
    assert shared.text("any.csv") == "key,kg\na,31\nb,40\nc,9\n"


@pytest.mark.parametrize("new", ["''", "'x'"])
def test_a_text_in_a_column_of_numbers_is_told(shared: Folder, new: str) -> None:
    shared.put("any.csv", "key,n\nk1,1\n")
    with pytest.raises(Retry, match="no value of its column"):
        shared.do(f"INSERT INTO \"any.csv\" VALUES ('new', {new})")
    assert shared.text("any.csv") == "key,n\nk1,1\n"


@every
@given(text=files, new=st.tuples(cells, cells))
def test_what_is_inserted_and_deleted_again_leaves_the_same_bytes(
    shared: Folder, text: str, new: tuple[str, str]
) -> None:
    # a column of nothing but numbers takes no text
    cells_of = list(zip(*parsed(text)[1:], strict=True))[1:]
    assume(all(any(re.search(r"[^\d.,\s]", cell) for cell in column) for column in cells_of))
    shared.put("any.csv", text)
    first, second = map(literal, new)
    shared.do(f"INSERT INTO \"any.csv\" VALUES ('new', {first}, {second})")
    assert len(parsed(shared.text("any.csv"))) == len(parsed(text)) + 1
    shared.do("DELETE FROM \"any.csv\" WHERE key = 'new'")
    assert shared.text("any.csv") == text
