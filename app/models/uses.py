"""What is told about a model beside its file: its pictures, its run, and where it is used."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.models.approvals import Approval

Where = Literal["run", "grid", "canvas"]


@dataclass(frozen=True)
class Use:
    """A run, grid or canvas that a model was used in; ``count`` is of steps, cells or layers,
    ``when`` in unix seconds.
    """

    kind: Where
    place: str
    name: str
    count: int
    when: float


@dataclass
class Told:
    """Beside the file: its ``pictures``, the ``run`` that made it, its ``uses``, newest first, and
    the ``approval`` of the team.

    Paths are texts; ``run`` is empty when it is from elsewhere.
    """

    pictures: list[str] = field(default_factory=list)
    run: str = ""
    uses: list[Use] = field(default_factory=list)
    approval: Approval | None = None

    @property
    def last(self) -> float:
        """When it was last used; 0 when it never was."""
        return max((use.when for use in self.uses), default=0.0)


def key_of(ref: str | Path) -> str:
    """How a model is named here: a path in one form, or the starter's name."""
    text = str(ref)
    return os.path.normcase(os.path.abspath(text)) if os.sep in text or "/" in text else text
