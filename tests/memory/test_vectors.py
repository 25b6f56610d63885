"""The vector index, in its own folder and on a Chroma server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat.memory import ChromaAddress, Memory
from nomoat.memory.errors import StoreCorrupt, StoreError, StoreMismatch, UsageError
from nomoat.memory.vectors import VectorIndex
from tests.memory.chroma_server import chroma_server, free_port
from tests.memory.hashed import Hashed

TEXTS = ["the cat sleeps", "the dog barks", "rain in spring"]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    opened = VectorIndex(tmp_path, "test", Hashed(), fresh=True)
    yield opened
    opened.close()


def test_nearest_first_with_cosines(index: VectorIndex) -> None:
    index.upsert([7, 8, 9], Hashed().embed(TEXTS))
    found = index.nearest(Hashed().embed(["a dog barks"])[0], 3)
    assert next(iter(found)) == 8
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert index.nearest(Hashed().embed([TEXTS[0]])[0], 1) == pytest.approx({7: 1.0}, abs=1e-3)


def test_upsert_replaces_and_delete_forgives(index: VectorIndex) -> None:
    index.upsert([1, 2], Hashed().embed(TEXTS[:2]))
    index.upsert([2], Hashed().embed(TEXTS[2:]))
    index.delete([1, 999])
    assert index.ids() == {2}
    assert index.count() == 1
    assert index.nearest(Hashed().embed(["rain in spring"])[0], 1) == pytest.approx(
        {2: 1.0}, abs=1e-3
    )


def test_more_than_one_call_takes(index: VectorIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nomoat.memory.vectors._BATCH", 10)
    ids = list(range(25))
    index.upsert(ids, Hashed().embed([f"text {number}" for number in ids]))
    assert index.ids() == set(ids)
    index.delete(ids[:15])
    assert index.count() == 10


def test_another_embedder_and_a_missing_collection_are_told(
    index: VectorIndex, tmp_path: Path
) -> None:
    with pytest.raises(StoreMismatch):
        VectorIndex(tmp_path, "test", Hashed("other"), fresh=False)
    with pytest.raises(StoreCorrupt):
        VectorIndex(tmp_path, "never", Hashed(), fresh=False)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1", ChromaAddress("127.0.0.1", 8000)),
        ("http://localhost:9000/", ChromaAddress("localhost", 9000)),
        ("https://chroma.example.org", ChromaAddress("chroma.example.org", 443, ssl=True)),
        ("http://[::1]:8001", ChromaAddress("::1", 8001)),
    ],
)
def test_an_address_is_read_and_shown(url: str, address: ChromaAddress) -> None:
    assert ChromaAddress.parse(url) == address
    assert ChromaAddress.parse(str(address)) == address


@pytest.mark.parametrize(
    "url",
    "|127.0.0.1:8000|ftp://h|http://|http://h:x|http://h:99999|http://h/api|http://user@h"
    "|http://h?x=1|http://[::1".split("|"),
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not the address of a Chroma server"):
        ChromaAddress.parse(url)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((here, True) for here in ("localhost", "127.0.0.9", "::1")),
        *((there, False) for there in ("10.0.0.1", "0.0.0.0", "localhost.example.org")),
    ],
)
def test_only_loopback_is_this_machine(host: str, here: bool) -> None:
    assert ChromaAddress(host).is_here is here


def test_what_stays_here_does_not_go_through_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        nobody = ChromaAddress("127.0.0.1", free_port())
        memory = Memory(tmp_path, embedder=Hashed(), chroma=nobody)
        with memory, pytest.raises(StoreError, match="through the proxy") as caught:
            memory.add_text("x", source="y")
        assert caught.value.hint.endswith("NO_PROXY=127.0.0.1")
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_a_memory_may_be_moved_and_named_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Memory(Path("flat"), embedder=Hashed()) as memory:
        memory.add_text("the cat sleeps", source="pets")
    with Memory(tmp_path / "flat", embedder=Hashed()) as memory:
        assert memory.search("Does the cat sleep?")
    (tmp_path / "flat").rename(tmp_path / "house")
    with Memory(tmp_path / "house", embedder=Hashed()) as memory:
        assert memory.search("Does the cat sleep?")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaAddress]:
    """`chroma run` on loopback."""
    with chroma_server(tmp_path / "server") as address:
        yield address


@pytest.mark.slow
def test_a_server_holds_the_vectors(server: ChromaAddress, tmp_path: Path) -> None:
    (tmp_path / "boiler.txt").write_text("The boiler was repaired by Novak and Sons.\n")
    folder = tmp_path / "memory"
    for _ in range(2):
        with Memory(folder, embedder=Hashed(), chroma=server) as memory:
            memory.add([tmp_path / "boiler.txt"])
            assert "Novak" in memory.search("Who repaired the boiler?")[0].text
            assert memory._open().index.count() == 1
    assert not (folder / "chroma").exists()
    with Memory(folder, embedder=Hashed()) as memory, pytest.raises(StoreMismatch, match="kept at"):
        memory.search("boiler")


@pytest.mark.slow
def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    nobody = ChromaAddress("127.0.0.1", free_port())
    with Memory(tmp_path, embedder=Hashed(), chroma=nobody) as memory:
        with pytest.raises(StoreError, match="Chroma server") as caught:
            memory.add_text("x", source="y")
        assert "chroma run" in caught.value.hint
