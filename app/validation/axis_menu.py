"""The list behind "Add axis": every setting that a grid can vary, found by words."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, tr
from app.theme import color, fonts
from app.widgets.text import label
from engine.validation.axes import AxisSetting, axis_settings

WIDTH, ROW, MOST = 340, 44, 8
KINDS = {
    "model": "models",
    "lora": "files",
    "picture": "picture files",
    "int": "numbers",
    "float": "numbers",
    "choice": "choices",
    "switch": "on and off",
    "text": "one a line",
    "replace": "words",
    "size": "sizes",
}
# What the same is called elsewhere.
_ALSO = {
    "checkpoint": "epoch",
    "guidance_scale": "cfg",
    "strength": "denoising",
    "replace": "prompt s/r search",
    "second_replace": "prompt s/r search",
    "init_image": "img2img sketch",
    "model": "checkpoint",
    "schedule": "schedule type scheduler",
    "unet_weight": "apart",
    "text_encoder_weight": "te apart",
}


# The order in which they are wanted; what is new in the schema comes behind.
_ORDER = (
    "checkpoint", "weight", "seed", "sampler", "steps", "guidance_scale", "replace", "trigger",
    "model", "second_checkpoint", "second_weight", "init_image", "strength", "negative_prompt",
    "size", "unet_weight", "text_encoder_weight", "schedule", "clip_skip", "second_replace",
    "emphasis", "width", "height", "mask",
)  # fmt: skip


def matching(words: str, taken: Collection[str]) -> list[AxisSetting]:
    """The settings that are no axis yet and hold every one of ``words`` in name or help; those
    with all of them in the name first.
    """
    wanted = words.casefold().split()
    free = sorted((item for item in axis_settings() if item.name not in taken), key=_rank)
    found = [item for item in free if all(word in _all_words(item) for word in wanted)]
    return sorted(found, key=lambda item: not all(word in _names(item) for word in wanted))


def _rank(item: AxisSetting) -> int:
    return _ORDER.index(item.name) if item.name in _ORDER else len(_ORDER)


def _names(item: AxisSetting) -> str:
    names = (tr(item.label), item.label, item.name, _ALSO.get(item.name, ""))
    return " ".join(names).casefold()


def _all_words(item: AxisSetting) -> str:
    return f"{_names(item)} {tr(item.help)} {tr(KINDS[item.kind])}".casefold()


class AxisMenu(QFrame):
    """Floats; arrows move, Enter adds, Esc closes. ``chosen`` carries the name of the setting."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, taken: Collection[str]) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(WIDTH)
        self._taken = taken
        self.found: list[AxisSetting] = []
        self.field = QLineEdit()
        bind(self.field.setPlaceholderText, "Search what can vary")
        bind(self.field.setAccessibleName, "Search what can vary")
        self.list = QListView()
        self._names = QStringListModel(self)
        self._build_list()
        self._none = label("Nothing has this name.", tone="quiet")
        self._none.setContentsMargins(4, 4, 4, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list)
        column.addWidget(self._none)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self._search("")

    def _build_list(self) -> None:
        view = self.list
        view.setModel(self._names)
        view.setItemDelegate(_Delegate(self))
        view.setFrameShape(QListView.Shape.NoFrame)
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setUniformItemSizes(True)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        view.viewport().setAutoFillBackground(False)
        view.setProperty("surface", "none")
        view.clicked.connect(lambda index: self._choose(index.row()))

    def open_under(self, field: QWidget) -> None:
        """Open under ``field``, or over it where the screen ends."""
        self.adjustSize()
        place = field.mapToGlobal(QPoint(0, field.height() + 2))
        if place.y() + self.height() > field.screen().availableGeometry().bottom():
            place = field.mapToGlobal(QPoint(0, -self.height() - 2))
        self.move(place)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        row = self.list.currentIndex().row()
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.found:
            self._choose(row)
        elif event.key() in moves and self.found:
            self._move_to((row + moves[Qt.Key(event.key())]) % len(self.found))
        else:
            return False
        return True

    def _search(self, words: str) -> None:
        self.found = matching(words, self._taken)
        self._names.setStringList([tr(item.label) for item in self.found])
        self.list.setFixedHeight(min(MOST, len(self.found)) * ROW)
        self.list.setVisible(bool(self.found))
        self._none.setVisible(not self.found)
        if self.found:
            self._move_to(0)
        self.adjustSize()

    def _move_to(self, row: int) -> None:
        self.list.setCurrentIndex(self._names.index(row, 0))

    def _choose(self, row: int) -> None:
        name = self.found[row].name
        self.close()
        self.chosen.emit(name)


class _Delegate(QStyledItemDelegate):
    """Name and kind, and under them the help."""

    def __init__(self, menu: AxisMenu) -> None:
        super().__init__(menu)
        self._menu = menu

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        item = self._menu.found[index.row()]
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, color("acc_wash"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, color("row_hover"))
        inner = rect.adjusted(8, 5, -8, -5)
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        painter.setFont(fonts.font(12, 500))
        painter.setPen(color("t1"))
        painter.drawText(inner, top | Qt.AlignmentFlag.AlignLeft, tr(item.label))
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        painter.drawText(inner, top | Qt.AlignmentFlag.AlignRight, tr(KINDS[item.kind]))
        words = fonts.metrics(11).elidedText(
            tr(item.help), Qt.TextElideMode.ElideRight, inner.width()
        )
        painter.drawText(inner, bottom | Qt.AlignmentFlag.AlignLeft, words)
