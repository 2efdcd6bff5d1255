"""One picture over the whole stage, for a quick look: arrows go on, Space and Escape go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dataset.edit_strip import FilmStrip, StripRow, strip_button
from app.dataset.pixels import trained_large, whole_picture
from app.i18n import bind
from app.theme import metrics
from app.widgets.image_view import ImageView
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture


class FullView(QWidget):
    """Shows the current picture as the grid does, from disk or as trained, over the film strip."""

    closed = Signal()
    stepped = Signal(int)

    def __init__(self, state: DatasetState, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self.state = state
        self.picture = ImageView()
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.strip = FilmStrip(state, thumbnails, lambda: state.current)
        self.strip_button = strip_button(state.session)
        self._wanted = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bind(self.setAccessibleName, "Picture in full view")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.picture, 1)
        column.addWidget(StripRow(self.strip, state.session))
        corner = QVBoxLayout(self.picture)
        corner.setContentsMargins(metrics.GAP, metrics.GAP, metrics.GAP, metrics.GAP)
        corner.addWidget(
            self.strip_button, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        )
        self.strip_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.strip.opened.connect(self._go)
        state.selection_changed.connect(self._follow)

    def open(self) -> None:
        """Show the current picture."""
        picture = self.state.current
        if picture is not None:
            self._wanted = picture.id
            self.strip.follow()
            self.state.session.start(self._load(picture))

    def _follow(self) -> None:
        if self.isVisible():
            self.open()

    def _go(self, picture: Picture) -> None:
        self.stepped.emit(self.strip.pictures.places[picture.id] - self.strip.row())

    async def _load(self, picture: Picture) -> None:
        project = self.state.session.project
        try:
            bridge = self.state.session.bridge
            if self.state.baked and project is not None:
                array = await bridge.io(trained_large, picture, project)
            else:
                array = await bridge.io(whole_picture, picture.path)
        except StylekilnError:
            array = None  # the right column says why
        if picture.id == self._wanted:
            self.picture.set_image(array)
            self.picture.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            self.closed.emit()
        elif event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            self.picture.keyPressEvent(event)  # zooms; what it does not know goes on
