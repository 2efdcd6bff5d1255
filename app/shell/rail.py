"""The rail: one button per workspace, with a bar at its foot while work for it runs."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import color, fonts, icons, metrics

ENTRIES = (
    ("dataset", "Dataset", "images"),
    ("train", "Train", "flame"),
    ("validate", "Validate", "grid-3x3"),
    ("canvas", "Canvas", "brush"),
    ("models", "Models", "boxes"),
)


class RailButton(QAbstractButton):
    """Icon over a word, 68x58. ``progress`` is None at rest, else the done part."""

    def __init__(self, name: str, text_key: str, icon: str, *, labelled: bool = True) -> None:
        super().__init__()
        self.name = name
        self._icon, self._labelled = icon, labelled
        self.progress: float | None = None
        self.setCheckable(True)
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(metrics.RAIL, metrics.RAIL_BUTTON if labelled else 48)
        if labelled:
            bind(self.setText, text_key)
        else:
            bind(self.setToolTip, text_key)
        bind(self.setAccessibleName, text_key)

    def sizeHint(self) -> QSize:
        return self.size()

    def set_progress(self, part: float | None) -> None:
        """Show how far the work of this workspace is; None hides the bar."""
        if part != self.progress:
            self.progress = part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        lit = self.isChecked() or self.underMouse()
        if self.isChecked():
            painter.fillRect(self.rect(), color("g1"))
            painter.fillRect(0, 0, 2, self.height(), color("acc"))
        elif self.underMouse():
            painter.fillRect(self.rect(), color("well"))
        tint = "t1" if lit else "t3"
        size = 20 if self._labelled else 18
        top = 10.0 if self._labelled else (self.height() - size) / 2
        icons.paint(painter, self._icon, (self.width() - size) / 2, top, size, tint)
        if self._labelled:
            painter.setPen(color(tint))
            painter.setFont(fonts.font(11, 500))
            words = QRectF(0, top + size + 4, self.width(), 15)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())
        if self.progress is not None:
            bar = QRectF(16, self.height() - 6, self.width() - 32, 2)
            painter.fillRect(bar, color("track"))
            bar.setWidth(bar.width() * self.progress)
            painter.fillRect(bar, color("acc"))


class Rail(QWidget):
    """All workspaces, and the settings at the foot. ``chosen`` carries the name."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(metrics.RAIL)
        self.buttons: dict[str, RailButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(0)
        for name, text, icon in ENTRIES:
            column.addWidget(self._button(RailButton(name, text, icon)))
        column.addStretch(1)
        settings = RailButton("settings", "Settings", "settings", labelled=False)
        column.addWidget(self._button(settings))

    def show_current(self, name: str) -> None:
        """Mark ``name`` as current; the start page has no button."""
        for key, one in self.buttons.items():
            one.setChecked(key == name)

    def _button(self, one: RailButton) -> RailButton:
        self.buttons[one.name] = one
        one.clicked.connect(lambda: self.chosen.emit(one.name))
        return one
