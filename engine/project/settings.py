"""What the application remembers about its user, in one JSON file in the per-user data folder."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.runtime.files import write_json

log = logging.getLogger(__name__)


def data_dir() -> Path:
    """The per-user data folder; ``STYLEKILN_HOME`` overrides the system's usual place."""
    chosen = os.environ.get("STYLEKILN_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "Stylekiln"


class Settings(BaseModel):
    """All settings. Values that cannot be read fall back to their defaults, one by one.

    ``language`` empty follows the system; ``torch_threads`` 0 lets the engine choose;
    ``window_geometry`` is Qt's own, base64.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    language: Literal["", "en", "zh_CN"] = ""
    theme: Literal["dark", "light"] = "dark"
    recent_projects: tuple[str, ...] = ()
    model_folders: tuple[str, ...] = ()
    torch_threads: int = Field(0, ge=0, le=256)
    window_geometry: str = ""
    workspace: str = "start"
    tile_size: int = Field(150, ge=96, le=320)

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """The stored settings; defaults for what is missing or damaged. Never raises."""
        path = path or settings_path()
        try:
            values = json.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read, defaults are used: %s", path, error)
            return cls()
        return cls._of(values if isinstance(values, dict) else {})

    @classmethod
    def _of(cls, values: dict[str, Any]) -> Settings:
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            bad = {str(problem["loc"][0]) for problem in error.errors()}
            log.warning("settings ignored: %s", ", ".join(sorted(bad)))
            return cls.model_validate({k: v for k, v in values.items() if k not in bad})

    def save(self, path: Path | None = None) -> None:
        """Write the settings atomically. Raises StorageError."""
        write_json(path or settings_path(), self.model_dump(mode="json"))


def settings_path() -> Path:
    """Where the settings are stored."""
    return data_dir() / "settings.json"
