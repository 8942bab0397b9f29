"""Attacks on internal tokens: whatever we did not sign, for whatever reason, is refused."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.kit.rpc import tokens
from services.kit.rpc.identity import Caller

PRIVATE, PUBLIC = tokens.generate_keys()
STRANGER, STRANGER_PUBLIC = tokens.generate_keys()
ADA = Caller(subject="ada", name="Ada", tenant="t1", role="viewer", scopes=frozenset({"schema:read"}))
# Signed when pytest collects, and verified whenever it gets there: long-lived, so that nothing is refused for its age.
DAY = 86400
GENUINE = tokens.Signer(PRIVATE, "k1").sign(ADA, ttl=DAY)
HEADER = {"alg": "EdDSA", "kid": "k1", "typ": tokens.TYPE}


def verify(token: str) -> Caller:
    return tokens.Verifier({"k1": PUBLIC}).verify(token)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "sub": "ada",
        "iat": now,
        "nbf": now,
        "exp": now + DAY,
        "name": "Ada",
        "tenant": "t1",
        "role": "owner",
        "scope": "admin",
        "via": "session",
    }
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forged(header: dict[str, Any], body: Any, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{part(header)}.{part(body)}"
    return f"{signed}.{part(sign(signed.encode()))}"


def by_us(data: bytes) -> bytes:
    key = serialization.load_pem_private_key(PRIVATE.encode(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key.sign(data)


def by_a_stranger(data: bytes) -> bytes:
    key = serialization.load_pem_private_key(STRANGER.encode(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key.sign(data)


def mac(key: bytes) -> Callable[[bytes], bytes]:
    def sign(data: bytes) -> bytes:
        state = hmac.HMAC(key, hashes.SHA256())
        state.update(data)
        return state.finalize()

    return sign


def raw_public() -> bytes:
    key = serialization.load_pem_public_key(PUBLIC.encode())
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def own_jwk() -> dict[str, str]:
    key = serialization.load_pem_public_key(STRANGER_PUBLIC.encode())
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": part(raw)}


NOW = int(time.time())
ALGORITHMS: list[Any] = ["none", "None", "NONE", "nOnE", "", None, 0, [], {}]
AUDIENCES: list[Any] = ["gateway", "", ["other"], 1, {}]
EXPIRIES: list[Any] = ["never", [], {}, ""]
FORGERIES = {
    **{f"alg {alg}": forged({**HEADER, "alg": alg}, claims(), lambda _: b"") for alg in ALGORITHMS},
    "alg none with our signature": forged({**HEADER, "alg": "none"}, claims(), by_us),
    "no alg": forged({"kid": "k1", "typ": tokens.TYPE}, claims(), by_us),
    "HS256 with the public key as PEM": forged({**HEADER, "alg": "HS256"}, claims(), mac(PUBLIC.encode())),
    "HS256 with the public key as PEM, stripped": forged(
        {**HEADER, "alg": "HS256"}, claims(), mac(PUBLIC.strip().encode())
    ),
    "HS256 with the raw public key": forged({**HEADER, "alg": "HS256"}, claims(), mac(raw_public())),
    "HS256 with an empty key": forged({**HEADER, "alg": "HS256"}, claims(), mac(b"\0")),
    "EdDSA by name, a MAC by deed": forged(HEADER, claims(), mac(PUBLIC.encode())),
    "RS256": jwt.encode(
        claims(), rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": "k1", "typ": tokens.TYPE}
    ),
    "ES256": jwt.encode(
        claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "k1", "typ": tokens.TYPE}
    ),
    "a stranger's key under our name": forged(HEADER, claims(), by_a_stranger),
    "a stranger's key under its own name": forged({**HEADER, "kid": "k2"}, claims(), by_a_stranger),
    "no kid": forged({"alg": "EdDSA", "typ": tokens.TYPE}, claims(), by_us),
    **{
        f"kid {kid!r}": forged({**HEADER, "kid": kid}, claims(), by_us)
        for kid in ("", "K1", "k1 ", "../k1", "k1\0", "/dev/null", "' OR 1=1 --", None, 1, ["k1"], {"k1": 1}, True)
    },
    "the key in the header": forged({**HEADER, "jwk": own_jwk()}, claims(), by_a_stranger),
    "the key in the header, our signature": forged({**HEADER, "jwk": own_jwk()}, claims(), by_us),
    **{
        f"header {name}": forged({**HEADER, name: value}, claims(), by_us)
        for name, value in {
            "jku": "https://evil.example/keys",
            "x5u": "https://evil.example/cert",
            "x5c": ["MIIB"],
            "crit": ["exp"],
            "b64": False,
            "zip": "DEF",
            "cty": "JWT",
        }.items()
    },
    **{f"typ {typ!r}": forged({**HEADER, "typ": typ}, claims(), by_us) for typ in ("JWT", "at+jwt", "", None, 1)},
    "no typ": forged({"alg": "EdDSA", "kid": "k1"}, claims(), by_us),
    **{f"aud {aud!r}": forged(HEADER, claims(aud=aud), by_us) for aud in AUDIENCES},
    **{f"iss {iss!r}": forged(HEADER, claims(iss=iss), by_us) for iss in ("evil", "", "ROWHOUSE", 1)},
    "expired": forged(HEADER, claims(exp=NOW - 1), by_us),
    "expired long ago": forged(HEADER, claims(iat=0, nbf=0, exp=1), by_us),
    "not yet": forged(HEADER, claims(nbf=NOW + DAY, exp=NOW + 2 * DAY), by_us),
    "issued in the future": forged(HEADER, claims(iat=NOW + DAY, exp=NOW + 2 * DAY), by_us),
    **{f"exp {exp!r}": forged(HEADER, claims(exp=exp), by_us) for exp in EXPIRIES},
    **{
        f"no {claim}": forged(HEADER, claims(**{claim: None}), by_us)
        for claim in ("exp", "nbf", "iat", "sub", "aud", "iss", "name", "tenant", "role", "scope", "via")
    },
    **{
        f"{claim} {value!r}": forged(HEADER, claims(**{claim: value}), by_us)
        for claim in ("sub", "tenant", "role", "scope", "via")
        for value in (1, ["admin"], {"a": 1}, True)
    },
    "another's claims under our signature": f"{GENUINE.split('.')[0]}.{part(claims())}.{GENUINE.split('.')[2]}",
    "no signature": GENUINE.rsplit(".", 1)[0] + ".",
    "two parts": GENUINE.rsplit(".", 1)[0],
    "four parts": GENUINE + ".x",
    "claims that are a list": forged(HEADER, [claims()], by_us),
    "claims that are text": forged(HEADER, b"not json", by_us),
    "a header that is a list": f"{part([HEADER])}.{GENUINE.split('.', 1)[1]}",
    "encrypted": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
    "JSON serialisation": json.dumps({"payload": part(claims()), "signatures": []}),
    "empty": "",
    "dots": "..",
    "not ASCII": "ä.ö.ü",
    "long": "a" * 100_000,
}


def test_what_we_signed_is_accepted_as_it_was() -> None:
    assert verify(GENUINE) == ADA


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name: str) -> None:
    with pytest.raises(tokens.InternalTokenInvalid) as caught:
        verify(FORGERIES[name])
    assert ("expired" in caught.value.message) == ("expired" in name), "for what is wrong with it"


@given(st.integers(0, len(GENUINE) - 1), st.sampled_from("ABCabc019-_=. \n"))
def test_a_token_with_another_letter_is_refused_or_says_the_same(at: int, letter: str) -> None:
    changed = GENUINE[:at] + letter + GENUINE[at + 1 :]
    try:
        caller = verify(changed)
    except tokens.InternalTokenInvalid:
        return
    assert caller == ADA, "base64 may end in bits that mean nothing"


def test_a_token_that_was_remembered_expires_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = tokens.Verifier({"k1": PUBLIC})
    token = tokens.Signer(PRIVATE, "k1").sign(ADA, ttl=60)
    assert verifier.verify(token) == ADA
    later = datetime.now(UTC) + timedelta(seconds=61)

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(later.timestamp(), tz)

    monkeypatch.setattr(time, "time", later.timestamp)
    monkeypatch.setattr(jwt.api_jwt, "datetime", Later)
    with pytest.raises(tokens.InternalTokenInvalid):
        verifier.verify(token)


@pytest.mark.parametrize("pem", [PUBLIC.replace("BEGIN", "BEGGIN"), "", PRIVATE])
def test_only_a_public_key_verifies(pem: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        tokens.Verifier({"k1": pem})


def test_keys_of_other_kinds_are_refused() -> None:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(TypeError):
        tokens.Signer(private.decode(), "k1")
    with pytest.raises(TypeError):
        tokens.Verifier({"k1": public.decode()})


def test_both_keys_verify_while_one_takes_the_others_place() -> None:
    verifier = tokens.Verifier({"k1": PUBLIC, "k2": STRANGER_PUBLIC})
    assert verifier.verify(GENUINE) == verifier.verify(tokens.Signer(STRANGER, "k2").sign(ADA)) == ADA
