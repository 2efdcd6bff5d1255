"""The state of the Validate workspace: what is compared, the cells as they come in, the choice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.i18n import tr
from app.validation.cell import Cell, Checkpoint, Drawing, GridAxes
from app.validation.cells import Cells, cells_of
from app.validation.labels import checkpoint_title, spoken_words
from app.validation.places import Places
from app.validation.shown import Shown
from app.validation.table import Line, Table
from engine.validation.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.validation.marks import GridMarks
    from engine.sampling.request import ImageRequest
    from engine.validation.manifest import Grid
    from engine.validation.request import GridRequest
    from engine.validation.resolve import Position

_NO_MARKS = Marks()
# From this share of the copy limit on, a cell is marked as coming near to a training picture.
NEAR_COPY = 0.9


class GridState(QObject):
    """Axes, cells, and what is chosen: A to look at, B to compare it with, and the pick."""

    axes_changed = Signal()
    cell_changed = Signal(object)  # Position
    choice_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.axes = GridAxes()
        self.request: GridRequest | None = None
        self.checkpoints: dict[str, Checkpoint] = {}
        self.tags: dict[str, str] = {}
        self.places = Places()
        self.table = Table()
        self.marks: GridMarks | None = None
        self.first: Position | None = None
        self.second: Position | None = None
        self.pick_checkpoint = ""
        self.pick_weight: float | None = None
        self.copy_limit = 0.85
        self.mark_copying = True
        self._cells = Cells()
        self.drawings: dict[Position, Drawing] = {}
        self.shown = Shown(self)
        self.shown.changed.connect(self._lay)

    def use_marks(self, marks: GridMarks) -> None:
        """Know the stars, rejections and pins of the grid shown."""
        self.marks = marks
        marks.changed.connect(self._marked)

    # Filling

    def begin(self, request: GridRequest) -> None:
        """Show an empty grid for ``request``; the cells stay where it goes on in the same folder.

        Those of another grid come in with the plan: a place alone does not tell that a picture is
        of the same recipe.
        """
        same = self.request is not None and _kin(request) == _kin(self.request)
        if not same or self.request is None or request.folder != self.request.folder:
            self._cells = Cells()
        self._show(request, same=same)

    def keep_planned(self, planned: Mapping[tuple[Any, ...], str]) -> None:
        """Forget the cells whose picture is not the one that is ``planned`` for their place."""
        for key in self._cells.drop_others(planned):
            self.cell_changed.emit(key)

    def open(self, grid: Grid, cells: Cells | None = None) -> None:
        """Show a grid that was rendered before, with its ``cells`` where a worker has made them.
        They come at once, not one by one.
        """
        self._cells = cells_of(grid) if cells is None else cells
        self._show(grid.request, same=False)

    def _show(self, request: GridRequest, *, same: bool) -> None:
        """Lay out ``request``; ``same`` pictures keep their marks."""
        self.request, self.places = request, Places(request)
        self.axes = GridAxes(request.checkpoints, request.weights, request.seeds, request.prompts)
        self.shown.follow(self.places.paged)
        self.first = self.second = None
        if self.marks is not None:
            self.marks.follow(Path(request.folder), same=same)
        self.set_pick("", None)
        self._lay()
        self.choice_changed.emit()

    def clear(self) -> None:
        """Show no grid."""
        self.axes, self.request, self.places = GridAxes(), None, Places()
        self._cells = Cells()
        self.first = self.second = None
        if self.marks is not None:
            self.marks.follow(None)
        self.set_pick("", None)
        self._lay()

    def _lay(self) -> None:
        """Lay the cells out anew."""
        self.table = self.shown.table(self.places.axes, self.places.position)
        self.axes_changed.emit()

    def baseline_rows(self) -> list[Line]:
        """The rows of the base model alone; they are never hidden."""
        table = self.table
        return [
            row
            for row in table.rows
            if all(self.is_base(table.key_of(row, column)) for column in table.columns)
        ]

    def _marked(self) -> None:
        if self.shown.only_starred or self.shown.hide_rejected:
            self._lay()
        else:
            self.choice_changed.emit()

    def put(self, key: Position, path: str, *, cached: bool = False, problem: str = "") -> None:
        """A cell has come in."""
        self.drawings.pop(key, None)
        self._cells.put(key, Cell(path, cached, problem))
        self.cell_changed.emit(key)

    def draw(self, key: Position, drawing: Drawing) -> None:
        """A cell is being drawn."""
        self.drawings[key] = drawing
        self.cell_changed.emit(key)

    def end_drawing(self) -> None:
        """Nothing is being drawn any more."""
        keys, self.drawings = list(self.drawings), {}
        for key in keys:
            self.cell_changed.emit(key)

    def set_evidence(self, key: Position, copying: float | None, nearest: str) -> None:
        """How near a cell comes to which training picture."""
        cell = self._cells.at.get(key)
        if cell is not None:
            self._cells.at[key] = replace(cell, copying=copying, nearest=nearest)
            self.cell_changed.emit(key)

    # Reading

    def cell(self, key: Position | None) -> Cell | None:
        """The cell at ``key`` if it has come in."""
        return self._cells.at.get(key) if key is not None else None

    def finished(self) -> Iterable[tuple[Position, Cell]]:
        """The cells of the present axes that have a picture."""
        for key, cell in self._cells.at.items():
            if cell.path and self.places.has(key):
                yield key, cell

    def failed(self) -> Iterable[Position]:
        """The places whose picture could not be drawn."""
        cells = self._cells.at.items()
        return (key for key, cell in cells if cell.problem and self.places.has(key))

    def keys_of(self, path: str) -> list[Position]:
        """The places that show the picture ``path``."""
        return self._cells.places_of(path)

    def repeats_base(self, key: Position) -> bool:
        """Whether ``key`` would show again what the base model's row shows: weight 0 below it."""
        return bool(key.checkpoint) and self.is_base(key) and "" in self.axes.checkpoints

    @property
    def shown_seed(self) -> int | None:
        """The seed that is shown; None shows all in rows."""
        return self.shown.pages.get("seed")

    def title_of(self, checkpoint: str) -> str:
        """What a checkpoint is called."""
        return checkpoint_title(self, checkpoint)

    def is_base(self, key: Position) -> bool:
        """Whether a cell shows the base model in a grid that tests LoRAs."""
        return self.places.tests_lora and not key.uses_lora

    def find(self, **wanted: object) -> Position | None:
        """The place with these values of axes, and those shown of the others."""
        return self.places.find(wanted, self.shown.pages)

    def has_mark(self, kind: str, key: Position) -> bool:
        """Whether the picture at ``key`` was starred, rejected or pinned."""
        cell = self._cells.at.get(key)
        return cell is not None and self.marks is not None and self.marks.has(kind, cell.id)

    @property
    def any_marks(self) -> bool:
        """Whether anything is marked at all."""
        return self.marks is not None and self.marks.now != _NO_MARKS

    def pinned(self) -> list[Position]:
        """The pinned cells, in the order they were pinned; one place of each picture."""
        if self.marks is None or not self.marks.now.pinned:
            return []
        there = map(self._cells.place_called, self.marks.now.pinned)
        return [key for key in there if key is not None]

    def tag_of(self, prompt: str) -> str:
        """Whether the training pictures show what ``prompt`` asks for, in a word."""
        tag = self.tags.get(prompt, "")
        return tr(tag) if tag else ""

    def name_of(self, key: Position) -> str:
        """A cell in words."""
        return spoken_words(self, key)

    def flag_of(self, copying: float) -> str:
        """The color of the flag for a similarity, empty for none."""
        if copying >= self.copy_limit:
            return "flag_err"
        return "flag_warn" if copying >= self.copy_limit * NEAR_COPY else ""

    def image_at(self, key: Position) -> ImageRequest:
        """The whole recipe of a cell."""
        assert self.request is not None
        return self.request.image_at(key)

    # Choosing

    def show_seed(self, seed: int | None) -> None:
        """Show one seed, or all of them in rows."""
        self.shown.turn("seed", seed)

    def show_seeds(self) -> None:
        """Show all seeds in rows, where they turn pages."""
        if "seed" in self.shown.pages:
            self.show_seed(None)

    def turn_to(self, key: Position) -> None:
        """Show the pages on which ``key`` is."""
        for axis, value in zip(self.places.axes, key.place, strict=True):
            if axis in self.places.paged and self.shown.pages.get(axis.name) not in (None, value):
                self.shown.turn(axis.name, value)

    def choose(self, key: Position | None) -> None:
        """Look at a cell (A)."""
        self.first = key
        if self.second == key:
            self.second = None
        self.choice_changed.emit()

    def compare_with(self, key: Position | None) -> None:
        """Compare A with a cell (B); the same cell again takes B away."""
        if self.first is None:
            self.first = key
        else:
            self.second = None if key in (self.second, self.first) else key
        self.choice_changed.emit()

    def hold_first(self) -> None:
        """Make A the cell to compare with (B), so that A can go on to another one; again, B is
        taken away.
        """
        self.second = None if self.second == self.first else self.first
        self.choice_changed.emit()

    @property
    def has_two(self) -> bool:
        """Whether two different cells are chosen."""
        return self.second is not None and self.second != self.first

    def set_pick(self, checkpoint: str, weight: float | None) -> None:
        """What the evidence speaks for."""
        self.pick_checkpoint, self.pick_weight = checkpoint, weight
        self.choice_changed.emit()

    def set_mark_copying(self, mark: bool) -> None:
        """Show or hide the flags of copying."""
        self.mark_copying = mark
        self.choice_changed.emit()


def _kin(request: GridRequest) -> dict[str, object]:
    """What all cells share; grids that agree in it can show each other's cells."""
    names = [axis.setting for axis in request.axes]
    shared = request.image.model_dump(exclude={*names, "count", "batch_size"})
    return shared | {"axes": names, "trigger": request.trigger}
