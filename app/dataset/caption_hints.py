"""Two quiet lines of the caption panel: what a new tag may be meant as, and tags left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import number
from app.shell.menus import Menu
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.text import label

if TYPE_CHECKING:
    from engine.dataset.similar import Similar

MOST_LISTED = 40
"""Entries of the list of tags left out; the filter finds the others."""


class NearMiss(QWidget):
    """Asks after a tag that is nearly another; ``chosen`` carries the new one and the old one.
    It also says when a tag that was typed is there already.
    """

    chosen = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.offers: list[Similar] = []
        self._tag = ""
        self._words = label(size=11, tone="warn", wrap=True)
        self._text = bind(self._words.setText, "")
        self.row = QHBoxLayout()
        self.row.setSpacing(metrics.GAP)
        self.row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._words)
        column.addLayout(self.row)
        self.hide()

    def offer(self, tag: str, near: Sequence[Similar]) -> None:
        """Ask whether ``tag`` is meant as one of ``near``; none takes the question away."""
        self.clear()
        self.offers, self._tag = list(near), tag
        if not near:
            return
        self._text.say("{tag} is new. Did you mean:", "", tag=tag)
        for place, one in enumerate(near):
            link = button("", kind="link", on=partial(self.chosen.emit, tag, one.tag))
            link.setText(one.tag)
            count = label(size=11, tone="quiet")
            count.setText(tr("in {n} picture", "in {n} pictures", n=number(one.count)))
            self.row.insertWidget(2 * place, link)
            self.row.insertWidget(2 * place + 1, count)
        self.show()

    def tell_held(self, tag: str) -> None:
        """Say that nothing was added, for ``tag`` is there."""
        self.clear()
        self._text.say("{tag} is in the caption already.", "", tag=tag)
        self.show()

    def keep_if(self, tags: Sequence[str]) -> None:
        """Take the question away when the tag it is about is not one of ``tags`` any more."""
        if self.offers and self._tag not in tags:
            self.clear()

    def clear(self) -> None:
        """Take the question away."""
        self.hide()
        self.offers = []
        _empty(self.row)


class MoreTags(QWidget):
    """ "and 31 more": opens the list of tags that the panel leaves out."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.link = button("", kind="link", on=self.asked.emit)
        self._text = bind(self.link.setText, "")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.link)
        row.addStretch(1)
        self.hide()

    def set_count(self, count: int) -> None:
        """Say how many are left out; none hides the line."""
        self._text.say("and {n} more tag", "and {n} more tags", n=number(count))
        self.setVisible(count > 0)

    def open_list(
        self,
        tags: Sequence[tuple[str, int]],
        total: int,
        give: Callable[[str], object],
    ) -> None:
        """List ``tags``; a click gives one to all."""
        menu = Menu(self).title("Give to all selected")
        for tag, n in tags[:MOST_LISTED]:
            note = tr("{n} of {total}", n=n, total=total)
            menu.add(tag, partial(give, tag), plain=True, shortcut=note)
        menu.below(self.link)


def _empty(row: QLayout) -> None:
    """Take all widgets out of ``row``; a stretch stays."""
    for place in reversed(range(row.count())):
        item = row.itemAt(place)
        widget = item.widget() if item is not None else None
        if widget is not None:
            row.removeWidget(widget)
            widget.deleteLater()
