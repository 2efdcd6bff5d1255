"""The film strip under the picture: what the grid shows, the edited ones with a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate

from app.i18n import bind
from app.theme import color, icons
from app.widgets.images import draw_fitted

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionViewItem

    from app.dataset.edit_work import EditWork
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture

Index = QModelIndex | QPersistentModelIndex
height = 96
tile = 72
gap = 6
PictureRole = Qt.ItemDataRole.UserRole + 1


class FilmStrip(QListView):
    """A click opens a picture. Its arrows scroll; the page's keys go on to the next."""

    def __init__(self, work: EditWork, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self.work = work
        self.thumbnails = thumbnails
        self.pictures = _Shown(work)
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
        work.opened.connect(self.follow)
        work.changed.connect(self.viewport().update)
        bind(self.setAccessibleName, "Pictures to edit")

    def follow(self) -> None:
        """Bring the picture under edit into view."""
        row = self.row()
        if row >= 0:
            self.scrollTo(self.pictures.index(row), QAbstractItemView.ScrollHint.PositionAtCenter)
        self.viewport().update()

    def row(self) -> int:
        """Where the picture under edit stands, -1 when it is not shown."""
        found = self.work.picture
        return -1 if found is None else self.pictures.places.get(found.id, -1)

    def neighbor(self, step: int) -> Picture | None:
        """The picture ``step`` places on that can be edited."""
        row = self.row() + step
        while 0 <= row < len(self.pictures.items):
            if not self.pictures.items[row].problem:
                return self.pictures.items[row]
            row += step
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """No rubber band: only clicks."""


class _Shown(QAbstractListModel):
    """The pictures of the grid, in its order."""

    def __init__(self, work: EditWork) -> None:
        super().__init__(work)
        self._state = work.state
        self.items: list[Picture] = []
        self.places: dict[int, int] = {}
        self._state.shown_changed.connect(self._take)
        self._take()

    def _take(self) -> None:
        keys = [picture.id for picture in self._state.shown]
        same = keys == [picture.id for picture in self.items]
        if same:
            self.items = list(self._state.shown)
            self.dataChanged.emit(self.index(0), self.index(max(0, len(keys) - 1)))
            return
        self.beginResetModel()
        self.items = list(self._state.shown)
        self.places = {key: place for place, key in enumerate(keys)}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = 0) -> object:
        picture = self.items[index.row()]
        names = (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        if role in names:
            return picture.path.name
        return picture if role == PictureRole else None


class _Tiles(QStyledItemDelegate):
    def __init__(self, strip: FilmStrip) -> None:
        super().__init__(strip)
        self._strip = strip

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(tile + gap, tile)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        picture: Picture = index.data(PictureRole)
        under = self._strip.work.picture
        current = under is not None and under.id == picture.id
        box = QRectF(option.rect.left(), option.rect.top() + 4, tile, tile)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, color("tile_selected" if current else "tile"))
        found = self._strip.thumbnails.get(str(picture.path), tile * 2)
        if picture.problem:
            icons.paint(painter, "image-off", box.center().x() - 8, box.center().y() - 8)
        elif found is not None:
            draw_fitted(painter, found, box, 0.08)
        steps = self._strip.work.recipe.steps if current else picture.recipe.steps
        if steps:
            painter.setPen(QPen(color("g1"), 1))
            painter.setBrush(color("acc"))
            painter.drawEllipse(QRectF(box.right() - 12, box.top() + 5, 7, 7))
        if current:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(1, 1, -1, -1))
