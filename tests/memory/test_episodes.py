"""Episodes: kept, found again by goals that are alike, and never more of them than there may be."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.memory.embed import MiniLM
from nomoat.memory.episodes import Episode, Episodes, Used
from nomoat.memory.errors import StoreCorrupt, StoreError, StoreMismatch
from tests.memory.hashed import Hashed

SALES = "which region sold the most in a table"


class Counting(Hashed):
    """Counts what it is asked for."""

    def __init__(self, name: str = "counting", dimension: int = 64) -> None:
        super().__init__(name, dimension)
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
        self.texts += texts
        return super().embed(texts)


def episode(run_id: str, general: str = SALES, reached: bool = True, **more: object) -> Episode:
    used = (Used("query_table", "sql=…"), Used("write_file", "path=a.txt, content=…"))
    given = {"goal": f"{general}, by sales.csv", "used": used, "date": "2026-11-22T07:15:30+01:00"}
    return Episode(run_id, general=general, reached=reached, **{**given, **more})  # type: ignore[arg-type]


@pytest.fixture
def held(tmp_path: Path) -> Episodes:
    return Episodes(tmp_path / "home" / "episodes.db", embedder=Counting())


def test_what_is_kept_comes_back_whole(held: Episodes) -> None:
    one, other = episode("1"), episode("2", reached=False, used=())
    held.add(one)
    held.add(other)
    assert held.all() == [other, one]
    assert one.tools == ("query_table", "write_file")


def test_looking_makes_nothing_and_asks_no_embedder(held: Episodes) -> None:
    assert held.all() == []
    assert held.similar(SALES) == []
    assert held.forget(["1"]) == 0
    assert not held.file.parent.exists()
    held.add(episode("1", reached=False))
    assert held.similar(SALES) == []
    assert held._embedder.texts == []  # type: ignore[attr-defined]


def test_goals_that_are_alike_are_found_best_first(held: Episodes) -> None:
    held.add(episode("1", "which region sold the most in a folder of tables"))
    held.add(episode("2", "translate a letter for grandmother"))
    held.add(episode("3", SALES))
    assert [one.run_id for one in held.similar(SALES)] == ["3", "1"]
    assert [one.run_id for one in held.similar(SALES, 1)] == ["3"]
    assert held.similar("bake bread") == []


def test_only_what_was_reached_is_found(held: Episodes) -> None:
    held.add(episode("1", reached=False))
    assert held.similar(SALES) == []
    held.add(episode("1", reached=True))  # the same run went on, and reached it
    assert [one.run_id for one in held.similar(SALES)] == ["1"]
    assert len(held.all()) == 1


def test_one_general_goal_counts_once(held: Episodes) -> None:
    for run_id in "123":
        held.add(episode(run_id))
    assert [one.run_id for one in held.similar(SALES)] == ["3"]


def test_the_oldest_are_dropped(tmp_path: Path) -> None:
    held = Episodes(tmp_path / "episodes.db", embedder=Hashed(), most=3)
    for run_id in "12345":
        held.add(episode(run_id))
    assert [one.run_id for one in held.all()] == ["5", "4", "3"]


def test_an_episode_has_a_bounded_size(held: Episodes) -> None:
    used = tuple(Used(f"tool{n}", "x " * 5_000) for n in range(500))
    held.add(episode("1", goal="g " * 50_000, general="g " * 50_000, used=used))
    (kept,) = held.all()
    assert len(kept.goal) + len(kept.general) + sum(len(one.arguments) for one in kept.used) < 6_000


def test_a_vector_is_made_once(held: Episodes) -> None:
    held.add(episode("1"))
    embedder = held._embedder
    assert isinstance(embedder, Counting)
    for _ in range(3):
        assert held.similar(SALES + " now")
    assert embedder.texts.count(SALES) == 1


def test_another_embedder_makes_its_own_vectors(held: Episodes) -> None:
    for run_id, general in (("1", SALES), ("2", "bake bread")):
        held.add(episode(run_id, general))
    assert held.similar(SALES)
    for other in (Counting("other", 32), Counting("third", 64)):
        again = Episodes(held.file, embedder=other)
        assert [one.run_id for one in again.similar(SALES)] == ["1"]
        assert [one.run_id for one in again.similar("bake bread")] == ["2"]
        assert sorted(other.texts) == sorted([SALES, "bake bread"] * 2)


def test_what_is_forgotten_is_gone_from_the_disk(held: Episodes) -> None:
    for run_id in "123":
        held.add(episode(run_id, f"find canary {run_id} in the folder"))
    assert held.similar("find canary 2 in the folder")
    assert held.forget(["2", "3", "9"]) == 2
    assert [one.run_id for one in held.all()] == ["1"]
    left = b"".join(path.read_bytes() for path in held.file.parent.iterdir())
    assert b"canary 1" in left
    assert b"canary 2" not in left
    assert b"canary 3" not in left


def test_secrets_are_not_kept(held: Episodes) -> None:
    goal = "Put the wifi password canary-1 into wifi.txt"
    used = (Used("write_file", "path=wifi.txt, content=the password is canary-1"),)
    held.add(episode("1", goal, goal=goal, used=used))
    assert b"canary" not in b"".join(path.read_bytes() for path in held.file.parent.iterdir())
    assert held.similar(goal) == []  # nothing is left of it to be like


def test_it_is_its_owners_alone(held: Episodes) -> None:
    before = os.umask(0)
    try:
        held.add(episode("1"))
        with sqlite3.connect(held.file) as open_elsewhere:  # so that the files beside it stay
            open_elsewhere.execute("SELECT * FROM episode").fetchall()
            held.add(episode("2"))
            files = list(held.file.parent.iterdir())
            assert len(files) == 3
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        open_elsewhere.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(held.file.parent.stat().st_mode) == 0o700


WRITER = """
import sys
from pathlib import Path
from nomoat.memory.episodes import Episode, Episodes
from tests.memory.hashed import Hashed
held = Episodes(Path(sys.argv[1]), embedder=Hashed())
for n in range(25):
    held.add(Episode(f"{sys.argv[2]}-{n}", "goal", f"bake bread {sys.argv[2]} {n}", (), True))
    held.similar("bake bread")
"""


def test_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "episodes.db"
    command = [sys.executable, "-c", WRITER, str(file)]
    root = Path(__file__).parents[2]
    writers = [
        subprocess.Popen([*command, name], cwd=root, stderr=subprocess.PIPE) for name in "abcd"
    ]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0)] * 4
    kept = {one.run_id for one in Episodes(file, embedder=Hashed()).all()}
    assert kept == {f"{name}-{n}" for name in "abcd" for n in range(25)}


def test_a_damaged_file_is_told(held: Episodes) -> None:
    held.file.parent.mkdir()
    held.file.write_bytes(b"no database " * 1_000)
    for use in (held.all, lambda: held.add(episode("1")), lambda: held.similar(SALES)):
        with pytest.raises(StoreCorrupt, match="damaged") as caught:
            use()
        assert "Move it away" in caught.value.hint


def test_a_newer_file_is_told(held: Episodes) -> None:
    held.add(episode("1"))
    with sqlite3.connect(held.file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreMismatch, match="newer nomoat"):
        held.all()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        Episodes(tmp_path / "file" / "episodes.db", embedder=Hashed()).add(episode("1"))


def test_without_the_embedders_model_runs_are_kept_all_the_same(tmp_path: Path) -> None:
    held = Episodes(tmp_path / "episodes.db", embedder=MiniLM(tmp_path))
    held.add(episode("1"))
    assert len(held.all()) == 1
    with pytest.raises(StoreError, match="not on this machine"):
        held.similar(SALES)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=30), st.booleans()), max_size=8))
def test_any_goals_are_kept_and_only_the_reached_are_found(
    tmp_path_factory: pytest.TempPathFactory, given: list[tuple[str, str, bool]]
) -> None:
    file = tmp_path_factory.mktemp("any") / "episodes.db"
    held = Episodes(file, embedder=Hashed())
    for run_id, text, reached in given:
        held.add(episode(run_id, text, reached, goal=text))
    last = {run_id: reached for run_id, _, reached in given}
    assert {one.run_id: one.reached for one in held.all()} == last
    for _, text, _ in given:
        found = held.similar(text, 9, alike=-1)
        assert all(last[one.run_id] for one in found)
        assert len({one.general for one in found}) == len(found)
