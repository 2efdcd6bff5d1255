"""Edits for other pictures: of the kinds that are ticked, onto the selection, as one undo step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QCheckBox, QMenu, QVBoxLayout, QWidget, QWidgetAction

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import Button, button
from app.widgets.fields import Check
from engine.dataset.recipes import paste

if TYPE_CHECKING:
    from app.dataset.edit_work import EditWork
    from engine.dataset.edits import Recipe
    from engine.dataset.library import Picture


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
        self._text = bind(self.setText, "Copy edits to others…")
        self.clicked.connect(lambda *_: self.ask())
        for signal in (work.opened, work.changed, work.state.selection_changed):
            signal.connect(self.tell)
        work.state.shown_changed.connect(self.tell)

    @property
    def others(self) -> list[Picture]:
        """The other selected pictures; those shown when only the one under edit is selected."""
        own = self.work.picture.id if self.work.picture is not None else -1
        chosen = [p for p in self.work.state.selected if p.id != own]
        found = chosen or [p for p in self.work.state.shown if p.id != own]
        return [picture for picture in found if not picture.problem]

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
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, metrics.GAP)
        self.checks = {}
        for step in self.work.recipe.steps:
            check = Check(step.label)
            check.set_value(True)
            self.checks[step.kind] = check
            column.addWidget(check)
        self.go = button(
            "Copy to one picture" if len(self.others) == 1 else "Copy to all of them",
            "copy-check",
            "primary",
            on=lambda: self._go(menu),
        )
        column.addWidget(self.go)
        entry = QWidgetAction(menu)
        entry.setDefaultWidget(panel)
        menu.addAction(entry)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 2)))

    def _go(self, menu: QMenu) -> None:
        kinds = {kind for kind, check in self.checks.items() if check.isChecked()}
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
