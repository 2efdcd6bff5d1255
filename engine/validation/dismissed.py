"""Red flags that somebody looked at and set aside, with the reason, kept with the project.

A dismissed flag is not forgotten: reports show it struck through, and it can be taken back. It
changes neither a measure nor the pick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.project import links
from engine.runtime.errors import BadInputError
from engine.runtime.files import write_json
from engine.runtime.parsing import load_kept
from engine.validation.overfit_rules import Flag
from engine.validation.sentences import Sentence

NAME = "validation-dismissed.json"
LONGEST = 500
"""Letters of a reason."""


@dataclass(frozen=True)
class Dismissal:
    """One flag set aside: its kind, checkpoint and weight, why, and when (Unix time)."""

    kind: str
    checkpoint: str
    weight: float
    reason: str
    when: float = 0.0

    def is_of(self, flag: Flag) -> bool:
        """Whether ``flag`` is the one."""
        return (self.kind, self.checkpoint, self.weight) == (
            flag.kind,
            flag.checkpoint,
            flag.weight,
        )


def dismissal_of(flag: Flag, dismissed: Sequence[Dismissal]) -> Dismissal | None:
    """Why ``flag`` was set aside, or None."""
    return next((one for one in dismissed if one.is_of(flag)), None)


def load(project: Path) -> tuple[tuple[Dismissal, ...], Sentence | None]:
    """Those of the project in the folder ``project``, and what is wrong with its file."""
    try:
        kept = load_kept(project / NAME)
        if kept is None:
            return (), None
        rows = links.absolute(kept["dismissed"], project)
        return tuple(_read(row) for row in rows), None
    except (BadInputError, ValueError, TypeError, LookupError):
        words = "{name} cannot be used, so no flag counts as dismissed."
        return (), Sentence(words, {"name": NAME})


def save(project: Path, dismissed: Sequence[Dismissal]) -> None:
    """Keep them with the project, atomically. Raises StorageError."""
    rows = links.portable([asdict(one) for one in dismissed], project)
    write_json(project / NAME, {"format_version": 1, "dismissed": rows})


def _read(row: dict[str, object]) -> Dismissal:
    return Dismissal(
        kind=str(row["kind"]),
        checkpoint=str(row["checkpoint"]),
        weight=float(str(row["weight"])),
        reason=str(row["reason"])[:LONGEST],
        when=float(str(row.get("when", 0.0))),
    )
