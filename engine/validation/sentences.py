"""Sentences about evidence: an English template, which is also its translation key, and facts.

The window translates the template and fills it; the command line and reports print ``str()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLACES = 2
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Sentence:
    """An English template and the facts that fill it."""

    template: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map(self.facts)


def as_shown(value: float) -> float:
    """``value`` to the two places it is read with. It is judged so too: what is read as 0.78 is not
    above a limit that is read as 0.78.
    """
    return round(value, PLACES) + 0.0  # no negative zero


def decimal(value: float, places: int = PLACES) -> str:
    """``value`` in digits, with a true minus sign, and never as minus zero."""
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", MINUS)


def shown(**facts: Any) -> dict[str, str]:
    """Facts as they are read: numbers with a fraction to two places, all else as it stands."""
    return {
        key: decimal(value) if isinstance(value, float) else str(value)
        for key, value in facts.items()
    }
