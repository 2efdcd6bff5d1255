"""The film strip under a large picture: what the grid shows, the edited ones with a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind
from app.theme import color, icons
from app.widgets.buttons import tool_button
from app.widgets.clear import keep_clear
from app.widgets.images import draw_fitted
from app.widgets.text import hairline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QStyleOptionViewItem

    from app.dataset.picture_model import PictureModel
    from app.session import Session
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture
    from engine.project.settings import Settings

Index = QModelIndex | QPersistentModelIndex
height = 96
tile = 72
gap = 6


class FilmStrip(QListView):
    """``opened`` carries the picture that was clicked. ``current`` is the one shown large; its
    edits are ``steps``, which may not be stored yet. The page's keys go on to the next.
    """

    opened = Signal(object)

    def __init__(
        self,
        pictures: PictureModel,
        thumbnails: ThumbnailCache,
        current: Callable[[], Picture | None],
        steps: Callable[[Picture], Sequence[object]] = lambda picture: picture.recipe.steps,
    ) -> None:
        super().__init__()
        self.current, self.steps = current, steps
        self.thumbnails = thumbnails
        self.pictures = pictures
        self.setModel(self.pictures)
        self.setItemDelegate(_Tiles(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setFixedHeight(height)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setViewportMargins(8, 8, 8, 8)
        self.setProperty("surface", "panel")
        thumbnails.ready.connect(lambda _: self.viewport().update())
        self.clicked.connect(lambda index: self.opened.emit(pictures.picture(index)))
        bind(self.setAccessibleName, "Film strip")

    def follow(self) -> None:
        """Bring the current picture into view."""
        row = self.row()
        if row >= 0:
            self.scrollTo(self.pictures.index(row), QAbstractItemView.ScrollHint.PositionAtCenter)
        self.viewport().update()

    def row(self) -> int:
        """Where the current picture stands, -1 when it is not shown."""
        found = self.current()
        return -1 if found is None else self.pictures.row_of(found.id)

    def neighbor(self, step: int) -> Picture | None:
        """The picture ``step`` places on that can be read."""
        row = self.row() + step
        while 0 <= row < self.pictures.rowCount():
            found = self.pictures.picture(self.pictures.index(row))
            if not found.problem:
                return found
            row += step
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """No rubber band: only clicks."""


class StripRow(QWidget):
    """A strip with its line above; seen or not as the user wants it on every page."""

    def __init__(self, strip: FilmStrip, session: Session) -> None:
        super().__init__()
        self.strip = strip
        keep_clear(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("column"))
        column.addWidget(strip)
        session.settings_changed.connect(self._follow)
        self._follow(session.settings)

    def _follow(self, settings: Settings) -> None:
        self.setVisible(settings.filmstrip)
        if settings.filmstrip:
            self.strip.follow()


def strip_button(session: Session) -> QToolButton:
    """Shows or hides the film strips, and remembers it."""
    made = tool_button("images", "Film strip", checkable=True)
    made.setChecked(session.settings.filmstrip)
    session.settings_changed.connect(lambda settings: made.setChecked(settings.filmstrip))
    made.clicked.connect(lambda on: session.change_settings(filmstrip=on))
    return made


class _Tiles(QStyledItemDelegate):
    def __init__(self, strip: FilmStrip) -> None:
        super().__init__(strip)
        self._strip = strip

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(tile + gap, tile)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        picture = self._strip.pictures.picture(index)
        under = self._strip.current()
        current = under is not None and under.id == picture.id
        box = QRectF(option.rect.left(), option.rect.top() + 4, tile, tile)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, color("tile_selected" if current else "tile"))
        found = self._strip.thumbnails.get(str(picture.path), tile * 2)
        if picture.problem:
            icons.paint(painter, "image-off", box.center().x() - 8, box.center().y() - 8)
        elif found is not None:
            draw_fitted(painter, found, box, 0.08)
        if self._strip.steps(picture):
            painter.setPen(QPen(color("g1"), 1))
            painter.setBrush(color("acc"))
            painter.drawEllipse(QRectF(box.right() - 12, box.top() + 5, 7, 7))
        if current:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(1, 1, -1, -1))
