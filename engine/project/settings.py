"""What the application remembers about its user, in one JSON file in the per-user data folder."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Settings:
    """All settings. Values that cannot be read fall back to their defaults, one by one.

    ``language`` empty follows the system; ``torch_threads`` 0 lets the engine choose;
    ``team_library`` is where approved models are copied, empty for a folder among the user's own;
    ``window_geometry`` is Qt's own, base64; ``columns`` holds the widths that were dragged, by
    workspace and side (``dataset.left``); ``dataset_order`` is an order of the dataset's grid and
    its direction, ``up`` or ``down``; ``separation_model`` is the ONNX file that backgrounds
    were last separated with, and ``filmstrip`` whether the editor shows its strip; ``open_groups``
    are the groups of training settings that are open, by their English titles, and ``charts`` what
    is shown in the charts of a run; ``guide`` whether the guided first run offers to go on where it
    stands; ``key_preset`` and ``keys``, by what they do, are the keys that were chosen;
    ``external_editor`` is the program that layers are edited in, empty for the system's own
    choice; ``pen_curve`` (points of 0 to 255) and ``pen_tilts`` what the brush feels of the pen.
    A plain dataclass, because the window reads it before it is painted and pydantic takes
    longer to import than the whole start page to paint.
    """

    language: str = ""
    theme: str = "dark"
    recent_projects: tuple[str, ...] = ()
    model_folders: tuple[str, ...] = ()
    team_library: str = ""
    torch_threads: int = 0
    window_geometry: str = ""
    workspace: str = "start"
    tile_size: int = 150
    dataset_order: str = "name up"
    separation_model: str = ""
    filmstrip: bool = True
    reduce_motion: bool = False
    columns: dict[str, int] = field(default_factory=dict)
    open_groups: tuple[str, ...] = ()
    charts: dict[str, str | bool] = field(default_factory=dict)
    guide: bool = True
    key_preset: str = "photoshop"
    pen_curve: str = ""
    pen_tilts: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    external_editor: str = ""

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """The stored settings; defaults for what is missing or damaged. Never raises."""
        path = path or settings_path()
        try:
            values = json.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be read, defaults are used: %s", path, error)
            if not isinstance(error, OSError):
                with contextlib.suppress(OSError):  # saving would write over it
                    path.replace(path.with_name(f"{path.name}.broken"))
            return cls()
        return cls._of(values if isinstance(values, dict) else {})

    @classmethod
    def _of(cls, values: dict[str, Any]) -> Settings:
        known = {name: values[name] for name in _ACCEPTED if name in values}
        bad = [name for name, value in known.items() if not _ACCEPTED[name](value)]
        if bad:
            log.warning("settings ignored: %s", ", ".join(sorted(bad)))
        # JSON has lists where a setting is a tuple.
        good: dict[str, Any] = {
            n: tuple(v) if isinstance(v, list) else v for n, v in known.items() if n not in bad
        }
        return cls(**good)

    def save(self, path: Path | None = None) -> None:
        """Write the settings atomically. Raises StorageError."""
        write_json(path or settings_path(), asdict(self))


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in choices


def _between(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high  # a bool is not a number here


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _are_widths(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_between(1, 4000), value.values()))


def _are_choices(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str | bool) for one in value.values())


def _are_keys(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


# What a stored value must be; a setting that is not here is neither read nor kept.
_ACCEPTED: dict[str, Callable[[Any], bool]] = {
    "language": _one_of("", "en", "zh_CN"),
    "theme": _one_of("dark", "light", "system"),
    "recent_projects": _are_texts,
    "model_folders": _are_texts,
    "team_library": _is_text,
    "torch_threads": _between(0, 256),
    "window_geometry": _is_text,
    "workspace": _is_text,
    "tile_size": _between(96, 320),
    "dataset_order": _is_text,
    "separation_model": _is_text,
    "filmstrip": lambda value: isinstance(value, bool),
    "reduce_motion": lambda value: isinstance(value, bool),
    "columns": _are_widths,
    "open_groups": _are_texts,
    "charts": _are_choices,
    "guide": lambda value: isinstance(value, bool),
    "key_preset": _is_text,
    "pen_curve": _is_text,
    "pen_tilts": lambda value: isinstance(value, bool),
    "keys": _are_keys,
    "external_editor": _is_text,
}


def library_folder(settings: Settings) -> Path:
    """Where approved models lie: the chosen folder, else one among the user's models."""
    chosen = settings.team_library
    return Path(chosen) if chosen else data_dir() / "models" / "approved"


def settings_path() -> Path:
    """Where the settings are stored."""
    return data_dir() / "settings.json"
