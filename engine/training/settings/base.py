"""What all groups of training settings share."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

MOST_CHARACTERS = 100_000
MOST_ENTRIES = 1000
"""Of a text, or of a list as a whole: a field would take seconds to show more."""


class Settings(BaseModel):
    """A group of settings. Values are checked in the order they are declared in, so that a check
    may look at what stands before it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def showable(value: Any) -> Any:
    """``value``, unless neither a field nor a path can hold it. Raises PydanticCustomError, as
    pydantic refuses values of another kind.
    """
    if not isinstance(value, (str, list, tuple)):
        return value
    parts = (value,) if isinstance(value, str) else value
    if len(parts) > MOST_ENTRIES:
        raise _refused("too_many_entries", most=MOST_ENTRIES)
    texts = [part for part in parts if isinstance(part, str)]
    if sum(map(len, texts)) > MOST_CHARACTERS:
        raise _refused("too_many_characters", most=MOST_CHARACTERS)
    if any("\0" in text for text in texts):
        raise _refused("zero_byte")
    return value


def _refused(kind: str, **facts: int) -> PydanticCustomError:
    """A mistake that has its sentence where those of pydantic have theirs."""
    return PydanticCustomError(kind, kind, facts)  # type: ignore[arg-type]
