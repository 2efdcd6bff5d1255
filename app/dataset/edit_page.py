"""The editor: one picture large with the tool in hand, the film strip, and the edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.edit_adjust import AdjustPanel
from app.dataset.edit_background import BackgroundPanel
from app.dataset.edit_bake import SHAPES, Baking, only
from app.dataset.edit_bar import EditBar
from app.dataset.edit_column import EditColumn
from app.dataset.edit_crop import CropPanel
from app.dataset.edit_fill import FillPanel
from app.dataset.edit_mask import MaskPanel
from app.dataset.edit_strip import FilmStrip, StripRow
from app.dataset.edit_view import EditView
from app.dataset.edit_work import EditWork
from app.i18n import bind
from app.widgets.images import image_of
from app.widgets.text import hairline
from engine.dataset.edits import Recipe, baked_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QImage

    from app.dataset.edit_tool import ToolPanel
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.dataset.picture_model import PictureModel
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture

sharpened = 250
"""Milliseconds of rest after which a large picture is baked at its full size."""


class EditPage(QWidget):
    """``closed`` asks for the grid. Nothing is written to the picture; every way out keeps the
    edits, and Undo takes them back one by one.
    """

    closed = Signal()

    def __init__(
        self,
        state: DatasetState,
        operations: Operations,
        pictures: PictureModel,
        thumbnails: ThumbnailCache,
    ) -> None:
        super().__init__()
        self.state = state
        self.work = EditWork(state, operations)
        self.view = EditView()
        self.bar = EditBar(self.work, self.view)
        self.strip = FilmStrip(pictures, thumbnails, lambda: self.work.picture, self._steps)
        self.panels: dict[str, ToolPanel] = {
            "crop": CropPanel(self.work, self.view),
            "fill": FillPanel(self.work, self.view),
            "adjust": AdjustPanel(self.work, self.view),
            "background": BackgroundPanel(self.work, self.view),
            "mask": MaskPanel(self.work, self.view),
        }
        self.column = EditColumn(self.work, self.panels)
        self.tool = ""
        self._baker = self.work.baker()
        self._shown: tuple[Any, ...] = ()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(sharpened)
        self._rest.timeout.connect(lambda: self._bake(full=True))
        self._build()
        self._connect()
        self.set_tool("crop")

    def _build(self) -> None:
        stage = QVBoxLayout()
        stage.setSpacing(0)
        stage.addWidget(self.bar)
        stage.addWidget(hairline("column"))
        stage.addWidget(self.view, 1)
        stage.addWidget(StripRow(self.strip, self.state.session))
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(stage, 1)
        outer.addWidget(self.column)
        bind(self.view.setAccessibleName, "Picture with its crop")

    def _connect(self) -> None:
        self.bar.back.clicked.connect(lambda *_: self.done())
        self.bar.tool_chosen.connect(self.set_tool)
        self.bar.step_asked.connect(self.step)
        self.bar.modes.changed.connect(lambda _: self._mode_changed())
        self.strip.opened.connect(self.go_to)
        self.column.edits.chosen.connect(self.set_tool)
        self.column.done_asked.connect(self.done)
        self.work.opened.connect(self._opened)
        self.work.changed.connect(self.show_work)
        self.work.changed.connect(self.strip.viewport().update)
        self.state.reloaded.connect(self.show_work)

    async def open(self, picture: Picture) -> None:
        """Show ``picture``. Raises PictureError when it cannot be read."""
        await self.work.open(picture)
        self.view.setFocus()

    def go_to(self, picture: Picture | None) -> None:
        """Edit another picture; what was done to this one is kept."""
        if picture is not None and not picture.problem:
            self.state.session.start(self.work.open(picture))

    def step(self, count: int) -> None:
        """Edit the picture ``count`` places on."""
        self.go_to(self.strip.neighbor(count))

    def set_tool(self, name: str) -> None:
        """Take a tool in hand."""
        self.tool = name
        self.bar.modes.set_value("after")
        for other, panel in self.panels.items():
            if other != name:
                panel.set_active(False)
        self.panels[name].set_active(True)
        self.bar.show_tool(name)
        self.show_work()

    def done(self) -> None:
        """Keep everything and go back."""
        self.work.keep()
        self.closed.emit()

    def undo(self) -> None:
        """Take the last edit back."""
        self.state.session.start(self.work.undo())

    def redo(self) -> None:
        """Make it again."""
        self.state.session.start(self.work.redo())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        if self.tool != "crop":  # there they move the rectangle
            steps |= {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.done()
        elif event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.work.keep()

    # What is on the stage

    def _opened(self) -> None:
        self._shown = ()
        self.view.set_image(None)
        self.strip.follow()
        self.show_work()
        self.view.fit()

    def _steps(self, picture: Picture) -> Sequence[object]:
        """The edits of ``picture``, those not stored yet among them."""
        under = self.work.picture
        same = under is not None and under.id == picture.id
        return (self.work.recipe if same else picture.recipe).steps

    def _mode_changed(self) -> None:
        self._shown = ()
        self.panels[self.tool].set_active(self.bar.modes.value != "before")
        self.show_work()

    def _seen(self) -> Recipe:
        """What the stage shows of the recipe: all but a crop that is being drawn."""
        if self.bar.modes.value == "before":
            return Recipe()
        hidden = self.panels[self.tool].hides
        return Recipe(steps=tuple(s for s in self.work.recipe.steps if s.kind not in hidden))

    def show_work(self) -> None:
        """Bake what is seen, small first; large pictures again at full size after a rest."""
        work = self.work
        if work.picture is None or work.proxy is None or work.source is None:
            return
        seen = (work.picture.id, self.bar.modes.value, self._seen(), work.default_fill)
        if seen == self._shown:
            return
        self._shown = seen
        self._bake()
        if work.proxy.shape != work.source.shape:
            self._rest.start()

    def _bake(self, *, full: bool = False) -> None:
        work, seen = self.work, self._shown
        if work.picture is None or work.proxy is None or work.source is None or not seen:
            return
        recipe = self._seen()
        size = baked_size(work.size, recipe)
        pixels = work.source if full else work.proxy
        factor = pixels.shape[1] / work.size[0]
        mode = self.bar.modes.value

        def take(images: tuple[QImage, QImage | None]) -> None:
            if self._shown[:2] == seen[:2]:
                self.view.set_image(images[0], size)
                self.view.set_before(images[1])

        if mode == "before":
            self._baker.ask(take, _plain, pixels)
            return
        baking = Baking(pixels, factor, recipe, work.default_fill, work.masks)
        bare = Baking(pixels, factor, only(recipe, SHAPES), work.default_fill, work.masks)
        self._baker.ask(take, _both, baking, bare if mode == "split" else None)


def _plain(pixels: Any) -> tuple[QImage, None]:
    return image_of(pixels), None


def _both(baking: Baking, bare: Baking | None) -> tuple[QImage, QImage | None]:
    return baking.image(), bare.unfilled() if bare is not None else None
