"""What a setting does: all that the schema knows of it, in a small window beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from app.i18n import tr
from app.i18n.format import scientific
from app.theme import metrics
from app.training.differences import label_of, settings_by_name, value_words
from app.widgets.buttons import button
from app.widgets.choice_names import choice_text
from app.widgets.text import hairline, label
from engine.runtime.schema import Setting

_WIDTH = 320


class SettingHelp(QFrame):
    """Shuts with Esc or a click elsewhere. ``asked`` carries a setting that is to be shown."""

    asked = Signal(str)

    def __init__(self, parent: QWidget, item: Setting, start: Any, why: str = "") -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.item = item
        self.setFixedWidth(_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        column.setSpacing(metrics.GAP)
        column.addWidget(label(item.label, weight=600))
        column.addWidget(label(item.help, tone="label", wrap=True))
        if why:
            told = label(tone="warn", wrap=True)
            told.setText(why)
            column.addWidget(told)
        column.addWidget(hairline("panel"))
        self.facts = facts_of(item, start)
        column.addLayout(_table(self.facts))
        self._link("Depends on", depends_on(item), column)
        self._link("Decides about", decides_about(item), column)

    def open_beside(self, field: QWidget) -> None:
        """Show it under ``field``, or over it where the screen ends."""
        self.adjustSize()
        place = field.mapToGlobal(QPoint(0, field.height() + 2))
        screen = field.screen().availableGeometry()
        if place.y() + self.height() > screen.bottom():
            place = field.mapToGlobal(QPoint(0, -self.height() - 2))
        place.setX(max(screen.left(), min(place.x(), screen.right() - self.width())))
        place.setY(max(screen.top(), place.y()))
        self.move(place)
        self.show()

    def _link(self, title: str, names: list[str], column: QVBoxLayout) -> None:
        if not names:
            return
        links = QVBoxLayout()
        links.setSpacing(0)
        links.addWidget(label(title, size=11, tone="quiet"))
        column.addLayout(links)
        for name in names:
            link = button("", kind="link")
            link.setText(label_of(name))
            link.clicked.connect(lambda *_, one=name: self._ask(one))
            links.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def _ask(self, name: str) -> None:
        self.close()
        self.asked.emit(name)


def facts_of(item: Setting, start: Any) -> Mapping[str, str]:
    """What the schema says in figures, by what it is called; ``start`` is what this run had. What
    is the same twice is told once.
    """
    default, begins = value_words(item.name, item.default), value_words(item.name, start)
    facts = {
        tr("Range"): _range(item),
        tr("Choices"): ", ".join(tr(choice_text(choice)) for choice in item.choices),
        tr("Unit"): tr(item.unit) if item.unit else "",
        tr("Default"): default,
        tr("Start value"): begins if begins != default else "",
        "kohya": item.kohya,
        tr("Only with"): condition_words(item),
        tr("In a job file"): item.name if item.name != item.kohya else "",
    }
    return {title: words for title, words in facts.items() if words}


def condition_words(item: Setting) -> str:
    """The condition of a setting in words, empty without one."""
    name, _, wanted = item.when.partition("=")
    if not name:
        return ""
    if not wanted:
        return label_of(name)
    values = ", ".join(tr(choice_text(one)) for one in wanted.split("|"))
    return tr("{label}: {words}", label=label_of(name), words=values)


def depends_on(item: Setting) -> list[str]:
    """The settings that decide whether ``item`` has an effect."""
    return [item.when.partition("=")[0]] if item.when else []


def decides_about(item: Setting) -> list[str]:
    """The settings that have an effect only if ``item`` wants it."""
    return [one.name for one in settings_by_name().values() if item.name in depends_on(one)]


def _range(item: Setting) -> str:
    low, high = item.minimum, item.maximum
    if low is not None and high is not None:
        return tr("{low} to {high}", low=scientific(low), high=scientific(high))
    if low is not None:
        return tr("{low} or more", low=scientific(low))
    return ""


def _table(facts: Mapping[str, str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(metrics.GAP)
    grid.setVerticalSpacing(metrics.GAP_FIELDS)
    grid.setColumnStretch(1, 1)
    top = Qt.AlignmentFlag.AlignTop
    for place, (title, words) in enumerate(facts.items()):
        name, value = label(tone="quiet"), label(tone="label", wrap=True)
        name.setText(title)
        value.setText(words)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(name, place, 0, top)
        grid.addWidget(value, place, 1, top)
    return grid
