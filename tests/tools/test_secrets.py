"""Values that look like secrets are masked; other text stays as it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.tools.base import tool
from nomoat.tools.guard.secrets import MASK, masked, masked_all, without_environment
from nomoat.tools.toolbox import Toolbox

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789"
# put together here, so that no scanner of repositories takes them for real ones
SHAPED = [
    "ghp_" + LETTERS[:36],
    "github_pat_" + LETTERS[:30],
    "glpat-" + LETTERS[:20],
    "sk-proj-" + LETTERS[:40],
    "sk_live_" + LETTERS[:24],
    "xoxb-" + "1234567890-" + LETTERS[:24],
    "AKIA" + "ABCDEFGHIJ234567",
    "AIza" + LETTERS[:35],
    "hf_" + LETTERS[:34],
    "npm_" + LETTERS[:36],
    "SG." + LETTERS[:22] + "." + LETTERS[:43],
    "123456789:AA" + LETTERS[:33],
    "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2,
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dBjftJeZ4CVPmB92K27",
]


@pytest.mark.parametrize("secret", SHAPED)
def test_a_key_of_a_known_form_is_masked_where_it_stands(secret: str) -> None:
    assert masked(f"Use {secret} here.") == f"Use {MASK} here."
    assert masked(f'{{"a": "{secret}"}}') == f'{{"a": "{MASK}"}}'


@pytest.mark.parametrize("kind", ["", "RSA ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_masked_also_where_its_end_is_cut_off(kind: str) -> None:
    block = f"-----BEGIN {kind}PRIVATE KEY-----\nMIIEow\nAAAA\n"
    assert masked(f"a {block}-----END {kind}PRIVATE KEY----- b") == f"a {MASK} b"
    assert masked(f"a {block}") == f"a {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter2", f"password={MASK}"),
        ("DB_PASSWORD = 'two words'", f"DB_PASSWORD = '{MASK}'"),
        ('"api_key": "swordfish"', f'"api_key": "{MASK}"'),
        ("token: swordfish, then", f"token: {MASK} then"),
        ("Passphrase: swordfish", f"Passphrase: {MASK}"),
        ("client-secret:swordfish\nnext", f"client-secret:{MASK}\nnext"),
        ("Authorization: Bearer abcdef123456789", f"Authorization: Bearer {MASK}"),
        ("postgres://anna:hunter2@db.example/x", f"postgres://{MASK}@db.example/x"),
        ("The password is hunter2", f"The password is {MASK}"),
        ("https://x.example/?a=1&access_token=swordfish", f"?a=1&access_token={MASK}"),
    ],
)
def test_what_is_called_a_secret_is_masked(text: str, shown: str) -> None:
    assert masked(text).endswith(shown)


@pytest.mark.parametrize(
    "text",
    [
        "60 tokens written, 400 read",
        "max_tokens=2000",
        "The secretary keeps the passwords in a safe.",
        "Write to anna@example.org by 12:30.",
        "https://example.org:8080/a@b",
        "skiing: fun; task-force: sk-8",
        "def check(password: str, token=None) -> bool",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "20261122-071530-0423f · qwen2.5-coder-1.5b",
        "The password is required, the token was not found.",
        "The basic salary is 120,000.",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_values_of_variables_that_name_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WEATHER_API_KEY", "sun/and rain")
    monkeypatch.setenv("GITHUB_TOKEN", "tok-en-5511")
    monkeypatch.setenv("MONKEY_COUNT", "many-many-many")
    monkeypatch.setenv("TINY_TOKEN", "abc")
    monkeypatch.setenv("CA_KEY", str(tmp_path))
    monkeypatch.setenv("SESSION_KEY", "production")
    monkeypatch.setenv("TOKEN_LIMIT", "100000000")
    assert without_environment("a sun/and rain b") == "a [secret WEATHER_API_KEY] b"
    assert without_environment("?q=sun%2Fand%20rain") == "?q=[secret WEATHER_API_KEY]"
    assert masked("tok-en-5511") == "[secret GITHUB_TOKEN]"
    for stays in ("many-many-many", "abc", str(tmp_path), "production", "100000000"):
        assert masked(stays) == stays


def test_data_is_masked_by_its_keys_too() -> None:
    data = {"args": {"db_password": "x", "n": 3, "path": "a.txt"}, "seen": ["pwd=hunter2"]}
    assert masked_all(data) == {
        "args": {"db_password": MASK, "n": 3, "path": "a.txt"},
        "seen": [f"pwd={MASK}"],
    }


def test_what_one_text_calls_a_secret_is_masked_in_the_others() -> None:
    data = {"seen": "password: hunter2canary.", "said": ["It is hunter2canary", "secret=ok ok"]}
    assert masked_all(data) == {
        "seen": f"password: {MASK}",
        "said": [f"It is {MASK}", "secret=ok ok"],
    }


def test_no_observation_holds_a_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """So none reaches the model, the journal or the checkpoints of a run."""
    monkeypatch.setenv("SERVICE_TOKEN", "canary-5511")

    @tool(effects="network")
    def fails() -> str:
        """Fail as clients of services do."""
        raise RuntimeError("401 for https://x.example/?key=canary-5511")

    @tool(effects="none")
    def tells() -> str:
        """Tell."""
        return "the header was canary-5511"

    box = Toolbox([fails, tells])
    assert "canary" not in box.call("fails", {}).text
    assert box.call("tells", {}).text == "the header was [secret SERVICE_TOKEN]"


@given(st.text(max_size=300))
def test_any_text_is_masked_and_nothing_twice(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


@pytest.mark.parametrize("text", ["a.b-" * 20_000, "token" * 20_000, "x_secret: " * 10_000])
def test_long_text_does_not_take_long(text: str) -> None:
    began = time.monotonic()
    masked(text)
    assert time.monotonic() - began < 5.0
