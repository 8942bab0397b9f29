"""Addresses, networks and slugs: what is the same, and what is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth import limits, slugs, texts
from services.auth.errors import EmailInvalid, SlugInvalid


@pytest.mark.parametrize(
    "email", ["a@b", "ada@example.org", "Ada.King+x@sub.example.org", "ü@exämple.org", "a'b@c.d", '"x"@y.z']
)
def test_an_address_is_kept_as_it_was_given(email: str) -> None:
    assert texts.email(f"  {email} ") == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b c",
        "a@b..c",
        "a@.b",
        "a@b.",
        "a@b@c",
        "a\n@b",
        "a@b\0",
        "a\u2028@b",
        "x" * 65 + "@b",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(EmailInvalid):
        texts.email(email)


@given(st.text())
def test_any_text_has_a_key_that_is_its_own(text: str) -> None:
    key = texts.email_key(text)
    assert "\0" not in key
    assert texts.email_key(key) == texts.email_key(f"  {text}\n") == key or len(key) > 200


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("192.0.2.1, 10.0.0.1", "unknown"),
        ("\0", "unknown"),
    ],
)
def test_a_client_is_limited_by_its_network(address: str, network: str) -> None:
    assert limits.network(address) == network


@pytest.mark.parametrize("slug", ["abc", "a-b", "a" * 40, "a1-2-3", "x--y"])
def test_a_slug_may_be_plain_words(slug: str) -> None:
    assert slugs.checked(slug) == slug


@pytest.mark.parametrize(
    "slug", ["", "ab", "a" * 41, "1ab", "-ab", "ab-", "aB", "a_b", "a.b", "äbc", "a b", "abc\n", "api", "me", "www"]
)
def test_a_slug_is_never_what_a_path_or_host_might_trip_over(slug: str) -> None:
    with pytest.raises(SlugInvalid):
        slugs.checked(slug)


@given(st.text())
def test_a_suggestion_is_always_a_slug(text: str) -> None:
    suggestion = slugs.suggestion(text)
    assert slugs.checked(suggestion) == suggestion
    assert re.search(r"-\d{4}$", suggestion)
