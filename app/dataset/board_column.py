"""One column of the board: a category with its repeats, its fill and its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.board_model import COLUMN, ColumnModel, dragged
from app.dataset.counts import category_name
from app.dataset.fill_panel import Swatch
from app.dataset.transfer_drop import read
from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.color_dialog import choose_color
from app.widgets.entries import NumberField, TextField
from app.widgets.picture_grid import PictureGrid
from app.widgets.states import DropOverlay
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDragMoveEvent,
        QDropEvent,
        QMouseEvent,
    )

    from app.dataset.badges import Badges
    from app.dataset.transfer_intake import Intake
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture
    from engine.imaging.alpha import Fill

WIDTH = 288  # two cards, wide enough for a warning with its number and a count
tile = 96
most_repeats = 1000


class BoardColumn(QWidget):
    """``pictures_dropped`` carries ids that shall come here; ``column_dropped`` the category that
    shall stand before this one. ``name`` is empty for the pictures in no category.
    """

    pictures_dropped = Signal(str, list)
    column_dropped = Signal(str, str)
    renamed = Signal(str, str)
    repeats_chosen = Signal(str, int)
    color_chosen = Signal(str, str)
    menu_asked = Signal(str)

    def __init__(
        self,
        name: str,
        thumbnails: ThumbnailCache,
        badges: Badges,
        outside: Intake | None = None,
    ) -> None:
        super().__init__()
        self.name, self.outside = name, outside
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.setAcceptDrops(True)
        self.model = ColumnModel(badges)
        self.grid = BoardGrid(thumbnails)
        self.grid.setModel(self.model)
        self.grid.set_tile_width(tile)
        self.head = ColumnHead(name)
        self.head.setMinimumHeight(metrics.CONTROL_DENSE)
        self.count = label(tone="quiet")
        self.title = TextField(text=name)
        self.title.hide()
        self.more = tool_button("ellipsis", "More", lambda: self.menu_asked.emit(name), dense=True)
        self.repeats = NumberField(1, most_repeats, 1)
        self.swatch = Swatch()
        self.overlay = DropOverlay(self)
        self._repeats = 1
        self._colors: list[str] = []
        self._build()
        self.head.opened.connect(self.rename)
        self.title.editingFinished.connect(self._renamed)
        self.repeats.editingFinished.connect(self._repeat)
        self.swatch.clicked.connect(self._choose_color)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(metrics.PAD, 4, metrics.GAP, 0)
        top.setSpacing(metrics.GAP)
        top.addWidget(self.head, 1)
        top.addWidget(self.title, 1)
        top.addWidget(self.count)
        top.addWidget(self.more)
        self.settings = QWidget()
        row = QHBoxLayout(self.settings)
        row.setContentsMargins(metrics.PAD, 0, metrics.GAP, 4)
        row.setSpacing(metrics.GAP)
        row.addWidget(label("Repeats", tone="label"))
        self.repeats.setFixedWidth(56)
        row.addWidget(self.repeats)
        row.addStretch(1)
        row.addWidget(label("Fill", tone="label"))
        row.addWidget(self.swatch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.settings)
        column.addWidget(self.grid, 1)
        # Without a name there is nothing to set, but the pictures of all columns stand in line.
        kept = self.settings.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.settings.setSizePolicy(kept)
        for widget in (self.settings, self.more):
            widget.setVisible(bool(self.name))
        bind(self.repeats.setAccessibleName, "Repeats")
        bind(self.title.setAccessibleName, "Name of the category")
        bind(self.grid.setAccessibleName, self.name or "No category")

    def show_pictures(
        self, pictures: list[Picture], repeats: int, fill: Fill, colors: Iterable[str] = ()
    ) -> None:
        """Show the pictures of the category, how often each is learned, and what lies behind.
        ``colors`` are those of other fills, to choose from.
        """
        self.model.set_pictures(pictures)
        self.count.setText(number(len(pictures)))
        self.repeats.set_value(repeats)
        self._repeats = repeats
        self.swatch.set_color(fill.color)
        self._colors = list(colors)

    def rename(self) -> None:
        """Type another name."""
        if self.name:
            self.head.hide()
            self.title.set_value(self.name)
            self.title.show()
            self.title.selectAll()
            self.title.setFocus()

    def _renamed(self) -> None:
        wanted = self.title.value.strip()
        self.title.hide()
        self.head.show()
        if wanted and wanted != self.name:
            self.renamed.emit(self.name, wanted)

    def _repeat(self) -> None:
        value = int(self.repeats.value)
        if value != self._repeats:
            self._repeats = value
            self.repeats_chosen.emit(self.name, value)

    def _choose_color(self) -> None:
        def tell(text: str) -> None:
            self.color_chosen.emit(self.name, text)

        choose_color(self, "Fill color", self.swatch.hex, tell, self._colors)

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        ids = dragged(event.mimeData())
        moved = _category(event.mimeData())
        if ids:
            name = category_name(self.name)
            self.overlay.offer(
                tr(
                    "Move {n} picture to {name}",
                    "Move {n} pictures to {name}",
                    n=len(ids),
                    name=name,
                )
            )
        elif moved and moved != self.name:
            self.overlay.offer(tr("Put {name} here", name=moved))
        elif not self._offer(event):
            return
        event.acceptProposedAction()

    def _offer(self, event: QDropEvent) -> bool:
        """Say what becomes of files from outside; one that describes a dataset is not for here."""
        if self.outside is None or not read(event.mimeData()).all:
            return False
        words = self.outside.offer(event, self.name, self.overlay)
        if words:
            self.overlay.offer(words)
        return bool(words)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._offer(event)  # a key that is pressed on the way changes what will happen
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        ids, moved = dragged(event.mimeData()), _category(event.mimeData())
        event.acceptProposedAction()
        if ids:
            self.pictures_dropped.emit(self.name, ids)
        elif moved:
            self.column_dropped.emit(moved, self.name)
        elif self.outside is not None:
            self.outside.take(event, self.name)


class BoardGrid(PictureGrid):
    """Pictures leave it by drag; the column takes what is dropped."""

    def __init__(self, thumbnails: ThumbnailCache) -> None:
        super().__init__(thumbnails)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)


class ColumnHead(ElidedLabel):
    """The name of a column; it is dragged to another place, and opened by a double click."""

    opened = Signal()

    def __init__(self, name: str) -> None:
        super().__init__(category_name(name), weight=600)
        self.category = name
        if not name:
            bind(self.setText, "No category")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.category and event.buttons() & Qt.MouseButton.LeftButton:
            drag = QDrag(self)
            data = QMimeData()
            data.setData(COLUMN, self.category.encode())
            drag.setMimeData(data)
            drag.exec(Qt.DropAction.MoveAction)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()


def _category(data: QMimeData) -> str:
    return bytes(data.data(COLUMN).data()).decode() if data.hasFormat(COLUMN) else ""
