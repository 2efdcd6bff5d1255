"""One picture over the whole stage: arrows go on, the keys of the grid decide, Esc goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QShowEvent, QTransform
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dataset.edit_strip import FilmStrip, StripRow, strip_button
from app.dataset.full_bar import FullBar
from app.dataset.pixels import trained_large, whole_picture
from app.dataset.stand_in import StandIn
from app.i18n import bind, tr
from app.theme import color, fonts, icons, metrics
from app.widgets.image_view import ImageView
from app.widgets.text import hairline
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPixmap

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.dataset.picture_model import PictureModel
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture


class FullView(QWidget):
    """Shows the current picture as the grid does, from disk or as trained, over the film strip.

    ``key_pressed`` gets the keys that are not its own, to decide about the picture.
    """

    closed = Signal()
    stepped = Signal(int)

    def __init__(
        self,
        state: DatasetState,
        operations: Operations,
        pictures: PictureModel,
        thumbnails: ThumbnailCache,
    ) -> None:
        super().__init__()
        self.state = state
        self.key_pressed: Callable[[QKeyEvent], bool] = lambda event: False
        self.picture = ImageView()
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture.add_overlay(self._paint_flag)
        self.bar = FullBar(state, operations, self.picture)
        self.strip = FilmStrip(pictures, thumbnails, lambda: state.current)
        self.strip_button = strip_button(state.session)
        self._stand_in = StandIn(thumbnails, self._stand, self)
        self._wanted: object = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bind(self.setAccessibleName, "Picture in full view")
        self._build()
        self.bar.back.clicked.connect(lambda *_: self.closed.emit())
        self.strip.opened.connect(self._go)
        state.selection_changed.connect(self._follow)
        state.shown_changed.connect(self._follow)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(hairline("column"))
        column.addWidget(self.picture, 1)
        column.addWidget(StripRow(self.strip, self.state.session))
        corner = QVBoxLayout(self.picture)
        corner.setContentsMargins(metrics.GAP, metrics.GAP, metrics.GAP, metrics.GAP)
        corner.addWidget(
            self.strip_button, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        )
        self.strip_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def middle(self) -> QPoint:
        """The middle of the picture on the screen."""
        return self.picture.mapToGlobal(self.picture.rect().center())

    def _follow(self) -> None:
        if self.isVisible():
            self._show_current()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_current()

    def _show_current(self) -> None:
        picture = self.state.current
        if picture is None:
            return
        self.bar.tell(picture)
        self.picture.update()
        wanted = self._key(picture)
        if wanted == self._wanted:
            return  # it was rated or flagged: what is looked at stays as it is zoomed
        self._wanted = wanted
        self._stand_in.begin(picture)
        self.strip.follow()
        self.state.session.start(self._load(picture, wanted))

    def _key(self, picture: Picture) -> object:
        """What the pixels depend on."""
        project = self.state.session.project
        if not self.state.baked or project is None:
            return (picture.id, picture.modified)
        fill = project.file.fill_of(picture.category)
        return (picture.id, picture.modified, picture.recipe, fill)

    def _go(self, picture: Picture) -> None:
        self.stepped.emit(self.strip.pictures.row_of(picture.id) - self.strip.row())

    def _stand(self, pixmap: QPixmap | None, picture: Picture) -> None:
        """Another picture: its thumbnail at its size until it is decoded, or the bare stage."""
        size = (picture.width, picture.height) if picture.width else None
        self.picture.set_image(pixmap, size if pixmap is not None else None)
        self.picture.fit()

    async def _load(self, picture: Picture, wanted: object) -> None:
        project = self.state.session.project
        try:
            bridge = self.state.session.bridge
            if self.state.baked and project is not None:
                array = await bridge.io(trained_large, picture, project)
            else:
                array = await bridge.io(whole_picture, picture.path)
        except StylekilnError:
            array = None  # the right column says why
        if wanted == self._wanted:
            self._stand_in.end()
            self.picture.set_image(array)

    def _paint_flag(self, painter: QPainter, _: QTransform) -> None:
        """A rejected picture must not look like any other."""
        picture = self.state.current
        flag = picture.flag if picture is not None else ""
        if not flag:
            return
        words = tr("Rejected") if flag == "rejected" else tr("Picked")
        width = fonts.metrics(12, 500).horizontalAdvance(words) + 38
        box = QRectF(self.picture.width() - width - metrics.PAD, metrics.PAD, width, 26)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("flag_err" if flag == "rejected" else "badge"))
        painter.drawRoundedRect(box, 2, 2)
        icon = "x" if flag == "rejected" else "flag"
        icons.paint(painter, icon, box.left() + 9, box.top() + 6, 14, "on_fill")
        painter.setPen(color("on_fill"))
        painter.setFont(fonts.font(12, 500))
        painter.drawText(box.adjusted(28, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            self.closed.emit()
        elif event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Z:
            self.picture.fit()
        elif not self.key_pressed(event):
            self.picture.keyPressEvent(event)  # zooms; what it does not know goes on
