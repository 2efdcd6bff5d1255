"""Sentences about settings that are no errors: why a value was changed, or has no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.runtime.errors import fill


@dataclass(frozen=True, init=False)
class Reason:
    """A sentence template, which is a translation key, and the facts that fill it."""

    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __init__(self, sentence: str, **facts: object) -> None:
        object.__setattr__(self, "sentence", sentence)
        object.__setattr__(self, "facts", {name: str(value) for name, value in facts.items()})

    def __str__(self) -> str:
        return fill(self.sentence, self.facts)
