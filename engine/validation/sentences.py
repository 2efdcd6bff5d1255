"""Sentences about evidence: an English template, which is also its translation key, and facts.

The window translates the template and fills it; the command line and reports print ``str()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """An English template and the facts that fill it."""

    template: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map(self.facts)


def shown(**facts: Any) -> dict[str, str]:
    """Facts as they are read: numbers with a fraction to two places, all else as it stands."""
    return {
        key: f"{value:.2f}" if isinstance(value, float) else str(value)
        for key, value in facts.items()
    }
