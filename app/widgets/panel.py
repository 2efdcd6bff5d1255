"""Panels with a header that folds them, and the scrolling column that stacks them."""

from __future__ import annotations

from typing import Any, Literal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import bind
from app.i18n.format import number
from app.theme import icons, metrics, motion
from app.widgets.clear import keep_clear
from app.widgets.text import hairline, label, set_tone


class PanelHeader(QWidget):
    """Chevron, title, count, and icon buttons at the right; the whole row toggles."""

    toggled = Signal()

    def __init__(self, title_key: str, collapsible: bool, facts: dict[str, Any]) -> None:
        super().__init__()
        self.setFixedHeight(metrics.HEADER)
        self.collapsible = collapsible
        self.open = True
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if collapsible else Qt.FocusPolicy.NoFocus)
        self.row = QHBoxLayout(self)
        left = metrics.PAD + (20 if collapsible else 0)
        self.row.setContentsMargins(left, 0, metrics.PAD, 0)
        self.row.setSpacing(metrics.GAP_ICONS)
        self.title = label(weight=600)
        self.text = bind(self.title.setText, title_key, **facts)
        self.count = label(tone="quiet")
        self.row.addWidget(self.title)
        self.row.addStretch(1)
        self.row.addWidget(self.count)
        bind(self.setAccessibleName, title_key, **facts)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.collapsible and self.rect().contains(event.position().toPoint()):
            self.toggled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.collapsible and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.toggled.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.collapsible:
            name = "chevron-down" if self.open else "chevron-right"
            top = (self.height() - 14) / 2
            icons.paint(QPainter(self), name, metrics.PAD, top, 14, "t1")

    def changeEvent(self, event: QEvent) -> None:
        self.update()


class Panel(QWidget):
    """A titled section of a column. Put widgets into ``body``; closed keeps the count."""

    folded = Signal(bool)

    def __init__(
        self, title_key: str, *, count: bool = False, collapsible: bool = True, **facts: Any
    ) -> None:
        super().__init__()
        self.header = PanelHeader(title_key, collapsible, facts)
        self.header.count.setVisible(count)
        self.header.toggled.connect(lambda: self.set_open(not self.header.open))
        self._area = QWidget()
        self.body = QVBoxLayout(self._area)
        self.body.setContentsMargins(0, 0, 0, metrics.PAD)
        self.body.setSpacing(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.header)
        outer.addWidget(self._area)

    @property
    def is_open(self) -> bool:
        """Whether the body is shown."""
        return self.header.open

    def set_open(self, shown: bool) -> None:
        """Fold or unfold the body."""
        self.header.open = shown
        motion.fold(self._area, shown)
        self.header.update()
        self.folded.emit(shown)

    def set_title(self, title_key: str, **facts: Any) -> None:
        """Show another title."""
        self.header.text.say(title_key, **facts)

    def set_count(self, count: int | None, tone: str = "quiet") -> None:
        """Show how many things the panel holds; None hides the number."""
        self.header.count.setText("" if count is None else number(count))
        set_tone(self.header.count, tone)
        self.header.count.setVisible(count is not None)

    def add_action(self, widget: QWidget) -> None:
        """Put an icon button at the right end of the header."""
        self.header.row.addWidget(widget)


class Column(QWidget):
    """A side column: a scrolling stack of panels, and a ``foot`` that stays in view.

    ``side`` is ``"left"`` or ``"right"``; the hairline is on the side of the stage.
    """

    def __init__(self, width: int, side: Literal["left", "right"]) -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.preferred_width = width
        self.setFixedWidth(width)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("surface", "none")
        self._scroll.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self.stack = QVBoxLayout(inner)
        self.stack.setContentsMargins(0, 2, 0, 0)
        self.stack.setSpacing(0)
        self.stack.addStretch(1)
        self._scroll.setWidget(inner)
        self._foot = QWidget()
        self._foot_line = hairline("panel")
        self.foot = QHBoxLayout(self._foot)
        self.foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        self.foot.setSpacing(metrics.GAP)
        self._foot.hide()
        keep_clear(self._foot)
        self._foot_line.hide()
        self._build(side)

    def _build(self, side: str) -> None:
        content = self._content = QVBoxLayout()
        content.setSpacing(0)
        content.addWidget(self._scroll, 1)
        content.addWidget(self._foot_line)
        content.addWidget(self._foot)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        if side == "right":
            outer.addWidget(hairline("column", vertical=True))
        outer.addLayout(content, 1)
        if side == "left":
            outer.addWidget(hairline("column", vertical=True))

    def add(self, widget: QWidget, *, line: bool = True, stretch: int = 0) -> None:
        """Put ``widget`` under what is there, with a hairline between."""
        first = self.stack.count() == 1
        if line and not first:
            self.stack.insertWidget(self.stack.count() - 1, hairline("panel"))
        self.stack.insertWidget(self.stack.count() - 1, widget, stretch)

    def add_head(self, widget: QWidget) -> None:
        """Put ``widget`` over what scrolls: a scroll bar does not move it."""
        self._content.insertWidget(0, widget)
        self._content.insertWidget(1, hairline("panel"))

    def add_over_foot(self, widget: QWidget) -> None:
        """Put ``widget`` between what scrolls and the buttons of the foot."""
        self._content.insertWidget(self._content.indexOf(self._foot), widget)

    def bring(self, widget: QWidget) -> None:
        """Scroll until ``widget`` is seen, with some of what is around it."""
        self._scroll.ensureWidgetVisible(widget, 0, 80)

    def scroll_to_top(self) -> None:
        """Show the first of what scrolls."""
        self._scroll.verticalScrollBar().setValue(0)

    def scroll_by(self, distance: int) -> None:
        """Scroll down by ``distance`` pixels."""
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.value() + distance)

    def fill(self) -> None:
        """Let the last widget take the height that is left, instead of empty space below it."""
        self.stack.setStretch(self.stack.count() - 1, 0)
        self.stack.setStretch(self.stack.count() - 2, 1)

    def add_foot(self, widget: QWidget, stretch: int = 0) -> None:
        """Put ``widget`` into the foot, which appears with its first widget."""
        self.foot.addWidget(widget, stretch)
        self.show_foot(True)

    def show_foot(self, shown: bool) -> None:
        """Whether the foot is there: with nothing to offer it would be an empty strip."""
        self._foot.setVisible(shown)
        self._foot_line.setVisible(shown)


def padded(widget: QWidget, *, top: int = 0, bottom: int = 0) -> QWidget:
    """``widget`` with the panel padding at both sides."""
    box = QFrame()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(metrics.PAD, top, metrics.PAD, bottom)
    layout.setSpacing(0)
    layout.addWidget(widget)
    return box


def note(key: str, icon: str = "", tone: str = "label", **facts: Any) -> tuple[QWidget, QLabel]:
    """A wrapped sentence with an optional icon before it, and the label in it."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(metrics.PAD, 2, metrics.PAD, 2)
    row.setSpacing(metrics.GAP)
    if icon:
        row.addWidget(IconLabel(icon, 14, "t2" if tone in ("label", "") else tone), 0, _TOP)
    words = label(key, tone=tone, wrap=True, **facts)
    row.addWidget(words, 1)
    return box, words


class IconLabel(QWidget):
    """An icon that stands alone, in the color of a token, live through theme changes."""

    def __init__(self, name: str, size: int = 16, tint: str = "t2") -> None:
        super().__init__()
        self._size = size
        self._name, self._tint = name, ""
        self.setFixedSize(size, size)
        self.set(name, tint)

    def set(self, name: str, tint: str = "") -> None:
        """Show another icon or color."""
        self._name = name
        self._tint = {"error": "err", "quiet": "t3", "label": "t2"}.get(tint, tint) or self._tint
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        icons.paint(QPainter(self), self._name, 0, 0, self._size, self._tint)


_TOP = Qt.AlignmentFlag.AlignTop
