"""Secrets of an installation on one machine: made once, kept in files of mode 0600."""

import base64
import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Keys:
    """One file each, named as the field."""

    postgres_password: str
    auth_password: str
    jobs_password: str
    schema_secret: str
    records_secret: str
    encryption_key: str
    signing_key: str
    verifying_key: str
    sample_password: str

    @classmethod
    def kept_in(cls, folder: Path) -> Self:
        """Those of `folder`, making what is missing."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / "verifying_key").exists():
            private, public = _key_pair()
            write(folder / "signing_key", private)
            write(folder / "verifying_key", public)
        for field in fields(cls):
            if not (folder / field.name).exists():
                write(folder / field.name, _secret(field.name))
        return cls(**{field.name: (folder / field.name).read_text() for field in fields(cls)})


def _secret(name: str) -> str:
    if name == "encryption_key":
        return base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(12 if name == "sample_password" else 32)


def _key_pair() -> tuple[str, str]:
    # Imported here: once in an installation's life.
    from services.kit.rpc.tokens import generate_keys

    return generate_keys()


def write(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    part = path.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
