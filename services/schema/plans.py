"""Plan tokens: an operation, the catalog it was checked against and a time, signed, so that what was shown is what is applied."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from services.kit.clock import Clock
from services.schema.errors import PlanInvalid

LIFETIME = timedelta(minutes=15)
_AUDIENCE = "rowhouse-plan"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a token holds: the operation's request, as it came, and the catalog's version. `expired` ones are good for a new plan only."""

    operation: bytes
    version: str
    expired: bool


class Plans:
    """Signs and reads plan tokens; the key is derived from the service's secret, which all replicas share."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._key = hmac.digest(secret.encode(), b"rowhouse plan token, version 1", hashlib.sha256)
        self._clock = clock

    def token(self, tenant: str, operation: bytes, version: str) -> str:
        """A token for `operation` in this tenant, good for 15 minutes while the catalog stays as it is."""
        claims: dict[str, Any] = {
            "aud": _AUDIENCE,
            "sub": tenant,
            "exp": self.expires().timestamp(),
            "operation": operation.decode(),
            "version": version,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def expires(self) -> datetime:
        """When a token made now expires."""
        return self._clock.now() + LIFETIME

    def read(self, tenant: str, token: str) -> Promise:
        """What the token holds. Raises PlanInvalid for one that is not ours, or another tenant's."""
        try:
            # Expiry is judged by our clock, below.
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "operation", "version"], "verify_exp": False},
            )
        except jwt.PyJWTError as error:
            raise PlanInvalid from error
        if claims["sub"] != tenant:
            raise PlanInvalid
        expired = self._clock.now().timestamp() >= claims["exp"]
        return Promise(claims["operation"].encode(), claims["version"], expired)
