"""Field rows and the controls that stand in them; what one types into is in ``entries``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.i18n import bind, tr
from app.theme import color, fonts, icons, metrics
from app.widgets.entries import NumberField, TextField
from app.widgets.segments import Segments
from app.widgets.slider import ValueSlider
from app.widgets.text import label, restyle

__all__ = [
    "Check",
    "Choice",
    "FieldRow",
    "NumberField",
    "Segments",
    "TextField",
    "ValueSlider",
    "row",
]

_NONE: Mapping[object, str] = MappingProxyType({})


class FieldRow(QWidget):
    """A label of 104 px, a control that fills, and under it a hint or an error."""

    def __init__(
        self,
        label_key: str,
        control: QWidget,
        hint: str = "",
        *,
        label_width: int = metrics.LABEL,
        padded: bool = True,
    ) -> None:
        super().__init__()
        self.control = control
        self.label = label(label_key, tone="label", wrap=True)
        self.label.setFixedWidth(label_width)
        self.label.setMinimumHeight(metrics.ROW_FIELD)
        self._hint = label(size=11, tone="quiet", wrap=True)
        self._hint_text = bind(self._hint.setText, hint)
        self._error = label(size=11, tone="error", wrap=True)
        self._hint.setVisible(bool(hint))
        self._error.hide()
        grid = QGridLayout(self)
        side = metrics.PAD if padded else 0
        grid.setContentsMargins(side, 0, side, metrics.GAP_FIELDS)
        grid.setHorizontalSpacing(metrics.GAP)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(control, 0, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._hint, 1, 1)
        grid.addWidget(self._error, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowMinimumHeight(0, metrics.ROW_FIELD)
        if label_key:
            bind(control.setAccessibleName, label_key)

    def set_hint(self, key: str, **facts: Any) -> None:
        """Show a hint under the control; an empty key hides it."""
        self._hint_text.say(key, "", **facts)
        self._hint.setVisible(bool(key) and not self._error.isVisibleTo(self))

    def set_error(self, text: str) -> None:
        """Show a translated error sentence instead of the hint; an empty text takes it away."""
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._hint.setVisible(not text and bool(self._hint.text()))
        restyle(self.control, "state", "error" if text else "")


class Choice(QComboBox):
    """A list to choose one value from. ``changed`` carries the value.

    ``options`` are ``(value, text_key)``; the texts follow the language. ``plain`` texts, such as
    file names, are shown as they are.
    """

    changed = Signal(object)

    def __init__(self, options: Sequence[tuple[object, str]] = (), *, plain: bool = False) -> None:
        super().__init__()
        self._plain = plain
        self._options: list[tuple[object, str]] = []
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumContentsLength(4)
        self.set_options(options)
        self.activated.connect(lambda _: self._tell())
        # The empty key has no text of its own: it is a place for this choice in the language.
        bind(self._relabel, "")

    @property
    def value(self) -> object:
        """The value of the current option, None without options."""
        index = self.currentIndex()
        return self._options[index][0] if 0 <= index < len(self._options) else None

    @value.setter
    def value(self, value: object) -> None:
        self.set_value(value)

    @property
    def options(self) -> list[tuple[object, str]]:
        """What is offered: values with their texts."""
        return list(self._options)

    def set_value(self, value: object) -> None:
        """Make ``value`` current without telling anyone; an unknown value leaves the choice."""
        values = [option for option, _ in self._options]
        if value in values:
            self.setCurrentIndex(values.index(value))

    def set_options(
        self, options: Sequence[tuple[object, str]], refused: Mapping[object, str] = _NONE
    ) -> None:
        """Offer other options; the current value stays if it is still among them.

        ``refused`` options are shown but cannot be chosen; the ready text says why, as a tooltip.
        """
        before = self.value
        self._options = list(options)
        self.clear()
        self.addItems([key if self._plain else tr(key) for _, key in self._options])
        for index, (value, _) in enumerate(self._options):
            if value in refused:
                self._refuse(index, refused[value])
        self.set_value(before)

    def _tell(self) -> None:
        """The user has chosen."""
        self.changed.emit(self.value)

    def _refuse(self, index: int, reason: str) -> None:
        self.setItemData(index, reason, Qt.ItemDataRole.ToolTipRole)
        model = self.model()
        if isinstance(model, QStandardItemModel):
            model.item(index).setEnabled(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(56, super().minimumSizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A scroll through the column must not change what it passes over.
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        space = self.width() - 34
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, space
        )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        tint = "t3" if self.isEnabled() else "t4"
        top = (self.height() - 14) / 2
        icons.paint(painter, "chevron-down", self.width() - 21, top, 14, tint)

    def _relabel(self, _: str) -> None:
        if not self._plain:
            for index, (_value, key) in enumerate(self._options):
                self.setItemText(index, tr(key))


class Check(QCheckBox):
    """A check box of 14 px with its words. ``changed`` carries the state."""

    changed = Signal(bool)

    def __init__(self, text_key: str, on: bool = False) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setChecked(on)
        self.setMinimumHeight(metrics.CONTROL_DENSE)
        if text_key:
            bind(self.setText, text_key)
        self.clicked.connect(self.changed)

    @property
    def value(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()

    @value.setter
    def value(self, value: bool) -> None:
        self.setChecked(value)

    def set_value(self, value: bool) -> None:
        """Tick or clear it without telling anyone."""
        self.setChecked(value)

    def sizeHint(self) -> QSize:
        words = fonts.metrics(12).horizontalAdvance(self.text())
        return QSize(round(14 + (8 + words if self.text() else 0)), metrics.CONTROL_DENSE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, position: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - 14) / 2
        box = QRectF(0.5, top + 0.5, 13, 13)
        on, alive = self.isChecked(), self.isEnabled()
        outline = "acc_fill" if on and alive else "line_control" if alive else "line"
        painter.setPen(QPen(color(outline), 1))
        painter.setBrush(color("acc_fill" if on and alive else "field"))
        painter.drawRoundedRect(box, 2, 2)
        if on:
            icons.paint(painter, "check", 1.5, top + 1.5, 11, "on_fill" if alive else "t4")
        painter.setPen(color("t1" if alive else "t4"))
        words = self.rect().adjusted(22, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())


def row(*widgets: QWidget, spacing: int = metrics.GAP) -> QWidget:
    """Widgets side by side, as one control of a field row."""
    box = QWidget()
    layout = QHBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return box
