"""Passwords of tenants' logins at rest: AES-256-GCM, bound to where they belong, so that one moved elsewhere does not open."""

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Seal:
    """Seals with one key (32 bytes, base64)."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(base64.b64decode(key))

    def close(self, text: str, binding_id: str, login: str, slot: str) -> bytes:
        """`text`, sealed for one slot of a login of a binding."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), _place(binding_id, login, slot))

    def open(self, sealed: bytes, binding_id: str, login: str, slot: str) -> str:
        """The text again; cryptography's InvalidTag for another place, another key or a changed byte."""
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(binding_id, login, slot)).decode()


def _place(binding_id: str, login: str, slot: str) -> bytes:
    return f"{binding_id}/{login}/{slot}".encode()
