"""The fields one types into. What is typed counts at once; leaving the field only tidies it.

A click on a button leaves the focus where it is, so a value that waited for the end of editing
would come too late for what the button does.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QToolButton

from app.i18n import bind, tr
from app.i18n.format import scientific
from app.theme import color, fonts, icons


def parse_number(text: str, unit: str = "") -> float | None:
    """The number that ``text`` says, as people write it, or None: 5e-5, 1,024, 50 %."""
    bare = text.strip().removesuffix(unit).replace(",", "").replace(" ", "")
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class TextField(QLineEdit):
    """One line of text. ``changed`` carries it with every key that makes it another text.

    What a listener sets in answer, such as the text without spaces at its ends, is shown when
    editing ends, so that nothing moves under the hands of who types.
    """

    changed = Signal(str)

    def __init__(self, placeholder: str = "", text: str = "") -> None:
        super().__init__(text)
        self._last = text
        self._typing = self._telling = False
        self._answer: str | None = None
        if placeholder:
            bind(self.setPlaceholderText, placeholder)
        self.textEdited.connect(self._edited)
        self.editingFinished.connect(self._finished)

    @property
    def value(self) -> str:
        """The text."""
        return self.text()

    @value.setter
    def value(self, value: str) -> None:
        self.set_value(value)

    def set_value(self, value: str) -> None:
        """Hold ``value`` without telling anyone."""
        if self._telling:
            self._answer = value
        elif not (self._typing and value in (self._answer, self.text())):
            self._show(value)

    def setClearButtonEnabled(self, enable: bool) -> None:
        """Offer a cross of ours that empties the field."""
        super().setClearButtonEnabled(enable)
        cross = icons.icon("x", 14)
        for action in self.findChildren(QAction, "_q_qlineeditclearaction"):
            action.setIcon(cross)
        for one in self.findChildren(QToolButton):
            if one.defaultAction() is None or one.defaultAction().objectName().startswith("_q_"):
                one.setIcon(cross)

    def _show(self, value: str) -> None:
        self._typing, self._answer = False, None
        self._last = value
        if value != self.text():
            self.setText(value)

    def _edited(self, text: str) -> None:
        self._typing, self._answer = True, None
        self._tell(text)

    def _tell(self, text: str) -> None:
        if text == self._last:
            return
        self._last = text
        self._telling = True
        try:
            self.changed.emit(text)
        finally:
            self._telling = False

    def _finished(self) -> None:
        self._tell(self.text())
        if self._typing:
            self._show(self.text() if self._answer is None else self._answer)


class NumberField(QLineEdit):
    """A number typed as text: 5e-5, 0.1, 1,024. Arrow keys step; a bad text goes back on leaving.

    At every key the value is what leaving the field would make of the text: brought into range,
    or the number from before while the text says none. Without ``bounded`` only the arrow keys
    stay in range. ``changed`` carries an int when ``decimals`` is 0, else a float.
    """

    changed = Signal(object)

    def __init__(
        self,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float = 1,
        decimals: int | None = 0,
        *,
        unit: str = "",
        bounded: bool = True,
    ) -> None:
        super().__init__()
        self._low, self._high, self._step, self._decimals = minimum, maximum, step, decimals
        self._bounded = bounded
        self._value: float = minimum if minimum is not None and minimum > 0 else 0
        self._before = self._value
        self._typing = self._telling = False
        self._unit = unit
        self.textEdited.connect(self._edited)
        self.editingFinished.connect(self._finished)
        if unit:
            self.setTextMargins(0, 0, round(fonts.metrics(12).horizontalAdvance(tr(unit))) + 8, 0)
        self._show()

    @property
    def value(self) -> float:
        """The number, an int when ``decimals`` is 0."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        self.set_value(value)

    def set_value(self, value: float) -> None:
        """Hold ``value`` without telling anyone; what is being typed keeps its form."""
        fitted = self._fit(value)
        same = fitted == self._value
        self._value = fitted
        if not (self._typing and (self._telling or same)):
            self._show()

    def set_range(self, minimum: float | None, maximum: float | None) -> None:
        """Between which numbers it stays from now on; the one it holds is left as it is."""
        self._low, self._high = minimum, maximum

    def stepBy(self, count: int) -> None:
        """Go ``count`` steps up or down."""
        self._take(self._in_range(self._value + count * self._step))
        self._show()

    def _fit(self, value: float) -> float:
        if self._bounded:
            value = self._in_range(value)
        return round(value) if self._decimals == 0 else value

    def _in_range(self, value: float) -> float:
        if self._low is not None:
            value = max(self._low, value)
        return value if self._high is None else min(self._high, value)

    def _take(self, value: float) -> None:
        fitted = self._fit(value)
        if fitted == self._value:
            return
        self._value = fitted
        self._telling = True
        try:
            self.changed.emit(fitted)
        finally:
            self._telling = False

    def _edited(self, text: str) -> None:
        self._typing = True
        typed = parse_number(text)
        self._take(self._before if typed is None else typed)

    def _finished(self) -> None:
        # Not the value that is shown: it may be rounded for showing.
        if self.text() != self._words():
            self._edited(self.text())
        self._show()

    def _show(self) -> None:
        self._typing, self._before = False, self._value
        self.setText(self._words())

    def _words(self) -> str:
        if self._decimals is None:
            return scientific(self._value)
        return f"{self._value:.{self._decimals}f}"

    def event(self, event: QEvent) -> bool:
        """Undo is the page's while there is nothing to undo in the text."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undoes = event.matches(QKeySequence.StandardKey.Undo)
            if undoes and not self.isUndoAvailable():
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self._finished()
            self.stepBy(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unit and self.property("state") != "error":  # an error's icon stands there
            painter = QPainter(self)
            painter.setPen(color("t3" if self.isEnabled() else "t4"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect().adjusted(0, 0, -8, 0), right, tr(self._unit))
