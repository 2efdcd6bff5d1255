"""One setting in Advanced: a dot when it was changed, the label, its control, reset, and words."""

from __future__ import annotations

import html
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QMenu, QToolButton, QToolTip, QWidget

from app.i18n import bind, tr
from app.theme import color, icons, metrics
from app.training.setting_search import choice_words, holds_any, lifted
from app.widgets.buttons import Button, button, tool_button
from app.widgets.fields import Check, Choice
from app.widgets.panel import IconLabel
from app.widgets.path_field import PathField
from app.widgets.schema_controls import Control, read, write
from app.widgets.text import label, restyle, set_tone
from engine.runtime.schema import Setting

_RESET = 22
_DOT = 4
BREAK = "\u200b"
"""Where a long name of kohya may go on in the next line: without it, a row widens the column."""


class SettingRow(QWidget):
    """What is not always needed is made when it is first shown: there are many rows.

    The signals carry the name of the setting. ``entered``: the keyboard came to the control.
    """

    edited = Signal(str)
    entered = Signal(str)
    reset_asked = Signal(str)
    remedy_asked = Signal(str)
    help_asked = Signal(str)

    def __init__(self, item: Setting, control: Control) -> None:
        super().__init__()
        self.item, self.control = item, control
        self.is_changed = False
        self._words: tuple[str, ...] = ()
        self._idle, self._error, self._told = "", "", False
        self._shown: Any = None
        self._hint: QLabel | None = None
        self._alarm: IconLabel | None = None
        self.reset: QToolButton | None = None
        self.remedy: Button | None = None
        self.label = label(tone="label", wrap=True)
        self._text = bind(self._set_label, item.label)
        bind(control.setAccessibleName, item.label)
        self._lay_out()
        control.installEventFilter(self)
        control.changed.connect(lambda _: self._edited())

    def _lay_out(self) -> None:
        self.label.setFixedWidth(metrics.LABEL)
        self.label.setMinimumHeight(metrics.ROW_FIELD)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(metrics.PAD, 0, metrics.PAD - 4, metrics.GAP_FIELDS)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(2)
        grid.setColumnMinimumWidth(1, metrics.GAP)
        grid.setColumnStretch(2, 1)
        grid.setColumnMinimumWidth(3, _RESET + 4)
        grid.setRowMinimumHeight(0, metrics.ROW_FIELD)
        grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.control, 0, 2, Qt.AlignmentFlag.AlignVCenter)

    # What it shows

    @property
    def value(self) -> Any:
        """What the control holds, in the type of the setting."""
        return read(self.item, self.control)

    @property
    def error(self) -> str:
        """The sentence under the field, empty while the value is right."""
        return self._error

    @property
    def hint(self) -> str:
        """The text under the field as it is read."""
        shown = self._hint is not None and not self._hint.isHidden()
        return self._hint.text().replace(BREAK, "") if self._hint is not None and shown else ""

    def show_value(self, value: Any) -> None:
        """Show ``value`` without telling anyone."""
        if value != self._shown:
            self._shown = value
            write(self.control, value)

    def set_changed(self, changed: bool) -> None:
        """Mark that the setting differs from what a new run starts with, and offer to reset it."""
        if changed == self.is_changed:
            return
        self.is_changed = changed
        if changed and self.reset is None:
            self.reset = tool_button("rotate-ccw", "Back to the start value", self._reset,
                                     dense=True)  # fmt: skip
            # The keyboard resets from the context menu: a second stop at every row is no help.
            self.reset.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            self._grid.addWidget(self.reset, 0, 3, right)
        if self.reset is not None:
            self.reset.setVisible(changed)
        self.update()

    def set_idle(self, why: str) -> None:
        """Disable the control and say why the setting changes nothing; empty enables it."""
        if why == self._idle:
            return
        self._idle = why
        self.control.setEnabled(not why)
        self.label.setEnabled(not why)
        self._say()

    def set_error(self, text: str) -> None:
        """Say what is wrong with the value, in the language of the moment."""
        if text == self._error:
            return
        self._error = text
        restyle(self.control, "state", "error" if text else "")
        self.control.update()
        self._place_alarm()
        self._say()

    def set_remedy(self, title: str) -> None:
        """Offer what mends the value at one click, under what is wrong; an empty title does not."""
        if self.remedy is None:
            if not title:
                return
            self.remedy = button(title, on=lambda: self.remedy_asked.emit(self.item.name))
            self.remedy.setProperty("dense", True)
            self._grid.addWidget(self.remedy, 2, 2, 1, 2, Qt.AlignmentFlag.AlignLeft)
        self.remedy.setVisible(bool(title))

    def set_told(self, told: bool) -> None:
        """Show help and kohya's name under the field."""
        self._told = told
        self._say()

    def mark(self, words: tuple[str, ...]) -> None:
        """Lift what a search has found, in the label or else in the words under the field."""
        if words == self._words:
            return
        self._words = words
        self._text.apply()
        self._say()

    def retranslate(self) -> None:
        """Say everything in the language of the moment."""
        self._text.apply()
        self._say()

    def _set_label(self, text: str) -> None:
        found = tuple(word for word in self._words if holds_any(text, (word,)))
        rich = Qt.TextFormat.RichText if found else Qt.TextFormat.PlainText
        self.label.setTextFormat(rich)
        self.label.setText(lifted(text, found, bright=True) if found else text)

    def _say(self) -> None:
        lines = [f"<span>{html.escape(self._error)}</span>"] if self._error else self._lines()
        if self._hint is None:
            if not lines:
                return
            self._hint = label(size=11, wrap=True)
            self._hint.setTextFormat(Qt.TextFormat.RichText)
            self._grid.addWidget(self._hint, 1, 2, 1, 2)
        set_tone(self._hint, "error" if self._error else "quiet")
        self._hint.setText("<br>".join(lines))
        self._hint.setVisible(bool(lines))

    def _lines(self) -> list[str]:
        lines = [html.escape(self._idle)] if self._idle else []
        text, kohya = tr(self.item.help), self.item.kohya
        in_label = holds_any(self.label.text(), self._words) if self._words else False
        if self._told or (not in_label and holds_any(text, self._words)):
            lines.append(lifted(text, self._words, bright=True))
        if kohya and (self._told or (not in_label and holds_any(kohya, self._words))):
            name = lifted(kohya, self._words, bright=True).replace("_", f"_{BREAK}")
            lines.append(f"kohya&nbsp;&nbsp;{name}")
        if self._words and not in_label and not lines:
            chosen = [one for one in choice_words(self.item) if holds_any(one, self._words)]
            if chosen:
                lines.append(lifted(", ".join(chosen), self._words, bright=True))
        return lines

    # What is done with it

    def _edited(self) -> None:
        self._shown = self.value
        self.edited.emit(self.item.name)

    def _reset(self) -> None:
        self.reset_asked.emit(self.item.name)

    def menu(self) -> QMenu:
        """What can be done with the setting; a text field brings its own entries too."""
        control = self.control
        menu = control.createStandardContextMenu() if isinstance(control, QLineEdit) else QMenu()
        first = menu.actions()[0] if menu.actions() else None
        asked = menu.addAction(icons.icon("circle-question-mark", 16), tr("What does this do?"))
        asked.triggered.connect(lambda *_: self.help_asked.emit(self.item.name))
        back = menu.addAction(icons.icon("rotate-ccw", 16), tr("Back to the start value"))
        back.setEnabled(self.is_changed)
        back.triggered.connect(lambda *_: self._reset())
        if first is not None:
            menu.insertActions(first, [asked, back])
            menu.insertSeparator(first)
        menu.setParent(self, menu.windowFlags())
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_help(event):
            self.help_asked.emit(self.item.name)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ContextMenu and isinstance(event, QContextMenuEvent):
            self.contextMenuEvent(event)
            return True
        if kind == QEvent.Type.ShortcutOverride and _is_help(event):
            event.accept()  # elsewhere this key shows the shortcuts
            return True
        if kind == QEvent.Type.FocusIn:
            self.entered.emit(self.item.name)
        elif kind == QEvent.Type.Resize:
            self._place_alarm()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and not self._told:
            QToolTip.showText(event.globalPos(), self.tip(), self)
            return True
        return super().event(event)

    def tip(self) -> str:
        """Help and kohya's name, for the pointer that rests here."""
        lines = [html.escape(tr(self.item.help))]
        if self.item.kohya:
            lines.append(f'<span style="color: {color("t3").name()}">kohya&nbsp;&nbsp;'
                         f"{self.item.kohya}</span>")  # fmt: skip
        return "<qt>" + "<br>".join(lines) + "</qt>"

    def _place_alarm(self) -> None:
        if self._alarm is None:
            if not self._error or isinstance(self.control, Check):
                return
            self._alarm = IconLabel("circle-alert", 14, "err")
            self._alarm.setParent(self.control)
        side = 40 if isinstance(self.control, Choice | PathField) else 22
        top = (metrics.CONTROL - 14) // 2
        self._alarm.move(QPoint(self.control.width() - side, top))
        self._alarm.setVisible(bool(self._error))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.is_changed:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("t2"))
            top = (metrics.ROW_FIELD - _DOT) / 2
            painter.drawEllipse(QRectF(_DOT, top, _DOT, _DOT))


def _is_help(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F1
