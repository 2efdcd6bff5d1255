"""The one motion there is: what opens or closes slides for 120 ms, unless motion is reduced."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QObject, QPoint, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QBoxLayout, QWidget

from app.theme import metrics

_reduced = False


def set_reduced(reduced: bool) -> None:
    """Let everything appear at once, or slide."""
    global _reduced
    _reduced = reduced


def reduced() -> bool:
    """Whether things appear at once."""
    return _reduced


def run(owner: QObject, start: float, end: float, step: Callable[[float], object]) -> None:
    """Call ``step`` with values from ``start`` to ``end``, ending with ``end``."""
    if _reduced:
        step(end)
        return
    step(start)
    motion = QVariantAnimation(owner)
    motion.setDuration(metrics.MOTION)
    motion.setEasingCurve(QEasingCurve.Type.OutCubic)
    motion.setStartValue(float(start))
    motion.setEndValue(float(end))
    motion.valueChanged.connect(step)
    motion.start(QVariantAnimation.DeletionPolicy.DeleteWhenStopped)


def fold(widget: QWidget, opened: bool, *, across: bool = False, to_left: bool = False) -> None:
    """Show or hide ``widget`` of a box layout; ``across`` changes the width, else the height.

    While it moves, a picture of it stands in its place: its own contents would be squeezed.
    """
    holder = widget.parentWidget()
    layout = holder.layout() if holder is not None else None
    for ghost in holder.findChildren(_Ghost) if holder is not None else ():
        if ghost.stands_for is widget:
            ghost.finish()
    shown = not widget.isHidden()
    seen = holder is not None and holder.isVisible() and isinstance(layout, QBoxLayout)
    if _reduced or not seen or opened == shown:
        widget.setVisible(opened)
        return
    assert isinstance(layout, QBoxLayout)
    _Ghost(widget, layout, opened, across, to_left)


class _Ghost(QWidget):
    """The picture of a widget that opens or closes."""

    def __init__(
        self, widget: QWidget, layout: QBoxLayout, opened: bool, across: bool, to_left: bool
    ) -> None:
        super().__init__(widget.parentWidget())
        self.stands_for = widget
        self._opened, self._across, self._to_left = opened, across, to_left
        if opened and not across:
            width = layout.contentsRect().width()
            height = widget.heightForWidth(width) if widget.hasHeightForWidth() else 0
            widget.resize(width, max(height, widget.sizeHint().height()))
        elif opened:
            widget.resize(max(widget.minimumWidth(), widget.width()), layout.geometry().height())
        self._picture: QPixmap = widget.grab()
        widget.hide()
        layout.insertWidget(layout.indexOf(widget), self)
        full = widget.width() if across else widget.height()
        start, self._end = (0, full) if opened else (full, 0)
        self._done = False
        self.show()
        run(self, start, self._end, self._size)

    def _size(self, value: float) -> None:
        if self._across:
            self.setFixedWidth(round(value))
        else:
            self.setFixedHeight(round(value))
        if round(value) == self._end:
            self.finish()

    def finish(self) -> None:
        """Hand the place back."""
        if self._done:
            return
        self._done = True
        self.hide()
        self.setParent(None)
        self.deleteLater()
        self.stands_for.setVisible(self._opened)

    def paintEvent(self, event: QPaintEvent) -> None:
        wide = round(self._picture.width() / self._picture.devicePixelRatio())
        left = self.width() - wide if self._across and self._to_left else 0
        QPainter(self).drawPixmap(QPoint(left, 0), self._picture)
