"""Buttons: primary (one per view), normal, quiet, link, and square icon buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QToolButton,
)

from app.i18n import bind, tr
from app.theme import color, fonts, icons, metrics, mix

Kind = Literal["normal", "primary", "quiet", "link"]


_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Button(QPushButton):
    """A push button with an icon of 14 px and, in quiet text, its shortcut after the words."""

    def __init__(self, kind: Kind, icon: str, shortcut: str) -> None:
        super().__init__()
        self._shortcut = shortcut_text(shortcut)
        self._icon = icon
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        fonts.set_font(self, 12, 400 if kind == "link" else 500)
        self.setIconSize(QSize(14, 14))

    @property
    def icon_name(self) -> str:
        """The name of the icon, empty without one."""
        return self._icon

    def show_shortcut(self, shortcut: str) -> None:
        """Show the key that some other widget acts on; this button does not listen to it."""
        self._shortcut = shortcut_text(shortcut)
        self.updateGeometry()

    def set_icon(self, name: str) -> None:
        """Show another icon; an empty name shows none."""
        self._icon = name
        self.updateGeometry()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _pressed(self, event):
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        option = self._option()
        width = sum(self._widths(self.text())) + 2 * self._side()
        hint = super().sizeHint()
        del option
        return QSize(round(width), hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = self._option()
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        icon, text, key = self._widths(self.text())
        key = key if self.isEnabled() else 0  # a disabled button does not show its key
        left = (self.width() - icon - text - key) / 2
        if self.property("kind") == "link" or self.property("align") == "left":
            left = self._side()
        self._paint_words(painter, left, icon, text)

    def _paint_words(self, painter: QPainter, left: float, icon: float, text: float) -> None:
        tint = self._tint()
        if icon:
            icons.paint(painter, self._icon, left, (self.height() - 14) / 2, 14, tint)
        painter.setPen(color(tint))
        painter.setFont(self.font())
        line = self.rect().adjusted(round(left + icon), 0, 0, 0)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(line, middle, self.text())
        if self._shortcut and self.isEnabled():
            quiet = mix("on_fill", "acc_fill", 0.2) if tint == "on_fill" else color("t3")
            painter.setPen(quiet)
            painter.setFont(fonts.font(11))
            painter.drawText(line.adjusted(round(text) + 8, 0, 0, 0), middle, self._shortcut)

    def _tint(self) -> str:
        kind = self.property("kind")
        if not self.isEnabled():
            return "t4"
        if kind == "primary":
            return "on_fill"
        lit = self.underMouse()
        return {"quiet": "t1" if lit else "t2", "link": "t1" if lit else "acc"}.get(kind, "t1")

    def _side(self) -> int:
        if self.property("kind") == "link":
            return 0
        return 14 if self.property("big") else 8 if self.property("dense") else 10

    def _widths(self, text: str) -> tuple[float, float, float]:
        icon = 20.0 if self._icon and text else 14.0 if self._icon else 0.0
        words = self.fontMetrics().horizontalAdvance(text)
        key = fonts.metrics(11).horizontalAdvance(self._shortcut) + 8 if self._shortcut else 0
        return icon, words, key

    def _option(self) -> QStyleOptionButton:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text, option.icon = "", option.icon.__class__()
        return option


def button(
    text_key: str,
    icon: str | None = None,
    kind: Kind = "normal",
    shortcut: str | None = None,
    on: Callable[[], object] | None = None,
    *,
    big: bool = False,
    dense: bool = False,
) -> Button:
    """A button whose words follow the language. ``big`` is 32 px for the main action."""
    made = Button(kind, icon or "", shortcut or "")
    if big:
        made.setProperty("big", True)
        fonts.set_font(made, 13, 500)
    if dense:
        made.setProperty("dense", True)
    if text_key:
        bind(made.setText, text_key)
    if shortcut:
        made.setShortcut(QKeySequence(shortcut))
    if on is not None:
        made.clicked.connect(lambda *_: on())
    return made


class ToolButton(QToolButton):
    """A tool button that Enter presses too."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _pressed(self, event):
            super().keyPressEvent(event)


def _pressed(pushed: QAbstractButton, event: QKeyEvent) -> bool:
    """Press the button for Enter, which Qt leaves to dialogs; holding the key presses once."""
    if event.key() not in _ENTER:
        return False
    if not event.isAutoRepeat():
        pushed.click()
    return True


def tool_button(
    icon: str,
    tooltip_key: str,
    on: Callable[[], object] | None = None,
    checkable: bool = False,
    *,
    shortcut: str | Callable[[], str] = "",
    dense: bool = False,
    size: int = 16,
) -> QToolButton:
    """A square icon button of 26 px (22 dense) with a tooltip and the same accessible name.

    ``shortcut`` is shown in the tooltip; the action that owns it does the work. One that can change
    is a function.
    """
    made = ToolButton()
    side = metrics.CONTROL_DENSE if dense else metrics.CONTROL
    made.setFixedSize(side, side)
    made.setIconSize(QSize(14 if dense else size, 14 if dense else size))
    made.setIcon(icons.icon(icon, 14 if dense else size))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setCheckable(checkable)
    now = (lambda: shortcut) if isinstance(shortcut, str) else shortcut
    bind(made.setToolTip, "{tip}", tip=lambda: with_shortcut(tr(tooltip_key), now()))
    bind(made.setAccessibleName, tooltip_key)
    if on is not None:
        made.clicked.connect(lambda *_: on())
    return made


def count_button(icon: str) -> QToolButton:
    """A button of a strip that stands for a column: 36x40, icon over a count, one of many."""
    made = ToolButton()
    made.setFixedSize(36, 40)
    made.setIconSize(QSize(16, 16))
    made.setIcon(icons.icon(icon, 16))
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    fonts.set_font(made, 11)
    return made


def with_shortcut(text: str, shortcut: str) -> str:
    """``text`` with its shortcut in the way of this system."""
    return f"{text}  {shortcut_text(shortcut)}" if shortcut else text


def shortcut_text(shortcut: str) -> str:
    """A portable shortcut as people read it: ``Ctrl+K`` is ``Ctrl K``."""
    native = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("+", " ").replace("Return", "Enter")
