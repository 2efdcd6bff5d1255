"""The focus ring: one 2 px line, 1 px off the control, for whatever the keyboard has reached.

It shows after Tab, Backtab or a shortcut, never after a click or when the window moves the focus.

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

_FIELDS = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)
_OWN_RING = (*_FIELDS, QAbstractItemView)
_NAME = "focus"
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

    def surround(self, widget: QWidget, inset: bool = False) -> None:
        """Put the ring round ``widget``, or inside it when its property ``ring`` is ``inset``."""
        inset = inset or widget.property("ring") == "inset"
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
    """Moves the ring with the focus, and with the focused widget and all that holds it."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._watched: list[QWidget] = []
        self._ring: FocusRing | None = None
        self._inset = False
        # The widget that had the ring when the window was left.
        self._left: QWidget | None = None
        app.focusChanged.connect(self._focus_changed)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        ringed = self._watched[0] if self._watched else None
        self._leave()
        if new is None:
            self._left = ringed
            return
        back = old is None and new is self._left
        self._left = None
        if (_came_by_keyboard(new.window()) or back) and _takes_ring(new):
            self._surround(new)

    def surround_inside(self, widget: QWidget) -> None:
        """Put the ring inside a widget that has none of its own, until it is clicked or left."""
        self._leave()
        self._surround(widget, inset=True)

    def _surround(self, widget: QWidget, inset: bool = False) -> None:
        self._inset = inset
        holder: QWidget | None = widget
        while holder is not None and not holder.isWindow():
            holder.installEventFilter(self)
            self._watched.append(holder)
            holder = holder.parentWidget()
        self._ring = self._ring_of(widget.window())
        self._ring.surround(widget, inset)

    def _ring_of(self, window: QWidget) -> FocusRing:
        option = Qt.FindChildOption.FindDirectChildrenOnly
        return window.findChild(FocusRing, options=option) or FocusRing(window)

    def _leave(self) -> None:
        for widget in self._watched:
            if isValid(widget):
                widget.removeEventFilter(self)
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
        self._watched, self._ring = [], None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._ring is None or not isValid(self._ring):
            return False
        if self._inset and event.type() == QEvent.Type.MouseButtonPress:
            self._ring.hide()
        elif event.type() in _FOLLOWED:
            self._ring.surround(self._watched[0], self._inset)
        return False


def _came_by_keyboard(window: QWidget) -> bool:
    """Whether the last change of focus was by Tab, Backtab or a shortcut; asking forgets it."""
    mark = Qt.WidgetAttribute.WA_KeyboardFocusChange
    by_keyboard = window.testAttribute(mark)
    window.setAttribute(mark, False)
    return by_keyboard


def _takes_ring(widget: QWidget) -> bool:
    if isinstance(widget, _OWN_RING) or widget.isWindow():
        return False
    return widget.focusPolicy() == Qt.FocusPolicy.TabFocus and widget.property("ring") != "own"


def from_keyboard(reason: Qt.FocusReason) -> bool:
    """Whether focus came by the keyboard, for widgets that paint their own ring."""
    return reason in _KEYBOARD


def install(app: QApplication) -> None:
    """Show the ring in every window of ``app``."""
    _Watcher(app).setObjectName(_NAME)


def by_key(widget: QWidget) -> None:
    """Give ``widget`` the focus as a key does, with a ring also where none shows after Tab."""
    widget.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
    app = QApplication.instance()
    watcher = app.findChild(_Watcher, _NAME) if app is not None else None
    if watcher is not None and not _takes_ring(widget) and not isinstance(widget, _FIELDS):
        watcher.surround_inside(widget)
