"""Tests cannot reach anything but this machine, nor write into the person's real home."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from nomoat.memory.home import home


@pytest.mark.parametrize("address", [("203.0.113.1", 80), ("2001:db8::1", 443)])
def test_a_connection_to_another_machine_fails_the_test(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(pytest.fail.Exception, match="reach"):
        client.connect(address)


def test_a_datagram_to_another_machine_fails_the_test() -> None:
    client = socket.socket(type=socket.SOCK_DGRAM)
    with client, pytest.raises(pytest.fail.Exception, match="reach"):
        client.sendto(b"x", ("203.0.113.1", 53))


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_code_that_copes_with_a_broken_line_cannot_swallow_it() -> None:
    def copes() -> str:
        try:
            urllib.request.urlopen("http://example.org")
        except Exception:  # noqa: BLE001 - the point of the test
            return "swallowed"
        return "reached"

    with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
        copes()


def test_this_machine_can_be_reached() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_the_home_is_not_the_persons(tmp_path: Path) -> None:
    assert home().is_relative_to(Path.home())
    assert Path.home().name.startswith("nomoat-tests-")
    assert os.environ["NOMOAT_HOME"] == str(home())
    assert all(file.is_symlink() for file in home().glob("models/*/*.gguf"))


def test_a_test_can_have_an_empty_home(nomoat_home: Path) -> None:
    assert home() == nomoat_home
    assert not nomoat_home.exists()


def test_no_setting_of_the_person_is_seen() -> None:
    settings = {name for name in os.environ if name.startswith("NOMOAT_")}
    assert settings - {"NOMOAT_UPDATE_GOLDEN", "NOMOAT_ORDERS"} == {"NOMOAT_HOME"}
    assert not {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "EDITOR"} & os.environ.keys()


def test_settings_of_the_person_are_left_out() -> None:
    set_before = {"NOMOAT_MODEL": "x", "NOMOAT_APPROVE": "never", "NO_COLOR": "1", "COLUMNS": "40"}
    name = f"{__file__}::{test_no_setting_of_the_person_is_seen.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name],
        env={**os.environ, **set_before},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
