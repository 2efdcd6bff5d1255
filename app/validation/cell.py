"""What a grid on the page is made of: its axes, its cells, and the checkpoints it compares."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.i18n import tr

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class GridAxes:
    """The values along each axis, in the order they are shown."""

    checkpoints: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A finished or failed cell. ``copying`` is the similarity to training picture ``nearest``."""

    path: str = ""
    cached: bool = False
    problem: str = ""
    copying: float | None = None
    nearest: str = ""

    @property
    def id(self) -> str:
        """What its recipe is called; its file is named by it. Empty for a failed cell."""
        return os.path.splitext(os.path.basename(self.path))[0]  # asked of thousands at once


@dataclass(frozen=True, eq=False)
class Drawing:
    """A cell that is being drawn: a rough picture, uint8 ``[h, w, 3]``, and how far it is."""

    array: np.ndarray
    share: float


@dataclass(frozen=True)
class Checkpoint:
    """A LoRA file that can be compared. Epoch 0 means that the file does not tell."""

    path: str
    name: str
    epoch: int = 0
    loss: float | None = None
    held_out: float | None = None

    @property
    def title(self) -> str:
        """What rows are called."""
        return tr("Epoch {epoch}", epoch=self.epoch) if self.epoch else self.name
