"""The arguments of kohya's scripts, with where each came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.training.kohya.report import Line
from engine.training.reasons import Reason


@dataclass(frozen=True)
class Said:
    """One argument as the scripts get it: its ``value``, and the ``key`` and value (``given``) in
    the file that it comes from. ``why`` tells why the two values differ. ``present`` is False when
    the file is silent and kohya fills in. Items of ``network_args`` are arguments of their own.
    """

    name: str
    value: Any
    key: str
    given: Any
    why: Reason | None = None
    present: bool = True


class Arguments:
    """Arguments by name; a later one of the same name wins, and the report says so."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}
        self.lines: list[Line] = []

    def __contains__(self, name: str) -> bool:
        return name in self._said

    def __iter__(self) -> Iterator[Said]:
        return iter(list(self._said.values()))

    def say(self, said: Said) -> None:
        """Take ``said``, in place of an earlier one of its name."""
        earlier = self._said.get(said.name)
        if earlier is not None and earlier.key != said.key:
            self.idle(earlier, Reason("{key} says otherwise and wins.", key=said.key))
        self._said[said.name] = said

    def value(self, name: str, default: Any = None) -> Any:
        """The value of an argument, ``default`` when it is not given."""
        return self._said[name].value if name in self._said else default

    def named(self, name: str) -> Said:
        """An argument that is given. KeyError when it is not."""
        return self._said[name]

    def pop(self, name: str) -> Said | None:
        """Take an argument out."""
        return self._said.pop(name, None)

    def leave(self, key: str, given: Any, why: Reason, *, present: bool = True) -> None:
        """Note that ``key`` changes nothing, and why."""
        if present:
            self.lines.append(Line(key, given, "no effect", why=why))

    def idle(self, said: Said, why: Reason) -> None:
        """Take ``said`` out, because it changes nothing."""
        self._said.pop(said.name, None)
        self.leave(said.key, said.given, why, present=said.present)
