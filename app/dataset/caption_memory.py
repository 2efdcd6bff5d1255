"""What the captioning sheet remembers on this computer: folders, mirror, settings per captioner."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.project.settings import data_dir
from engine.runtime.files import write_json

log = logging.getLogger(__name__)


@dataclass
class CaptionMemory:
    """``values`` are the settings of each captioner by its folder."""

    captioner: str = ""
    endpoint: str = ""
    folders: list[str] = field(default_factory=list)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> CaptionMemory:
        """What was stored; defaults for what is missing or damaged. Never raises."""
        made = cls()
        try:
            stored = json.loads(_path().read_text("utf-8"))
        except FileNotFoundError:
            return made
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be read, defaults are used: %s", _path(), error)
            return made
        for name, usual in asdict(made).items():
            value = stored.get(name) if isinstance(stored, dict) else None
            if isinstance(value, type(usual)):
                setattr(made, name, value)
        made.folders = [folder for folder in made.folders if isinstance(folder, str)]
        made.values = {k: v for k, v in made.values.items() if isinstance(v, dict)}
        return made

    def save(self) -> None:
        """Store it. Raises StorageError."""
        write_json(_path(), asdict(self))


def _path() -> Path:
    return data_dir() / "captioning.json"
