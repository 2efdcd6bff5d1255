"""One axis of the form: the mark of its side, name, count, and its values as typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr, tr_error
from app.i18n.format import number
from app.theme import color, icons
from app.validation.changed_dot import paint_dot
from app.validation.side_mark import SideMark
from app.widgets.buttons import tool_button
from app.widgets.fields import TextField
from app.widgets.lines import LinesField
from app.widgets.path_field import PlaceField
from app.widgets.text import ElidedLabel, label, restyle
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.validation.axes import AxisError, axis_setting

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from app.validation.setup import GridSetup
    from engine.runtime.errors import StylekilnError

INDENT = 21
_CHOSEN = ("choice", "switch", "model", "lora")
_LISTED = "checkpoint"
CALLED = {_LISTED: "Checkpoint"}
"""What an axis is called here, where all files are those of a run or were chosen for it."""


def words_at_field(error: StylekilnError) -> str:
    """What is wrong, without the name of the axis: it stands over the field."""
    if not isinstance(error, AxisError):
        return tr_error(error)
    facts = error.facts_in(tr)
    return joined(filter(None, (facts["problem"], tr(error.remedy, **facts))))


class AxisBlock(QWidget):
    """``menu_asked`` and ``list_asked`` want the menu of the axis and the list of its values;
    ``dragged`` tells where the head was let go, on the screen.
    """

    menu_asked = Signal(str, QPoint)
    list_asked = Signal(str)
    dragged = Signal(str, QPoint)
    dropped = Signal(str, QPoint)

    def __init__(self, setup: GridSetup, setting: str) -> None:
        super().__init__()
        self._setup, self.setting = setup, setting
        self._known = axis_setting(setting)
        self._pressed: QPoint | None = None
        self._moving = False
        self._aimed = False
        called = CALLED.get(setting, self._known.label)
        self.mark = SideMark(called)
        self.mark.clicked.connect(lambda *_: self._ask_menu())
        self.name = ElidedLabel()
        self._name = bind(self.name.setText, called)
        self.count = label(tone="quiet")
        self.remove = tool_button(
            "x", "Remove this axis", lambda: setup.remove_axis(setting), dense=True
        )
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the menu has it for the keyboard
        self.remove.hide()
        self.field = self._make_field()
        bind(self.field.setAccessibleName, called)
        self.error = label(size=11, tone="error", wrap=True)
        self.changed = False
        self._lay_out()
        if self._known.kind in ("lora", "picture") and setting != _LISTED:
            self.setAcceptDrops(True)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(3)
        for widget in (self.mark, self.name, self.count, self.remove):
            head.addWidget(widget, 1 if widget is self.name else 0)
        body = QVBoxLayout()
        body.setContentsMargins(INDENT, 0, 0, 0)
        body.setSpacing(2)
        body.addWidget(self.field)
        body.addWidget(self.error)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 12, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(body)
        body.setContentsMargins(INDENT + 4, 0, 0, 0)

    def _make_field(self) -> TextField | LinesField:
        if self._known.kind == "text":
            lines = LinesField()
            lines.changed.connect(lambda texts: self._typed("\n".join(texts)))
            return lines
        field = PlaceField() if self._known.kind == "picture" else TextField()
        field.setAcceptDrops(False)  # what is dropped is for the block
        field.changed.connect(self._typed)
        if self._known.kind in _CHOSEN or self._known.kind == "picture":
            icon = "folder-open" if self._known.kind == "picture" else "chevron-down"
            action = field.addAction(
                icons.icon(icon, 14), QLineEdit.ActionPosition.TrailingPosition
            )
            bind(action.setToolTip, "Choose values")
            action.triggered.connect(lambda *_: self.list_asked.emit(self.setting))
        return field

    # Following

    def follow(self, *, changed: bool) -> None:
        """Show the axis as it is; ``changed`` marks that it differs from the plan."""
        draft = self._setup.axes.get(self.setting)
        if draft is None:
            return
        if isinstance(self.field, LinesField):
            self.field.set_value(draft.text.splitlines())
        elif self.field.text().strip() != draft.text.strip():
            self.field.set_value(draft.text)
            self.field.setCursorPosition(0)  # where a long list begins
        self.mark.show_side(self._setup.axes.side_of(self.setting))
        problem = self._setup.problem_at(self.setting)
        self.count.setText("" if draft.error is not None else number(len(draft.values)))
        if changed != self.changed:
            self.changed = changed
            self.update()
        self._say(draft.text, problem)

    def _say(self, text: str, problem: StylekilnError | None) -> None:
        wrong = problem is not None and bool(text.strip())
        words = words_at_field(problem) if wrong and problem is not None else ""
        if problem is not None and not wrong:
            words = tr(self._known.help)
        restyle(self.error, "tone", "error" if wrong else "quiet")
        self.error.setText(words)
        self.error.setVisible(bool(words))
        restyle(self.field, "state", "error" if wrong else "")

    def _typed(self, text: str) -> None:
        self._setup.type(self.setting, text)

    def _ask_menu(self) -> None:
        self.menu_asked.emit(self.setting, self.mark.mapToGlobal(QPoint(0, self.mark.height() + 2)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the axis."""
        self.menu_asked.emit(self.setting, event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Offer to remove it, in the place of the count."""
        self.count.hide()
        self.remove.show()

    def leaveEvent(self, event: QEvent) -> None:
        """No longer."""
        self.remove.hide()
        self.count.show()

    # Dragging the head

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A drag may begin."""
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < 24:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show where the axis would go."""
        if self._pressed is None:
            return
        way = (event.position().toPoint() - self._pressed).manhattanLength()
        if self._moving or way >= QApplication.startDragDistance():
            self._moving = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(self.setting, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        if self._moving:
            self.unsetCursor()
            self.dropped.emit(self.setting, event.globalPosition().toPoint())
        self._pressed, self._moving = None, False

    def set_aimed(self, aimed: bool) -> None:
        """Show that what is dragged would go here."""
        if aimed != self._aimed:
            self._aimed = aimed
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Where a drag would end, and the dot of an axis that differs from the plan."""
        painter = QPainter(self)
        if self._aimed:
            painter.fillRect(self.rect(), color("acc_wash"))
        if self.changed:
            paint_dot(painter, 3, 9)

    # Dropping files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files of the kind that the axis varies."""
        if self._files(event.mimeData()):
            event.acceptProposedAction()
            self.set_aimed(True)

    def dragLeaveEvent(self, event: object) -> None:
        """They went elsewhere."""
        self.set_aimed(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Compare what was dropped: folders stand for their pictures."""
        self.set_aimed(False)
        event.acceptProposedAction()
        self.take_files(self._files(event.mimeData()))

    def take_files(self, paths: list[str]) -> None:
        """Compare these files, pictures in the place of those that were named."""
        draft = self._setup.axes.get(self.setting)
        before = [] if self._known.kind == "picture" or draft is None else list(draft.values)
        self._setup.put(self.setting, list(dict.fromkeys([*before, *paths])))

    def _files(self, data: QMimeData) -> list[str]:
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if self._known.kind == "lora":
            return [path for path in paths if path.endswith(".safetensors")]
        return [path for path in paths if Path(path).suffix.lower() in {"", *PICTURE_SUFFIXES}]
