"""Internal tokens: EdDSA-signed JWTs that live a minute. Only the service with the private key signs; all others verify."""

import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.kit import errors
from services.kit.rpc.identity import Caller

ISSUER = "rowhouse"
AUDIENCE = "rowhouse"
TYPE = "rowhouse-internal+jwt"
_HEADERS = {"alg", "kid", "typ"}
_TEXTS = ("sub", "name", "tenant", "role", "scope", "via")
_CACHED = 10_000


class InternalTokenInvalid(errors.Unauthenticated):
    """No internal token, or one that we did not sign or that has expired."""

    reason = "INTERNAL_TOKEN_INVALID"

    def __init__(self, why: str) -> None:
        super().__init__(f"The internal token is not valid: {why}.")


def generate_keys() -> tuple[str, str]:
    """A new key pair as PEM: private, public."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def _private_key(pem: str) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("Internal tokens are signed with Ed25519 keys only.")
    return key


def _public_key(pem: str) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("Internal tokens are verified with Ed25519 keys only.")
    return key


class Signer:
    """Signs tokens with one key, named by `kid`."""

    def __init__(self, private_key: str, kid: str) -> None:
        self._key = _private_key(private_key)
        self._kid = kid

    def sign(self, caller: Caller, ttl: int = 60) -> str:
        """A token for `caller` that lives `ttl` seconds."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": caller.subject,
            "iat": now,
            "nbf": now,
            "exp": now + ttl,
            "name": caller.name,
            "tenant": caller.tenant,
            "role": caller.role,
            "scope": " ".join(sorted(caller.scopes)),
            "via": caller.via,
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._kid, "typ": TYPE})


class Verifier:
    """Verifies tokens against the public keys it is given by `kid`, and remembers what it verified until it expires."""

    def __init__(self, public_keys: Mapping[str, str]) -> None:
        self._keys = {kid: _public_key(pem) for kid, pem in public_keys.items()}
        self._seen: dict[str, tuple[float, Caller]] = {}

    def verify(self, token: str) -> Caller:
        """The caller that `token` names. Fails with INTERNAL_TOKEN_INVALID."""
        if (known := self._seen.get(token)) is not None and known[0] > time.time():
            return known[1]
        claims = self._claims(token)
        caller = Caller(
            subject=claims["sub"],
            name=claims["name"],
            tenant=claims["tenant"],
            role=claims["role"],
            scopes=frozenset(claims["scope"].split()),
            via=claims["via"],
        )
        if len(self._seen) >= _CACHED:
            self._seen.clear()
        self._seen[token] = (claims["exp"], caller)
        return caller

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if set(header) - _HEADERS or header.get("typ") != TYPE:
                raise InternalTokenInvalid("its header is not one of ours")
            key = self._keys.get(str(header.get("kid")))
            if key is None:
                raise InternalTokenInvalid("its key is unknown")
            required = ["exp", "nbf", "iat", "aud", "iss", *_TEXTS]
            claims = jwt.decode(
                token, key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER, options={"require": required}
            )
        except jwt.PyJWTError as error:
            raise InternalTokenInvalid(str(error).rstrip(".").lower()) from error
        if not all(isinstance(claims[name], str) for name in _TEXTS):
            raise InternalTokenInvalid("its claims are not text")
        return claims
