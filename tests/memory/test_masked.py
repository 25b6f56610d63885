"""Secrets do not stay in what is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.memory.masked import MASK, masked

SHAPED = [
    "sk-proj-abcDEF123456789",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "github_pat_11AAAAAAA0abcdefghij",
    "xoxb-123456789012-abcdefGHIJ",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
    "9e107d9d372bb6826bd81d3542a419d6",
    "DE89 3704 0044 0532 0130 00",
    "GB82WEST12345698765432",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "Bearer abc.def-ghi_jkl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SHAPED)
def test_what_looks_like_a_key_is_masked_where_it_stands(secret: str) -> None:
    text = masked(f"Ask the service with {secret} for the weather")
    assert secret not in text
    assert text.startswith("Ask the service with ")
    assert text.endswith(" for the weather")


def test_a_password_in_an_address_is_masked() -> None:
    text = masked("Get https://anna:hunter2@example.org/list and count it")
    assert text == f"Get https://{MASK}@example.org/list and count it"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Write the password swordfish to wifi.txt", MASK),
        ("Use swordfish as the password", MASK),
        ("Read todo.txt. The PIN is 4711; keep it. Thanks", f"Read todo.txt. {MASK}"),
        ("Read a.md. Set API_KEY=swordfish in .env", f"Read a.md. {MASK}"),
        ("my_password: swordfish", MASK),
        ("The access token is\nswordfish", MASK),
    ],
)
def test_from_the_sentence_on_that_names_a_secret_nothing_is_left(text: str, kept: str) -> None:
    assert masked(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Which region sold the most in sales-2024-final-version.csv?",
        "How many days are there between 2026-05-03 and 2026-07-01?",
        "Opinions on the compass and the spinach: list them",
        "Read https://example.org/a/b.html?page=3 and tell me the price of 12,500 kg",
    ],
)
def test_ordinary_goals_stay_as_they_are(text: str) -> None:
    assert masked(text) == text


WORDS = st.text(st.characters(categories=("L", "N", "P", "Z")), max_size=60)


@given(WORDS, WORDS, st.sampled_from(["password", "PIN", "passphrase", "API key", "secret"]))
def test_whatever_stands_beside_the_name_of_a_secret(before: str, after: str, name: str) -> None:
    text = masked(f"Xy. {before} {name} {after}")
    assert name not in text
    assert after.strip() not in text or after.strip() in f"Xy. {before} {MASK}"


@given(st.text(max_size=300))
def test_it_masks_any_text_and_nothing_twice(text: str) -> None:
    once = masked(text)
    assert masked(once) == once
