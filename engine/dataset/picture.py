"""A picture of the library as everything above sees it, and what an operation changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from engine.dataset.edits import Fill, Recipe
    from engine.dataset.problem import Problem


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture file. Sizes in pixels as displayed; ``modified`` in seconds since 1970.

    ``folder`` is the source folder it was found in, ``category`` the user's or the folder's.
    ``sharpness`` (0-1), ``dhash`` (64 bits) and ``mean_color`` (0xRRGGBB) are None until measured.
    ``problem`` is the sentence why the picture cannot be read, ``caption_problem`` the same for
    its caption file; both are empty when all is well.
    """

    id: int
    path: Path
    folder: str
    name: str
    width: int
    height: int
    bytes: int
    modified: float
    has_alpha: bool
    caption: str
    repeats: int
    category: str
    stars: int
    flag: str
    held_out: bool
    sharpness: float | None
    dhash: int | None
    recipe: Recipe
    problem: Problem
    caption_problem: Problem
    mean_color: int | None = None
    is_reg: bool = False

    @property
    def usable(self) -> bool:
        """Whether training reads this picture."""
        return not self.problem and self.flag != "rejected" and not self.held_out


@dataclass(frozen=True)
class Changes:
    """Ids of what an operation touched. ``skipped`` could not be changed as asked;
    ``missing_folders`` are sources that are not there now (their pictures are kept as they were).
    ``fill`` is what the project's fill is from now on, None where it stays as it is.
    """

    added: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    missing_folders: tuple[str, ...] = ()
    fill: Fill | None = None

    @property
    def ids(self) -> set[int]:
        """Everything that was touched."""
        return {*self.added, *self.changed, *self.removed}

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.fill)
