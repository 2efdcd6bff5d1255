"""The menu of a picture: look, edit, decide, stars, its edits for others, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QUrl
from PySide6.QtGui import QDesktopServices

from app.actions import Action
from app.shell.menus import Menu
from app.widgets.buttons import shortcut_text
from app.widgets.stars import Stars
from engine.dataset.recipes import paste

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.dataset.view import View
    from engine.dataset.edits import Recipe
    from engine.dataset.library import Picture

where = "dataset"


class PictureMenu(QObject):
    """Owned by the workspace; works on the selection."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.view = view
        self.state, self.operations = view.state, view.operations

    def open(self, at: QPoint) -> None:
        """Open over the grid when ``at``, in its viewport, is on a picture."""
        grid, view = self.view.stage.grid, self.view
        if not grid.indexAt(at).isValid():
            return
        menu = Menu(view)
        stars = menu.put(Stars())
        given = {picture.stars for picture in self.state.selected}
        stars.set_value(given.pop() if len(given) == 1 else 0)
        stars.rated.connect(self._rate)
        stars.rated.connect(lambda _: menu.close())
        menu.line()
        self._add(menu, self.looking())
        menu.line()
        self._add(menu, self.deciding())
        menu.line()
        self._add(menu, self.edits())
        menu.line()
        self._add(menu, self.files())
        if any(picture.flag == "rejected" for picture in self.state.selected):
            self._add(menu, view.culling.picture_actions())
        menu.at(grid.viewport().mapToGlobal(at))

    def _add(self, menu: Menu, actions: Iterable[Action]) -> None:
        for action in actions:
            if action.enabled():
                menu.add(action.text, action.run, action.icon, shortcut=shortcut_text(action.key))

    def actions(self) -> list[Action]:
        """Everything of it, for the palette."""
        return [*self.looking(), *self.deciding(), *self.edits(), *self.files()]

    def looking(self) -> list[Action]:
        """Large, and in the editor."""
        view = self.view
        return [
            Action(
                "dataset.view",
                "Look at it large",
                view.look,
                "maximize",
                "",
                self._some,
                where,
                "Space",
            ),
            Action(
                "dataset.crop",
                "Edit the picture",
                view.edit,
                "crop",
                "",
                self._some,
                where,
                "Return",
            ),
        ]

    def deciding(self) -> list[Action]:
        """Category, flags, held out."""
        view, some = self.view, self._some
        category = view.stage.ask_category
        return [
            Action(
                "dataset.category", "Put into a category", category, "folder", "", some, where, "C"
            ),
            Action("dataset.pick", "Pick pictures", view.pick, "flag", "", some, where, "P"),
            Action("dataset.reject", "Reject pictures", view.reject, "x", "", some, where, "X"),
            Action(
                "dataset.hold-out", "Hold out pictures", view.hold_out, "lock", "", some, where, "H"
            ),
        ]

    def edits(self) -> list[Action]:
        """From one picture to others, and back to none."""
        return [
            Action("dataset.copy-edits", "Copy edits", self.copy, "copy", "", self._edited, where),
            Action(
                "dataset.paste-edits",
                "Paste edits",
                self.paste,
                "clipboard-paste",
                "",
                self._copied,
                where,
            ),
            Action(
                "dataset.reset",
                "Reset edits",
                self.reset,
                "rotate-ccw",
                "",
                self._any_edited,
                where,
            ),
        ]

    def files(self) -> list[Action]:
        """Where it lies."""
        return [
            Action(
                "dataset.show-file",
                "Show in folder",
                self.show_file,
                "folder-open",
                "",
                self._some,
                where,
            )
        ]

    def copy(self) -> None:
        """Keep the edits of the current picture for others, as the editor does."""
        picture = self.state.current
        if picture is not None:
            size = (picture.width, picture.height)
            self.state.copied = (picture.recipe, size)
            self.view.session.notify("Copied the edits of {name}.", name=picture.name)

    def paste(self) -> None:
        """Give the selection what was copied; its other edits stay."""
        copied = self.state.copied
        onto = [picture for picture in self.state.selected if not picture.problem]
        if copied is None or not onto:
            return
        recipes = {picture.id: _pasted(*copied, picture) for picture in onto}
        sentence = "Copied the edits to {n} pictures."
        if len(onto) == 1:
            sentence = "Copied the edits to 1 picture."
        self.operations.edit(recipes, "Paste edits", sentence, n=len(onto))

    def reset(self) -> None:
        """Forget the edits of the selection."""
        self.operations.reset(self.state.selected)

    def show_file(self) -> None:
        """Open the folder that the current picture lies in."""
        picture = self.state.current
        if picture is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(picture.path.parent)))

    def _rate(self, stars: int) -> None:
        self.operations.rate(self.state.selected, stars)

    def _some(self) -> bool:
        return bool(self.state.selected)

    def _edited(self) -> bool:
        return self.state.current is not None and bool(self.state.current.recipe.steps)

    def _any_edited(self) -> bool:
        return any(picture.recipe.steps for picture in self.state.selected)

    def _copied(self) -> bool:
        return self._some() and self.state.copied is not None


def _pasted(recipe: Recipe, size: tuple[int, int], onto: Picture) -> Recipe:
    return paste(recipe, onto.recipe, sizes=(size, (onto.width, onto.height)))
