"""What was set by hand for the next run, kept with the project: a window that goes loses nothing.

A file ``next-run.json`` in the project's folder. It is written half a second after the last
change, and what cannot be read of it is left out.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from itertools import chain
from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from app.session import Session
    from engine.runtime.refusals import Refusal
    from engine.runtime.schema import Setting

FILE_NAME = "next-run.json"
PAUSE = 0.5
"""Seconds without a change before it is written."""
_OF_THE_START = ("project", "output_dir", "resume")
"""Settings that only a start or a project decides."""
_LARGEST = 1 << 20
"""Bytes; what is written here is a few thousand."""


@dataclass(frozen=True)
class Kept:
    """``values`` by name of setting; ``missing`` says which base model an import waits for."""

    values: dict[str, Any] = field(default_factory=dict)
    missing: Refusal | None = None


class KeptRun:
    """Writes what is kept beside the window; a project that cannot be written is told once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: tuple[Path, Kept] | None = None
        self._refused: Path | None = None
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, folder: Path, kept: Kept) -> None:
        """Write ``kept`` for the project in ``folder`` when nothing has changed for a moment."""
        import asyncio  # the first painting needs none of it

        if self._waiting is not None and self._waiting[0] != folder:
            self._session.start(self._write(*self._waiting))
        self._waiting = folder, kept
        self._rest()
        self._timer = asyncio.get_event_loop().call_later(PAUSE, self._begin)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _begin(self) -> None:
        self._session.start(self.flush())

    async def flush(self) -> None:
        """Write at once what still waits."""
        self._rest()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            await self._write(*waiting)

    async def _write(self, folder: Path, kept: Kept) -> None:
        from engine.runtime.errors import StorageError

        if folder == self._refused:
            return
        try:
            await self._session.bridge.io(write, folder, kept)
        except StorageError as error:
            self._refused = folder
            self._session.show_error(error)


def write(folder: Path, kept: Kept) -> None:
    """Keep it in the project's ``folder``; nothing to keep removes the file. Raises StorageError.

    A project that is gone meanwhile is not made again.
    """
    from engine.project import links
    from engine.runtime.files import storage_errors, write_json

    path = folder / FILE_NAME
    if not folder.is_dir():
        return
    if not kept.values and kept.missing is None:
        with storage_errors(path):
            path.unlink(missing_ok=True)
        return
    values = {name: value for name, value in kept.values.items() if name not in _OF_THE_START}
    record = {"settings": values, "missing_model": kept.missing and asdict(kept.missing)}
    write_json(path, links.portable(record, folder))


def read(folder: Path) -> Kept:
    """What was kept in ``folder``; of a file that is damaged, or of another version, what fits."""
    import json

    from engine.project import links

    path = folder / FILE_NAME
    try:
        if path.stat().st_size > _LARGEST:
            return Kept()
        record = links.absolute(json.loads(path.read_text("utf-8")), folder)
        found = dict(record["settings"])
        said = record.get("missing_model")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Kept()
    from engine.training.config import TrainRequest

    return Kept(fitting(found, TrainRequest, _OF_THE_START), _refusal(said))


def fitting(
    found: Mapping[str, object], form: type[BaseModel], elsewhere: Collection[str]
) -> dict[str, Any]:
    """Those of ``found`` that a form of ``form`` can show, wrong or not; it has nothing of what is
    set ``elsewhere``.
    """
    from engine.runtime.schema import settings_of

    known = {one.name: one for one in settings_of(form) if one.name not in elsewhere}
    values = {n: _like(known[n], value) for n, value in found.items() if n in known}
    return {n: value for n, value in values.items() if value is not None}


def _like(item: Setting, value: object) -> object:
    """``value`` as the form holds ``item``; None for another kind."""
    if item.kind == "list":
        return _entries(value)
    if item.default is None and item.kind == "text" and isinstance(value, str):
        return value if _can_be_held(value) else None
    if item.kind == "float" and type(value) is int:
        value = _number(value)
    if type(value) is not type(item.default) or (item.choices and value not in item.choices):
        return None
    return value if _can_be_held(value) else None


def _entries(value: object) -> tuple[object, ...] | None:
    return tuple(value) if isinstance(value, list) and all(map(_can_be_held, value)) else None


def _can_be_held(value: object) -> bool:
    """Whether a field can: it is a number that ends, or a text without a zero byte."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) or (isinstance(value, str) and "\0" not in value)


def _number(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _refusal(said: object) -> Refusal | None:
    """Why a base model is waited for; None where ``said`` tells nothing that can be shown."""
    from engine.runtime.refusals import Refusal

    try:
        found = Refusal(**said)  # type: ignore[arg-type]
        facts = found.facts.items()
        texts = (found.setting, found.sentence, found.remedy, *chain.from_iterable(facts))
        plain = all(isinstance(text, str) for text in texts)
        fields = [part for line in (found.sentence, found.remedy) for part in _fields(line)]
    except (TypeError, AttributeError, ValueError):
        return None
    return found if plain and found.sentence and {*fields} <= found.facts.keys() else None


def _fields(template: str) -> list[str]:
    """The facts that ``template`` asks for, with all that stands in their braces."""
    parts = Formatter().parse(template)
    asked = ((name, f"{name}!{how}:{spec}", how or spec) for _, name, spec, how in parts if name)
    return [whole if more else name for name, whole, more in asked]
