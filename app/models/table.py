"""The table of models, drawn by a delegate: group lines of 34 px and rows of 44 px."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import day, size
from app.models.approval_panel import approved_words
from app.models.model import Group, Index, InfoRole, ModelList, Order
from app.models.words import family_word, kind_of, second_line, title_of
from app.theme import color, fonts, icons, metrics
from app.theme import signals as theme_signals
from app.widgets.images import draw_fitted
from app.widgets.thumbnails import ThumbnailCache
from engine.models.inspect import ModelInfo

# Title key, width, and from which table width on the column is shown: names keep NAME_LEAST.
COLUMNS = (
    ("Family", 90, 480),
    ("Kind", 100, 590),
    ("Trigger", 130, 780),
    ("Size", 80, 0),
    ("Used", 90, 700),
)
NAME_LEFT, NAME_LEAST = 80, 180
EDGE = 160  # of the thumbnails that the tiles are drawn from
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBERS = ("Size", "Used")
_ADDED = QItemSelectionModel.SelectionFlag.Select


def columns(width: int) -> list[tuple[str, int, int]]:
    """Title, left edge and width of every column that fits beside the name."""
    shown = [(title, wide) for title, wide, least in COLUMNS if width >= least]
    left = width - metrics.PAD - sum(wide for _, wide in shown)
    placed = []
    for title, wide in shown:
        placed.append((title, left, wide))
        left += wide
    return placed


def name_width(width: int) -> int:
    """How much of a table of ``width`` the names have."""
    return columns(width)[0][1] - NAME_LEFT - 8


class TableHead(QWidget):
    """The titles of the columns. A click sorts by one, again turns the order round, and a third
    time gives it up; with the keyboard, arrows and Enter do.
    """

    ordered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.order = Order()
        self._hover = self._at = ""
        self._room: int | None = None
        self.setFixedHeight(32)
        self.setMouseTracking(True)
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme_signals.changed.connect(self.update)
        language_signals.changed.connect(self._translate)
        self._translate()

    def places(self) -> Iterator[tuple[str, QRect]]:
        """Every title, and where it is."""
        room = self.width() if self._room is None else self._room
        yield "Name", QRect(NAME_LEFT, 0, name_width(room), self.height())
        for title, left, wide in columns(room):
            yield title, QRect(left, 0, wide, self.height())

    def take_room(self, width: int) -> None:
        """Be over rows of ``width``, which a scroll bar makes less wide."""
        self._room = width
        self.update()

    def show_order(self, order: Order) -> None:
        """Mark the column that the table is sorted by."""
        self.order = order
        self.update()

    def _translate(self) -> None:
        self.setAccessibleName(tr("Sort by"))
        self.update()

    def _sort(self, column: str) -> None:
        if column != self.order.column:
            wanted = Order(column, down=column in _NUMBERS)
        elif self.order.down == (column in _NUMBERS):
            wanted = Order(column, down=not self.order.down)
        else:
            wanted = Order()
        self.show_order(wanted)
        self.ordered.emit(wanted)

    def _title_at(self, point: QPoint) -> str:
        return next((title for title, place in self.places() if place.contains(point)), "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        title = self._title_at(event.position().toPoint())
        if title and event.button() == Qt.MouseButton.LeftButton:
            self._sort(title)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._title_at(event.position().toPoint())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = ""
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        titles = [title for title, _ in self.places()]
        here = titles.index(self._at) if self._at in titles else 0
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._at = titles[max(0, min(here + step, len(titles) - 1))]
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self._sort(titles[here])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for title, place in self.places():
            self._paint_title(painter, title, place)
        painter.fillRect(0, self.height() - 1, self.width(), 1, color("line_stage"))

    def _paint_title(self, painter: QPainter, title: str, place: QRect) -> None:
        sorts = title == self.order.column
        marked = self.hasFocus() and title == (self._at or "Name")
        painter.setFont(fonts.font(11, 600 if marked else 400))
        painter.setPen(color("t1" if sorts or marked or title == self._hover else "t3"))
        words = tr(title)
        wide = painter.fontMetrics().horizontalAdvance(words)
        right = title in _NUMBERS
        painter.drawText(place, _RIGHT if right else _LEFT, words)
        if sorts:
            left = place.right() - wide - 15 if right else place.left() + wide + 4
            name = "chevron-down" if self.order.down else "chevron-up"
            icons.paint(painter, name, left, (self.height() - 12) / 2, 12, "t1")


class ModelTable(QListView):
    """Models are chosen, one or with Ctrl and Shift several; arrows move, group lines are passed
    over. Rows drag out as their files.
    """

    chosen = Signal()
    room_changed = Signal(int)

    def __init__(self, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self.setItemDelegate(_Delegate(self, thumbnails))
        self._telling = True
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        thumbnails.ready.connect(lambda _: self.viewport().update())
        theme_signals.changed.connect(self.viewport().update)

    def set_list(self, models: ModelList) -> None:
        """Show ``models``; a refill chooses nothing, and tells so."""
        self.setModel(models)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)  # of what is inside the scroll bar
        self.room_changed.emit(event.size().width())

    def _tell(self) -> None:
        if self._telling:
            self.chosen.emit()

    def selected(self) -> list[ModelInfo]:
        """The chosen models, from the top."""
        rows = sorted(self.selectedIndexes(), key=lambda index: index.row())
        infos = [index.data(InfoRole) for index in rows]
        return [info for info in infos if isinstance(info, ModelInfo)]

    def choose_rows(self, rows: list[int]) -> None:
        """Choose the models in ``rows`` and show the first; it is not told as a choice."""
        chosen = self.selectionModel()
        self._telling = False
        chosen.clear()
        for row in reversed(rows):
            chosen.setCurrentIndex(self.model().index(row, 0), _ADDED)
        self._telling = True
        if rows:
            self.scrollTo(self.currentIndex())
        self.viewport().update()


class _Delegate(QStyledItemDelegate):
    def __init__(self, owner: ModelTable, thumbnails: ThumbnailCache) -> None:
        super().__init__(owner)
        self._owner = owner
        self._thumbnails = thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        high = 34 if isinstance(index.data(InfoRole), Group) else metrics.ROW_THUMB
        return QSize(0, high)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(InfoRole)
        place: QRect = option.rect  # type: ignore[attr-defined]
        if isinstance(row, Group):
            _paint_group(painter, place, row)
        else:
            self._paint_model(painter, place, row, option.state)  # type: ignore[attr-defined]

    def _paint_model(
        self, painter: QPainter, place: QRect, info: ModelInfo, state: QStyle.StateFlag
    ) -> None:
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(place, color("acc_wash"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(place, color("row_hover"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, color("line_stage"))
        models = self._owner.model()
        assert isinstance(models, ModelList)
        if info.problem:
            icons.paint(painter, "circle-alert", 12, place.top() + 15, 14, "err")
        elif models.is_unsaved(info):
            icons.paint(painter, "pencil", 12, place.top() + 15, 14, "acc")
        elif models.told(info).approval is not None:
            icons.paint(painter, "badge-check", 12, place.top() + 15, 14, "ok")
        self._paint_tile(painter, QRect(place.left() + 32, place.top() + 4, 36, 36), info)
        told = models.told(info)
        used, quiet = day(told.last) if told.last else "", "t2" if chosen else "t3"
        _paint_words(painter, place, info, used, quiet, approved_words(told.approval))

    def _paint_tile(self, painter: QPainter, tile: QRect, info: ModelInfo) -> None:
        painter.fillRect(tile, color("tile"))
        models = self._owner.model()
        pictures = models.told(info).pictures if isinstance(models, ModelList) else []
        pixmap = self._thumbnails.get(pictures[0], EDGE) if pictures else None
        if pixmap is not None:
            draw_fitted(painter, pixmap, QRectF(tile))
            return
        icon = "layers-2" if info.kind == "lora" else "box"
        icons.paint(painter, icon, tile.left() + 10, tile.top() + 10, 16, "t3")


def _paint_group(painter: QPainter, place: QRect, group: Group) -> None:
    painter.setFont(fonts.font(12, 600))
    painter.setPen(color("t1"))
    title = tr(group.key)
    line = place.adjusted(metrics.PAD, 8, 0, 0)
    painter.drawText(line, _LEFT, title)
    words = painter.fontMetrics().horizontalAdvance(title)
    painter.setFont(fonts.font(12))
    painter.setPen(color("t3"))
    painter.drawText(line.adjusted(words + 6, 0, 0, 0), _LEFT, str(group.count))


def _paint_words(
    painter: QPainter, place: QRect, info: ModelInfo, used: str, quiet: str, approved: str
) -> None:
    room = name_width(place.width())
    left = place.left() + NAME_LEFT
    painter.setFont(fonts.font(12, 500))
    painter.setPen(color("t1"))
    middle = Qt.TextElideMode.ElideMiddle
    name = painter.fontMetrics().elidedText(title_of(info), middle, room)
    painter.drawText(QRect(left, place.top() + 6, room, 16), _LEFT, name)
    painter.setFont(fonts.font(11))
    painter.setPen(color("err" if info.problem and quiet == "t3" else quiet))
    end = Qt.TextElideMode.ElideRight
    # A sentence that says why may go on where the other columns have nothing to say.
    long = place.width() - NAME_LEFT - 100 if info.problem else room
    second = painter.fontMetrics().elidedText(approved or second_line(info), end, long)
    painter.drawText(QRect(left, place.top() + 22, long, 16), _LEFT, second)
    _paint_columns(painter, place, info, used)


def _paint_columns(painter: QPainter, place: QRect, info: ModelInfo, used: str) -> None:
    painter.setFont(fonts.font(12))
    painter.setPen(color("t2"))
    texts = {"Size": size(info.bytes), "Used": used}
    if not info.problem:
        texts |= {"Family": family_word(info), "Kind": kind_of(info), "Trigger": info.trigger_word}
    for title, start, wide in columns(place.width()):
        side = _RIGHT if title in _NUMBERS else _LEFT
        shown = painter.fontMetrics().elidedText(
            texts.get(title, ""), Qt.TextElideMode.ElideRight, wide - 8
        )
        painter.drawText(
            QRect(place.left() + start, place.top(), wide, place.height()), side, shown
        )
