"""The focus ring: one 2 px line, 1 px off the control, for whatever the keyboard has reached.

Style sheets cannot draw outside a widget and a style written in Python would sit on every paint,
so the ring is one transparent widget that lies over the focused one. Text fields draw their own.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

_OWN_RING = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit, QAbstractItemView)
_MARGIN = 3  # 1 px of air and 2 px of ring
_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Hide, QEvent.Type.Show)


class FocusRing(QWidget):
    """Lies over the focused control of one window; takes no input."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def surround(self, widget: QWidget) -> None:
        """Put the ring round ``widget``, or inside it when its property ``ring`` is ``inset``."""
        inset = widget.property("ring") == "inset"
        margin = 0 if inset else _MARGIN
        corner = widget.mapTo(self.window(), QPoint(0, 0))
        self.setGeometry(
            corner.x() - margin,
            corner.y() - margin,
            widget.width() + 2 * margin,
            widget.height() + 2 * margin,
        )
        self.setVisible(not widget.visibleRegion().isEmpty())
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        from app.theme.style import color

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("acc"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)


class _Watcher(QObject):
    """Moves the ring with the focus, and with the focused widget."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._watched: QWidget | None = None
        self._ring: FocusRing | None = None
        app.focusChanged.connect(self._focus_changed)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        self._leave()
        # Controls take focus by Tab only, so that a click leaves no ring behind.
        if new is None or isinstance(new, _OWN_RING) or new.isWindow():
            return
        if new.focusPolicy() != Qt.FocusPolicy.TabFocus or new.property("ring") == "own":
            return
        self._watched = new
        new.installEventFilter(self)
        self._ring = self._ring_of(new.window())
        self._ring.surround(new)

    def _ring_of(self, window: QWidget) -> FocusRing:
        option = Qt.FindChildOption.FindDirectChildrenOnly
        return window.findChild(FocusRing, options=option) or FocusRing(window)

    def _leave(self) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
        self._watched = self._ring = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED and self._ring is not None and self._watched is not None:
            self._ring.surround(self._watched)
        return False


def from_keyboard(reason: Qt.FocusReason) -> bool:
    """Whether focus came by the keyboard, for widgets that paint their own ring."""
    return reason in _KEYBOARD


def install(app: QApplication) -> None:
    """Show the ring in every window of ``app``."""
    _Watcher(app)
