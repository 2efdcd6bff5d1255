"""What all groups of training settings share."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from engine.runtime.refusals import SettingError


class Settings(BaseModel):
    """A group of settings. Values are checked in the order they are declared in, so that a check
    may look at what stands before it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @field_validator("*")
    @classmethod
    def _without_zero_bytes(cls, value: Any) -> Any:
        """Neither paths nor prompts can hold one, and what reads them would stumble over it."""
        texts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise SettingError("It holds a zero byte, which no text or path can hold.")
        return value
