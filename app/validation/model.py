"""The state of the Validate workspace: what is compared, the cells as they come in, the choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.i18n import tr
from app.validation.layout import CellKey, GridAxes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.validation.manifest import Grid
    from engine.validation.request import GridRequest

# From this share of the copy limit on, a cell is marked as coming near to a training picture.
NEAR_COPY = 0.9


@dataclass(frozen=True)
class Cell:
    """A finished or failed cell. ``copying`` is the similarity to training picture ``nearest``."""

    path: str = ""
    cached: bool = False
    problem: str = ""
    copying: float | None = None
    nearest: str = ""


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


class GridState(QObject):
    """Axes, cells, and what is chosen: A to look at, B to compare it with, and the pick."""

    axes_changed = Signal()
    cell_changed = Signal(object)  # CellKey
    choice_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.axes = GridAxes()
        self.request: GridRequest | None = None
        self.checkpoints: dict[str, Checkpoint] = {}
        self.tags: dict[str, str] = {}
        self.shown_seed: int | None = None
        self.first: CellKey | None = None
        self.second: CellKey | None = None
        self.pick_checkpoint = ""
        self.pick_weight: float | None = None
        self.copy_limit = 0.85
        self.mark_copying = True
        self._cells: dict[CellKey, Cell] = {}
        self._by_path: dict[str, list[CellKey]] = {}

    # Filling

    def begin(self, request: GridRequest) -> None:
        """Show an empty grid for ``request``; cells that are known already stay."""
        axes = GridAxes(request.checkpoints, request.weights, request.seeds, request.prompts)
        same = self.request is not None and _without_axes(request) == _without_axes(self.request)
        self.request, self.axes = request, axes
        if not same:
            self._cells, self._by_path = {}, {}
        if self.shown_seed not in axes.seeds:
            self.shown_seed = axes.seeds[0] if axes.seeds else None
        self.first = self.second = None
        self.set_pick("", None)
        self.axes_changed.emit()
        self.choice_changed.emit()

    def open(self, grid: Grid) -> None:
        """Show a grid that was rendered before."""
        self._cells, self._by_path, self.request = {}, {}, None
        self.begin(grid.request)
        for cell in grid.cells:
            position = cell.position
            key = CellKey(position.checkpoint, position.weight, position.seed, position.prompt)
            if cell.path is not None or cell.error:
                self.put(key, str(cell.path or ""), cached=True, problem=cell.error)

    def clear(self) -> None:
        """Show no grid."""
        self.axes, self.request = GridAxes(), None
        self._cells, self._by_path = {}, {}
        self.first = self.second = None
        self.set_pick("", None)
        self.axes_changed.emit()

    def put(self, key: CellKey, path: str, *, cached: bool = False, problem: str = "") -> None:
        """A cell has come in."""
        self._cells[key] = Cell(path, cached, problem)
        self._by_path.setdefault(path, []).append(key)
        self.cell_changed.emit(key)

    def set_evidence(self, key: CellKey, copying: float, nearest: str) -> None:
        """How near a cell comes to which training picture."""
        cell = self._cells.get(key)
        if cell is not None:
            self._cells[key] = replace(cell, copying=copying, nearest=nearest)
            self.cell_changed.emit(key)

    # Reading

    def cell(self, key: CellKey | None) -> Cell | None:
        """The cell at ``key`` if it has come in."""
        return self._cells.get(key) if key is not None else None

    def finished(self) -> Iterable[tuple[CellKey, Cell]]:
        """The cells of the present axes that have a picture."""
        axes = self.axes
        for checkpoint in axes.checkpoints:
            for weight in axes.weights:
                for prompt in axes.prompts:
                    for seed in axes.seeds:
                        key = CellKey(checkpoint, weight, seed, prompt)
                        cell = self._cells.get(key)
                        if cell is not None and cell.path:
                            yield key, cell

    def keys_of(self, path: str) -> list[CellKey]:
        """The places that show the picture ``path``."""
        return self._by_path.get(path, [])

    def repeats_base(self, key: CellKey) -> bool:
        """Whether ``key`` would show again what the base model's row shows: weight 0 below it."""
        return bool(key.checkpoint) and key.weight == 0 and "" in self.axes.checkpoints

    def row_label(self, checkpoint: str, seed: int) -> tuple[str, str]:
        """Title and second line of a row."""
        detail = tr("seed {seed}", seed=seed)
        if not checkpoint:
            return tr("Base"), detail
        known = self.checkpoints.get(checkpoint)
        if known is None:
            return Path(checkpoint).stem, detail
        if self.shown_seed is not None and known.held_out is not None:
            detail = tr("held-out {loss}", loss=f"{known.held_out:.4f}")
        elif self.shown_seed is not None and known.loss is not None:
            detail = tr("loss {loss}", loss=f"{known.loss:.4f}")
        return known.title, detail

    def tag_of(self, prompt: str) -> str:
        """Whether the training pictures show what ``prompt`` asks for, in a word."""
        tag = self.tags.get(prompt, "")
        return tr(tag) if tag else ""

    def name_of(self, key: CellKey) -> str:
        """A cell in words."""
        if not key.checkpoint or key.weight == 0:
            return tr("Base model, seed {seed}", seed=key.seed)
        title = self.row_label(key.checkpoint, key.seed)[0]
        return tr(
            "{title}, weight {weight}, seed {seed}",
            title=title,
            weight=f"{key.weight:g}",
            seed=key.seed,
        )

    def flag_of(self, copying: float) -> str:
        """The color of the flag for a similarity, empty for none."""
        if copying >= self.copy_limit:
            return "flag_err"
        return "flag_warn" if copying >= self.copy_limit * NEAR_COPY else ""

    # Choosing

    def show_seed(self, seed: int | None) -> None:
        """Show one seed, or all of them in rows."""
        self.shown_seed = seed
        self.axes_changed.emit()

    def choose(self, key: CellKey | None) -> None:
        """Look at a cell (A)."""
        self.first = key
        if self.second == key:
            self.second = None
        self.choice_changed.emit()

    def compare_with(self, key: CellKey | None) -> None:
        """Compare A with a cell (B); the same cell again takes B away."""
        if self.first is None:
            self.first = key
        else:
            self.second = None if key in (self.second, self.first) else key
        self.choice_changed.emit()

    def set_pick(self, checkpoint: str, weight: float | None) -> None:
        """What the evidence speaks for."""
        self.pick_checkpoint, self.pick_weight = checkpoint, weight
        self.choice_changed.emit()

    def set_mark_copying(self, mark: bool) -> None:
        """Show or hide the flags of copying."""
        self.mark_copying = mark
        self.choice_changed.emit()


def _without_axes(request: GridRequest) -> dict[str, object]:
    """What all cells share; grids that agree in it can show each other's cells."""
    return request.image.model_dump(exclude={"prompt", "seed", "count", "batch_size"})
