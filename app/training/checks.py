"""The over-fit check of a run: rows of pictures with their numbers, as the engine tells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.i18n import tr
from app.i18n.format import number
from engine.project import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.training.story import Story

ALARMS = ("copies", "overfit", "variety")
"""The flags that are a reason to stop, the gravest first; a style not learned yet is none."""


@dataclass(frozen=True)
class CheckCell:
    """A picture of the check, and the training picture that it is nearest to."""

    prompt: str
    kind: str
    seed: int
    path: Path
    copying: float | None = None
    nearest: Path | None = None


@dataclass(frozen=True)
class CheckRow:
    """A checkpoint at a weight; the base model has weight 0. The numbers of one that is drawn are
    None. ``trained`` pictures were learned, ``compared`` of them are what it is compared with.
    """

    epoch: int
    step: int
    weight: float
    cells: tuple[CheckCell, ...]
    copying: float | None = None
    diversity: float | None = None
    threshold: float = 0.0
    flags: tuple[str, ...] = ()
    compared: int = 0
    trained: int = 0

    @classmethod
    def read(cls, row: dict[str, Any], run: Path) -> CheckRow:
        """From an event of the run in the folder ``run``, which may have moved since."""
        root = links.root_of(run)
        return cls(
            epoch=int(row["epoch"]),
            step=int(row["step"]),
            weight=float(row["weight"]),
            cells=tuple(_cell(links.absolute(one, root)) for one in row["cells"]),
            copying=float(row["copying"]),
            diversity=None if row["diversity"] is None else float(row["diversity"]),
            threshold=float(row["threshold"]),
            flags=tuple(map(str, row["flags"])),
            compared=int(row["compared"]),
            trained=int(row["trained"]),
        )

    @property
    def place(self) -> tuple[int, float]:
        """What tells it from other rows."""
        return self.step, self.weight

    @property
    def alarm(self) -> str:
        """The gravest flag that is a reason to stop; empty without one."""
        return next((kind for kind in ALARMS if kind in self.flags), "")

    @property
    def worst(self) -> CheckCell | None:
        """The picture that is most like a training picture."""
        known = [cell for cell in self.cells if cell.nearest is not None]
        return max(known, key=lambda cell: cell.copying or 0.0, default=None)


def _cell(row: dict[str, Any]) -> CheckCell:
    return CheckCell(
        prompt=str(row["prompt"]),
        kind=str(row["kind"]),
        seed=int(row["seed"]),
        path=Path(row["path"]),
        copying=float(row["copying"]),
        nearest=Path(row["nearest"]),
    )


def taken(rows: Sequence[CheckRow], found: CheckRow) -> list[CheckRow]:
    """``rows`` with ``found``, in order of the run; it takes the place of an earlier one."""
    return sorted(
        (*(row for row in rows if row.place != found.place), found), key=lambda r: r.place
    )


def with_cell(rows: Sequence[CheckRow], data: dict[str, Any]) -> list[CheckRow]:
    """``rows`` with one picture that was just drawn, in a row that has no numbers yet."""
    cell = CheckCell(str(data["prompt"]), "", int(data["seed"]), Path(data["path"]))
    fresh = CheckRow(int(data["epoch"]), int(data["step"]), float(data["weight"]), ())
    known = next((row for row in rows if row.place == fresh.place), fresh)
    if known.copying is not None:
        return list(rows)
    return taken(rows, CheckRow(known.epoch, known.step, known.weight, (*known.cells, cell)))


def alarm_of(story: Story) -> CheckRow | None:
    """The row at which a run began what is a reason to stop, and has not left off since."""
    found: CheckRow | None = None
    measured = [row for row in story.checks if row.copying is not None and row.step]
    for row in measured:
        if not row.alarm:
            found = None
        elif found is None:
            found = row
    return found


def alarm_words(story: Story, row: CheckRow) -> str:
    """What began at ``row``, in a sentence."""
    place, worst = story.place(row.step, row.epoch), row.worst
    if row.alarm == "variety":
        diversity = number(row.diversity or 0.0, 2)
        return tr("{place} begins to lose variety ({diversity}).", place=place, diversity=diversity)
    likeness = number(worst.copying or 0.0, 2) if worst is not None else ""
    if row.alarm == "copies":
        words = "{place} begins to repeat training pictures ({copying})."
    else:
        words = "{place} is probably over-fitted ({copying})."
    return tr(words, place=place, copying=likeness)


def row_title(story: Story, row: CheckRow) -> str:
    """What a row is called: the base model, or where in the run it is."""
    if not row.step:
        return tr("Base model")
    place = story.place(row.step, row.epoch)
    if len({one.weight for one in story.checks if one.step}) < 2:
        return place
    return tr("{place}, weight {weight}", place=place, weight=f"{row.weight:g}")
