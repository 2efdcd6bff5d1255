"""What differs between the settings of two runs, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.i18n import tr
from app.i18n.format import number, scientific
from app.widgets.choice_names import choice_text
from engine.runtime.schema import Setting, settings_of
from engine.training.config import TrainRequest

OF_ONE_RUN = frozenset({"project", "output_name", "output_dir", "resume"})
"""What tells runs apart and is no difference between them."""
NOTHING = "–"


@dataclass(frozen=True)
class Difference:
    """A setting, and what it is in the earlier run and in the later one."""

    name: str
    before: Any
    now: Any

    @property
    def label(self) -> str:
        """What the setting is called."""
        return label_of(self.name)

    @property
    def words(self) -> tuple[str, str]:
        """Both values as people read them."""
        return value_words(self.name, self.before), value_words(self.name, self.now)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """The settings with another value in ``now``, in the order of the form."""
    return [
        Difference(name, before[name], now[name])
        for name in settings_by_name()
        if name not in OF_ONE_RUN
        and name in before
        and name in now
        and _plain(before[name]) != _plain(now[name])
    ]


def label_of(name: str) -> str:
    """What the setting is called, in the language of the moment."""
    return tr(settings_by_name()[name].label)


def value_words(name: str, value: Any) -> str:
    """The value of a setting as people read it: on, 5e-5, 1,600, the name of a file."""
    item = settings_by_name()[name]
    if item.kind == "bool":
        return tr("on") if value else tr("off")
    if value in ("", None) or value == () or value == []:
        return NOTHING
    if item.kind == "choice":
        return tr(choice_text(str(value)))
    if item.kind == "list":
        return _list_words(value)
    if isinstance(value, float):
        return scientific(value)
    if isinstance(value, int):
        return str(value) if name == "seed" else number(value)  # nobody counts with a seed
    return size_words(value) if name == "resolution" else _text_words(str(value))


def size_words(resolution: str) -> str:
    """A size as people write it: 1024 × 768 for ``1024,768``."""
    return " × ".join(side.strip() for side in str(resolution).split(","))


def _list_words(values: Any) -> str:
    if len(values) == 1:
        return _text_words(str(values[0]))
    return tr("{n} entry", "{n} entries", n=len(values))


def _text_words(text: str) -> str:
    """A path by its name; the rest of it would not fit."""
    return Path(text).name if Path(text).is_absolute() else text


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def settings_by_name() -> Mapping[str, Setting]:
    """The settings of a run, in the order of the form."""
    return {item.name: item for item in settings_of(TrainRequest)}
