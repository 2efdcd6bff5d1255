"""The steps of the document as rows, the newest on top, and its snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QWidget

from app.canvas.document_line import moment
from app.i18n import tr
from app.theme import color, fonts, icons, metrics
from app.widgets.images import checker, image_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionViewItem

    from app.canvas.document_state import DocumentState
    from engine.canvas.history import Step
    from engine.canvas.snapshots import Snapshot

Index = QModelIndex | QPersistentModelIndex
StepRole = Qt.ItemDataRole.UserRole + 1
SNAPSHOT_ROW = 40
NONE = QModelIndex()
# By the name of the step; all others are about layers.
STEP_ICONS = {
    "Brush stroke": "brush",
    "Erase": "eraser",
    "Fill": "paint-bucket",
    "Gradient": "blend",
    "Line": "slash",
    "Rectangle": "square",
    "Ellipse": "circle",
    "Filled shape": "pentagon",
    "Clear": "eraser",
    "Select": "square-dashed",
    "Move layer": "move",
    "Reorder layers": "move",
    "Accept candidate": "check",
    "Paint in candidate": "brush",
    "Take out candidate": "eraser",
    "Soften the joins": "blend",
    "Match color": "palette",
    "Accept collage": "check",
    "Fill from surroundings": "scan-search",
    "Layer opacity": "sliders-horizontal",
    "Blend mode": "blend",
    "Show or hide layer": "eye",
    "Lock or unlock layer": "lock",
    "Lock transparency": "lock",
    "Rename layer": "pencil",
    "Remove layer": "trash-2",
    "Duplicate layer": "copy",
    "Add layer": "plus",
    "Group layers": "group",
    "Ungroup layers": "ungroup",
    "Clip to layer below": "corner-left-down",
    "Add mask": "square-round-corner",
    "Remove mask": "square-round-corner",
    "Mask on or off": "square-round-corner",
    "Apply mask": "square-round-corner",
    "Invert mask": "contrast",
    "Fill mask": "paint-bucket",
    "Go to snapshot": "camera",
    "Crop canvas": "crop",
    "Edited in another program": "external-link",
    "Guides": "ruler",
    "Transform": "scaling",
    "Clone": "stamp",
    "Smudge": "droplet",
    "Push": "wind",
    "Image size": "scaling",
    "Levels": "chart-line",
    "Curves": "chart-line",
    "Hue and saturation": "palette",
    "Brightness and contrast": "contrast",
    "Blur": "droplet",
    "Sharpen": "focus",
    "Paste": "clipboard-paste",
}


class StepModel(QAbstractListModel):
    """Row 0 is the newest step, the last row the document as it was opened."""

    def __init__(self, state: DocumentState) -> None:
        super().__init__(state)
        self._steps: list[Step] = []
        self.position = 0

    def read(self, steps: list[Step], position: int) -> None:
        """Show these steps, of which ``position`` are done."""
        if len(steps) == len(self._steps) and all(map(_same, steps, self._steps)):
            before, self.position = self.position, position
            if before != position:
                self.dataChanged.emit(self.index(0), self.index(len(steps)))
            return
        self.beginResetModel()
        self._steps, self.position = steps, position
        self.endResetModel()

    def row_of(self, position: int) -> int:
        """The row of the state after ``position`` steps."""
        return len(self._steps) - position

    def position_of(self, row: int) -> int:
        """After how many steps the state of a row is."""
        return len(self._steps) - row

    def rowCount(self, parent: Index = NONE) -> int:
        """All steps, and the beginning."""
        return 0 if parent.isValid() else len(self._steps) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name of a step."""
        place = self.position_of(index.row())
        step = self._steps[place - 1] if place > 0 else None
        if role == StepRole:
            return step
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return tr(step.what) if step is not None else tr("Opened")
        return None


def _same(one: Step, other: Step) -> bool:
    return one is other


class StepRows(QStyledItemDelegate):
    """Icon, name, and when it was done; what was undone is dimmed."""

    def __init__(self, model: StepModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One row."""
        return QSize(100, metrics.ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One step."""
        step: Step | None = index.data(StepRole)
        place = self._model.position_of(index.row())
        here, undone = place == self._model.position, place > self._model.position
        painter.save()
        _paint_back(painter, option, here)
        inner = option.rect.adjusted(metrics.PAD, 0, -metrics.PAD, 0)
        name = STEP_ICONS.get(step.what, "layers") if step is not None else "folder-open"
        top = inner.top() + (inner.height() - 14) // 2
        icons.paint(painter, name, inner.left(), top, 14, "t4" if undone else "t2")
        right = inner.right()
        when = tr("now") if here else moment(step.at) if step is not None and step.at else ""
        right -= _paint_right(painter, inner, when, "t2" if here else "t4" if undone else "t3")
        painter.setFont(fonts.font(12))
        painter.setPen(color("t4" if undone else "t1" if here else "t2"))
        line = QRect(inner.left() + 24, inner.top(), right - inner.left() - 32, inner.height())
        _paint_elided(painter, line, str(index.data()))
        painter.restore()


class SnapshotModel(QAbstractListModel):
    """One row for each snapshot, the newest on top."""

    def __init__(self, state: DocumentState) -> None:
        super().__init__(state)
        self._state = state
        self._kept: list[Snapshot] = []
        self._pictures: dict[int, QImage] = {}

    def read(self) -> None:
        """Follow the document."""
        document = self._state.document
        kept = list(reversed(document.snapshots)) if document is not None else []
        if len(kept) == len(self._kept) and all(a is b for a, b in zip(kept, self._kept)):  # noqa: B905
            return
        self.beginResetModel()
        self._kept = kept
        self._pictures = {id(one): image_of(one.preview) for one in kept}
        self.endResetModel()

    def snapshot(self, index: Index) -> Snapshot:
        """The snapshot of a row."""
        return self._kept[index.row()]

    def rowCount(self, parent: Index = NONE) -> int:
        """How many there are."""
        return 0 if parent.isValid() else len(self._kept)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name and preview."""
        one = self._kept[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return one.name
        return self._pictures[id(one)] if role == Qt.ItemDataRole.DecorationRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename."""
        document, name = self._state.document, str(value).strip()
        if document is None or not name or role != Qt.ItemDataRole.EditRole:
            return False
        self._state.rename_snapshot(self.snapshot(index), name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Can be chosen and renamed."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable


class SnapshotRows(QStyledItemDelegate):
    """A small picture, the name, and when it was taken."""

    def __init__(self, model: SnapshotModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One row."""
        return QSize(100, SNAPSHOT_ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One snapshot."""
        painter.save()
        _paint_back(painter, option, False)
        inner = option.rect.adjusted(metrics.PAD, 0, -metrics.PAD, 0)
        place = QRect(inner.left(), inner.top() + 4, 44, 32)
        image: QImage = index.data(Qt.ItemDataRole.DecorationRole)
        painter.setBrushOrigin(place.topLeft())
        painter.fillRect(place, checker())
        target = QRect(0, 0, 0, 0)
        target.setSize(image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio))
        target.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(target), image, QRectF(image.rect()))
        taken = moment(self._model.snapshot(index).taken)
        width = _paint_right(painter, inner, taken, "t3")
        painter.setFont(fonts.font(12))
        painter.setPen(color("t1"))
        left = place.right() + 9
        line = QRect(left, inner.top(), inner.right() - width - 8 - left, inner.height())
        _paint_elided(painter, line, str(index.data()))
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Rename in place."""
        return QLineEdit(parent)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Over the name."""
        rect = option.rect
        editor.setGeometry(rect.left() + 58, rect.top() + 7, rect.width() - 70, 26)


def dress(view: QListView) -> None:
    """The look that both lists share."""
    view.setFrameShape(QListView.Shape.NoFrame)
    view.setMouseTracking(True)
    view.setUniformItemSizes(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.viewport().setAutoFillBackground(False)
    view.setProperty("surface", "none")


def _paint_back(painter: QPainter, option: QStyleOptionViewItem, here: bool) -> None:
    hover = bool(option.state & QStyle.StateFlag.State_MouseOver)
    if here or hover:
        painter.fillRect(option.rect, color("acc_wash" if here else "row_hover"))
    by_key = option.state & QStyle.StateFlag.State_KeyboardFocusChange
    if by_key and option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(color("acc"))
        painter.drawRect(option.rect.adjusted(1, 0, -2, -1))


def _paint_right(painter: QPainter, inner: QRect, text: str, tint: str) -> int:
    """Words at the right end; gives how wide they are."""
    painter.setFont(fonts.font(11))
    painter.setPen(color(tint))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(inner, right, text)
    return painter.fontMetrics().horizontalAdvance(text)


def _paint_elided(painter: QPainter, line: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
