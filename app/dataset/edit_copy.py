"""Edits for other pictures: of the kinds that are ticked, onto the selection, as one undo step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QCheckBox, QLabel, QMenu, QVBoxLayout, QWidget, QWidgetAction

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import Button, button
from app.widgets.fields import Check
from app.widgets.text import label
from engine.dataset.recipes import paste

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.dataset.edit_work import EditWork
    from engine.dataset.edits import Recipe
    from engine.dataset.library import Picture

_of_one_picture = {"cutout", "mask"}
"""Made by hand for the pixels of one picture: only who asks copies them to others."""


def paste_here(work: EditWork) -> None:
    """Give the picture under edit what was copied; its other edits stay."""
    if work.state.copied is not None:
        recipe, size = work.state.copied
        work.change(paste(recipe, work.recipe, sizes=(size, work.size)), "Paste edits")


class CopyButton(Button):
    """Opens a list of kinds over it; the button in it copies to the selection, or to all shown."""

    def __init__(self, work: EditWork) -> None:
        super().__init__("normal", "copy-check", "")
        self.work = work
        self.checks: dict[str, QCheckBox] = {}
        self.go: Button | None = None
        self.panel: QWidget | None = None
        self._text = bind(self.setText, "Copy edits to others…")
        self.clicked.connect(lambda *_: self.ask())
        for signal in (work.opened, work.changed, work.state.selection_changed):
            signal.connect(self.tell)
        work.state.shown_changed.connect(self.tell)

    @property
    def others(self) -> list[Picture]:
        """The other selected pictures; those shown when only the one under edit is selected."""
        return self._chosen or self._without_own(self.work.state.shown)

    @property
    def _chosen(self) -> list[Picture]:
        return self._without_own(self.work.state.selected)

    def _without_own(self, pictures: Sequence[Picture]) -> list[Picture]:
        own = self.work.picture.id if self.work.picture is not None else -1
        return [p for p in pictures if p.id != own and not p.problem]

    def tell(self) -> None:
        """Say how many pictures would take the edits."""
        count = len(self.others) if self.work.recipe.steps else 0
        if count:
            self._text.say("Copy edits to {n}…", n=count)
        else:
            self._text.say("Copy edits to others…")
        self.setEnabled(count > 0)

    def ask(self) -> None:
        """Show the kinds to choose from."""
        menu = QMenu(self)
        self.panel = panel = QWidget()
        panel.setFixedWidth(self.width())
        column = QVBoxLayout(panel)
        column.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, metrics.GAP)
        self.checks = {}
        for step in self.work.recipe.steps:
            check = Check(step.label)
            check.set_value(step.kind not in _of_one_picture)
            check.changed.connect(self._follow)
            self.checks[step.kind] = check
            column.addWidget(check)
        column.addWidget(self._whom())
        count = len(self.others)
        self.go = button("", "copy-check", "primary", on=lambda: self._go(menu))
        bind(self.go.setText, "Copy to {n} picture", "Copy to {n} pictures", n=count)
        column.addWidget(self.go)
        self._follow()
        entry = QWidgetAction(menu)
        entry.setDefaultWidget(panel)
        menu.addAction(entry)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 2)))

    def _whom(self) -> QLabel:
        """Which pictures take the edits, above the button that gives them."""
        made = label(size=11, tone="quiet", wrap=True)
        count = len(self.others)
        if self._chosen:
            words = "{n} other selected picture", "{n} other selected pictures"
        else:
            words = (
                "The only other picture in the grid: no other is selected",
                "All {n} others in the grid: no other is selected",
            )
        bind(made.setText, *words, n=count)
        return made

    def _ticked(self) -> set[str]:
        return {kind for kind, check in self.checks.items() if check.isChecked()}

    def _follow(self, _: bool = True) -> None:
        if self.go is not None:
            self.go.setEnabled(bool(self._ticked()))

    def _go(self, menu: QMenu) -> None:
        kinds = self._ticked()
        menu.close()
        self.copy(kinds)

    def copy(self, kinds: set[str]) -> None:
        """Give the others the steps of ``kinds``."""
        size = self.work.size
        recipes = {p.id: _pasted(self.work.recipe, p, kinds, size) for p in self.others}
        self.work.spread(
            recipes,
            "Copy edits",
            "Copied the edits to {n} picture.",
            "Copied the edits to {n} pictures.",
        )


def _pasted(recipe: Recipe, onto: Picture, kinds: set[str], size: tuple[int, int]) -> Recipe:
    return paste(recipe, onto.recipe, kinds, sizes=(size, (onto.width, onto.height)))
