"""The table of models, drawn by a delegate: group lines of 32 px and rows of 44 px."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.i18n import tr
from app.i18n.format import size
from app.models.model import Group, Index, InfoRole, second_line, title_of
from app.theme import color, fonts, icons, metrics
from engine.models.inspect import ModelInfo

KINDS = {"lora": "LoRA", "base": "Base", "unknown": "Unknown"}
# Title key, width, and from which table width on the column is shown: names keep NAME_LEAST.
COLUMNS = (("Family", 110, 480), ("Kind", 110, 590), ("Trigger", 120, 760), ("Size", 90, 0))
NAME_LEFT, NAME_LEAST = 80, 180
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


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
    """The titles of the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(32)

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        name = QRect(NAME_LEFT, 0, name_width(self.width()), self.height())
        painter.drawText(name, _LEFT, tr("Name"))
        for title, left, wide in columns(self.width()):
            side = _RIGHT if title == "Size" else _LEFT
            painter.drawText(QRect(left, 0, wide, self.height()), side, tr(title))
        painter.fillRect(0, self.height() - 1, self.width(), 1, color("line_stage"))


class ModelTable(QListView):
    """One model is chosen; arrows move, group lines are passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        high = 34 if isinstance(index.data(InfoRole), Group) else metrics.ROW_THUMB
        return QSize(0, high)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(InfoRole)
        place: QRect = option.rect  # type: ignore[attr-defined]
        if isinstance(row, Group):
            _paint_group(painter, place, row)
        else:
            _paint_model(painter, place, row, option.state)  # type: ignore[attr-defined]


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


def _paint_model(painter: QPainter, place: QRect, info: ModelInfo, state: QStyle.StateFlag) -> None:
    chosen = bool(state & QStyle.StateFlag.State_Selected)
    if chosen:
        painter.fillRect(place, color("acc_wash"))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(place, color("row_hover"))
    painter.fillRect(place.left(), place.bottom(), place.width(), 1, color("line_stage"))
    tile = QRect(place.left() + 32, place.top() + 4, 36, 36)
    painter.fillRect(tile, color("tile"))
    icon = "triangle-alert" if info.problem else "layers-2" if info.kind == "lora" else "box"
    tint = "err" if info.problem else "t2"
    icons.paint(painter, icon, tile.left() + 10, tile.top() + 10, 16, tint)
    _paint_words(painter, place, info, "t2" if chosen else "t3")


def _paint_words(painter: QPainter, place: QRect, info: ModelInfo, quiet: str) -> None:
    laid = columns(place.width())
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
    second = painter.fontMetrics().elidedText(second_line(info), end, room)
    painter.drawText(QRect(left, place.top() + 22, room, 16), _LEFT, second)
    painter.setFont(fonts.font(12))
    painter.setPen(color("t2"))
    texts = {
        "Family": info.label,
        "Kind": tr(KINDS[info.kind]),
        "Trigger": info.trigger_word,
        "Size": size(info.bytes),
    }
    for title, start, wide in laid:
        side = _RIGHT if title == "Size" else _LEFT
        shown = painter.fontMetrics().elidedText(texts[title], end, wide - 8)
        painter.drawText(
            QRect(place.left() + start, place.top(), wide, place.height()), side, shown
        )
