"""The mark of the application: a kiln's arch with its inner door in the accent."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton

from app.i18n import bind
from app.theme import color


def paint_logo(painter: QPainter, left: float, top: float, size: float, tint: str) -> None:
    """Draw the mark in a square of ``size`` pixels."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(left, top)
    painter.scale(size / 20, size / 20)
    for arch, token in ((_arch(3, 14, 9.5), tint), (_arch(7.2, 5.6, 11.8), "acc")):
        pen = QPen(color(token), 1.6)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(arch)
    painter.restore()


def _arch(left: float, width: float, spring: float) -> QPainterPath:
    path = QPainterPath(QPointF(left, 17))
    path.lineTo(left, spring)
    path.arcTo(QRectF(left, spring - width / 2, width, width), 180, -180)
    path.lineTo(left + width, 17)
    if width > 10:
        path.closeSubpath()
    return path


class Logo(QAbstractButton):
    """The mark at the left end of the project bar; it leads to the start page."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.setFixedSize(width, 40)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "inset")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        bind(self.setToolTip, "Start page")
        bind(self.setAccessibleName, "Start page")

    def sizeHint(self) -> QSize:
        return QSize(self.width(), 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), color("well"))
        paint_logo(painter, (self.width() - 20) / 2, (self.height() - 20) / 2, 20, "t1")


def window_icon() -> QIcon:
    """The icon of the window, for task bars."""
    made = QIcon()
    for size in (32, 64, 128):
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setBrush(color("g0"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(0, 0, size, size, size / 6, size / 6)
        paint_logo(painter, size * 0.1, size * 0.08, size * 0.8, "t1")
        painter.end()
        made.addPixmap(pixmap)
    return made
