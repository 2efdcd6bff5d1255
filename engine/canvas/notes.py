"""What is different after a document went through a file format, in sentences for its user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_MOST_NAMED = 3


class Note(NamedTuple):
    """A sentence: an English template and the names of the layers it is about."""

    key: str
    names: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """What fills the template: its facts, and ``names`` of the first few layers."""
        more = len(self.names) - _MOST_NAMED
        named = ", ".join(self.names[:_MOST_NAMED]) + (f" (+{more})" if more > 0 else "")
        return {**dict(self.facts), "names": named}

    def __str__(self) -> str:
        return self.key.format_map(self.values)


@dataclass
class Notes:
    """Gathers what is to be said: each sentence once, with all layers it is about."""

    _found: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = field(default_factory=dict)

    def add(self, key: str, name: str = "", **facts: str) -> None:
        """Say ``key``, of the layer ``name`` where it is about one."""
        names = self._found.setdefault((key, tuple(facts.items())), [])
        if name and name not in names:
            names.append(name)

    def told(self) -> Sequence[Note]:
        """All of it, in the order in which it was found."""
        return tuple(Note(key, tuple(names), facts) for (key, facts), names in self._found.items())
