"""What all groups of training settings share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A group of settings. Values are checked in the order they are declared in, so that a check
    may look at what stands before it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
