"""Where a process's settings come from."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from services.kit import settings


class Settings(settings.Settings):
    model_config = SettingsConfigDict(env_prefix="PAINTER_")

    key: SecretStr
    size: int = 1


def test_secrets_come_from_files_and_the_environment_goes_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "painter_key").write_text("from a file")
    (tmp_path / "painter_size").write_text("2")
    monkeypatch.setenv("PAINTER_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("PAINTER_LISTEN", "unix:/x")
    monkeypatch.setenv("PAINTER_SIZE", "3")
    built = Settings()
    assert built.key.get_secret_value() == "from a file"
    assert built.size == 3
    assert "from a file" not in repr(built)


def test_a_fault_is_named_without_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTER_SIZE", "a password in the wrong place")
    with pytest.raises(ValidationError, match="size") as refused:
        Settings()
    assert "password" not in str(refused.value)


def test_settings_are_never_changed() -> None:
    built = Settings(listen="unix:/x", key=SecretStr("k"))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(built, "size", 2)  # noqa: B010  mypy refuses the plain way
