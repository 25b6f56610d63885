"""What every test runs under: no network but this machine, and a home of its own.

Models are the only thing taken from the person's real home, by links: nothing there is written.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from nomoat.agent.errors import ModelError
from nomoat.agent.weights.catalogue import catalogue
from nomoat.agent.weights.models import locate
from nomoat.memory.home import home

hypothesis.settings.register_profile("nomoat", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "nomoat")


# -- a home of its own ------------------------------------------------------------------------

OF_TESTS = frozenset({"NOMOAT_UPDATE_GOLDEN", "NOMOAT_ORDERS"})
"""Variables that tests themselves read; all others would set what is tested."""
OF_TERMINALS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "VISUAL", "EDITOR")


def pytest_configure(config: pytest.Config) -> None:
    """Point HOME and NOMOAT_HOME to an empty folder before anything is imported or started, leave
    out what the person has set otherwise, and let Ctrl-C be heard."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background of a script
        signal.signal(signal.SIGINT, signal.default_int_handler)
    models = home() / "models"
    folder = Path(tempfile.mkdtemp(prefix="nomoat-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    _link_models(models, folder / "nomoat" / "models")
    settings = [name for name in os.environ if name.startswith("NOMOAT_") and name not in OF_TESTS]
    folders = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    for name in (*settings, *folders, *OF_TERMINALS):
        os.environ.pop(name, None)
    os.environ.update(HOME=str(folder), NOMOAT_HOME=str(folder / "nomoat"))
    os.environ["TERM"] = "xterm"  # on a terminal called dumb, rich takes no width but its own


def _link_models(real: Path, here: Path) -> None:
    """Make the installed models visible in the tests' home; records are copied, files linked."""
    for file in real.glob("*/*"):
        target = here / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".json" and file.stat().st_size < 100_000:
            shutil.copy(file, target)
        elif file.suffix != ".part":
            target.symlink_to(file)


@pytest.fixture
def nomoat_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for one test, without models, and outside what could be its workspace."""
    folder = tmp_path_factory.mktemp("home") / "nomoat-home"
    monkeypatch.setenv("NOMOAT_HOME", str(folder))
    return folder


# -- models -----------------------------------------------------------------------------------


def _installed(name: str) -> Path:
    try:
        return locate(name)
    except ModelError as error:
        pytest.fail(f"{error} {error.hint} (`make test` does that)", pytrace=False)


@pytest.fixture(scope="session")
def chat_model_path() -> Path:
    """The default chat model's file."""
    return _installed(catalogue().default("chat").name)


@pytest.fixture(scope="session")
def tiny_model_path() -> Path:
    """A chat model that is small and quick, and too weak for work."""
    return _installed("smollm2-135m")


@pytest.fixture(scope="session")
def embedder_folder() -> Path:
    """The folder of the default embedding model: `model.onnx` and `tokenizer.json`."""
    return _installed(catalogue().default("embedding").name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first: those that load a language model come last."""
    items.sort(key=lambda item: item.get_closest_marker("model") is not None)


# -- no network -------------------------------------------------------------------------------

_network_allowed = False


@pytest.fixture(autouse=True)
def _network(request: pytest.FixtureRequest) -> Iterator[None]:
    global _network_allowed
    _network_allowed = request.node.get_closest_marker("network") is not None
    yield
    _network_allowed = False


def _refuse(target: object) -> None:
    # Failed is no Exception, so code that copes with a broken line cannot swallow it
    pytest.fail(f"a test tried to reach {target!r}; mark it `network` if it has to", pytrace=True)


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_number(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    """See every connection and name look-up that Python itself makes, in whatever library."""
    if _network_allowed or not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]  # a text or bytes for a Unix socket, None where already connected
        if isinstance(address, tuple) and not _is_here(address[0]):
            _refuse(address)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
        if not (_is_here(host) or _is_number(host)):
            _refuse(host)


sys.addaudithook(_guard)
