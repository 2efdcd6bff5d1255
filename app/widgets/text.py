"""Labels in the ranks of the look, bound to the language or set as plain text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from app.i18n import bind
from app.theme import fonts


def label(
    key: str = "",
    *,
    size: int = 12,
    weight: int = 400,
    tone: str = "",
    wrap: bool = False,
    **facts: Any,
) -> QLabel:
    """A label bound to ``key``; ``tone`` is "", label, quiet, accent, ok, warn or error."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    fonts.set_font(made, size, weight)
    made.setWordWrap(wrap)
    set_tone(made, tone)
    if key:
        bind(made.setText, key, **facts)
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Color the text of ``widget`` by meaning."""
    restyle(widget, "tone", tone)


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and apply what follows from it."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return  # it is styled before it is shown
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def hairline(line: str = "panel", vertical: bool = False) -> QFrame:
    """A 1 px line: ``panel``, ``column``, ``chrome`` or ``stage``."""
    made = QFrame()
    made.setProperty("line", line)
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


class ElidedLabel(QLabel):
    """One line that elides instead of pushing its column wider; the whole text is the tooltip."""

    def __init__(
        self,
        text: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        *,
        size: int = 12,
        weight: int = 400,
        tone: str = "",
    ) -> None:
        super().__init__(text)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        fonts.set_font(self, size, weight)
        set_tone(self, tone)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def elided(self) -> bool:
        """Whether the text does not fit."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.text() if self.elided else "")
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())
        role = self.foregroundRole()
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            shown,
            role,
        )
