"""The two lists of the Repaint panel's header: earlier prompts, and styles."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from app.canvas.document_line import moment
from app.canvas.prompt_dialogs import NameStyleDialog
from app.i18n import tr
from app.theme import icons
from app.widgets import file_dialogs
from app.widgets.row_list import Row
from app.widgets.search_popup import Link, SearchPopup
from engine.prompt.history import found
from engine.sampling.request import LoraUse
from engine.sampling.styles import Style, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from app.canvas.prompt_box import PromptBox
    from app.canvas.prompt_shelf import PromptShelf
    from app.canvas.repaint import Repaint
    from app.session import Session

SHOWN = 26
"""Characters of its prompt beside the name of a style."""
STYLE_MENU = (
    ("Apply", "check"),
    ("Replace by what is set now", "bookmark"),
    ("Rename…", "pencil"),
    ("Remove", "trash-2"),
)


class PromptPopups(QObject):
    """Opens the lists and does what is chosen in them."""

    def __init__(
        self, session: Session, repaint: Repaint, shelf: PromptShelf, box: PromptBox
    ) -> None:
        super().__init__(box)
        self._session, self._repaint, self._shelf, self._box = session, repaint, shelf, box
        self.popup: SearchPopup | None = None

    # History

    def open_history(self, anchor: QWidget) -> None:
        """Offer the prompts that were painted with."""
        popup = self.popup = SearchPopup(
            anchor,
            self._history_rows,
            hint="Search prompts",
            nothing="No prompt yet. Each one that is painted with is kept with the project.",
        )
        popup.taken.connect(self._take_spoken)
        popup.open_under(anchor)

    def _history_rows(self, words: str) -> Sequence[Row]:
        return [
            Row(
                str(self._shelf.history.index(one)),
                " ".join(one.prompt.split()),
                moment(one.when),
                tip=_tip(one.prompt, one.negative_prompt),
            )
            for one in found(self._shelf.history, words)
        ]

    def _take_spoken(self, key: str) -> None:
        self._box.show_spoken(*self._shelf.history[int(key)].words)
        self._box.prompt.setFocus()

    # Styles

    def open_styles(self, anchor: QWidget) -> None:
        """Offer the styles of the project, and to keep what is set as one."""
        popup = self.popup = SearchPopup(
            anchor,
            self._style_rows,
            hint="Search styles",
            nothing="No style yet. A style is a prompt with a name, its model, LoRAs and sampling.",
            links=(
                Link("Save as a style…", "plus", self.ask_name),
                Link("Import styles.csv…", "download", self._ask_csv),
            ),
        )
        popup.taken.connect(self.apply)
        popup.menu_asked.connect(self._open_menu)
        popup.open_under(anchor)

    def _style_rows(self, words: str) -> Sequence[Row]:
        wanted = words.casefold().split()
        return [
            Row(
                style.name,
                style.name,
                note=textwrap.shorten(style.prompt, SHOWN, placeholder="…"),
                icon="bookmark",
                tip=_tip(style.prompt, style.negative_prompt),
            )
            for style in self._shelf.styles
            if all(word in f"{style.name}\n{style.prompt}".casefold() for word in wanted)
        ]

    def _style(self, name: str) -> Style | None:
        return next((style for style in self._shelf.styles if style.name == name), None)

    def apply(self, name: str) -> None:
        """Paint with the style ``name``; what was set before can be had back."""
        style, before = self._style(name), self._repaint.settings
        if style is None:
            return
        prompt = merged(style.prompt, before.prompt)
        self._box.prompt.replace_all(prompt)
        changes = _settings(style) | {
            "prompt": prompt,
            "negative": merged(style.negative_prompt, before.negative),
        }
        if style.model and style.model != before.model:
            self._repaint.choose_model(style.model)
        self._repaint.change(**changes)
        self._session.start(self._repaint.load_models())

        def back() -> None:
            self._box.prompt.replace_all(before.prompt)
            self._repaint.choose_model(before.model)
            names = [*changes, "prompt", "negative"]
            self._repaint.change(**{key: getattr(before, key) for key in names})

        self._session.notify("Applied the style {name}.", action="Undo", on_action=back, name=name)

    def ask_name(self) -> None:
        """Ask what the style that is kept of the settings is called."""
        taken = [style.name for style in self._shelf.styles]
        self.dialog = NameStyleDialog("Save as a style", "", taken, self._box)
        self.dialog.chosen.connect(self.keep)
        self.dialog.open()

    def keep(self, name: str) -> None:
        """Keep what is set as the style ``name``."""
        self._session.start(self._keep(name))

    async def _keep(self, name: str) -> None:
        before = list(self._shelf.styles)
        await self._shelf.keep_style(_style_of(name, self._repaint))
        self._tell_style("Saved the style {name}.", before, name)

    def _open_menu(self, name: str, place: QPoint) -> None:
        popup = self.popup
        if popup is None:
            return
        menu = self.menu = QMenu(popup)
        deeds = (self.apply, self.keep, self._ask_other_name, self.remove)
        for (key, icon), deed in zip(STYLE_MENU, deeds, strict=True):
            entry = menu.addAction(icons.icon(icon, 14), tr(key))
            entry.triggered.connect(lambda _=False, deed=deed: (popup.close(), deed(name)))
        menu.popup(place)

    def _ask_other_name(self, name: str) -> None:
        taken = [style.name for style in self._shelf.styles if style.name != name]
        self.dialog = NameStyleDialog("Rename the style", name, taken, self._box)
        self.dialog.chosen.connect(
            lambda new: self._session.start(self._shelf.rename_style(name, new))
        )
        self.dialog.open()

    def remove(self, name: str) -> None:
        """Remove the style ``name``; it can be had back."""
        self._session.start(self._remove(name))

    async def _remove(self, name: str) -> None:
        before = list(self._shelf.styles)
        await self._shelf.drop_style(name)
        self._tell_style("Removed the style {name}.", before, name)

    def _tell_style(self, key: str, before: list[Style], name: str) -> None:
        self._session.notify(key, action="Undo", on_action=self._back_to(before), name=name)

    def _back_to(self, styles: list[Style]) -> Callable[[], None]:
        def back() -> None:
            self._session.start(self._shelf.put_back(styles))

        return back

    def _ask_csv(self) -> None:
        self.choosing = file_dialogs.ask_open(
            self._box,
            "Import styles",
            str(self._shelf.folder),
            f"{tr('Styles of A1111')} (*.csv)",
            lambda path: self._session.start(self.import_csv(Path(path))),
        )

    async def import_csv(self, path: Path) -> None:
        """Add the styles of an A1111 file."""
        before = list(self._shelf.styles)
        count = await self._shelf.import_csv(path)
        self._session.notify(
            "Imported {n} style.",
            "Imported {n} styles.",
            action="Undo",
            on_action=self._back_to(before),
            n=count,
        )


def _tip(prompt: str, negative: str) -> str:
    return "\n\n".join(part for part in (prompt, negative and f"− {negative}") if part)


def _settings(style: Style) -> dict[str, object]:
    """What a style sets beside prompts and model."""
    values: dict[str, object] = {
        "sampler": style.sampler,
        "schedule": style.schedule,
        "emphasis": style.emphasis,
        "steps": style.steps,
        "guidance": style.guidance_scale,
        "strength": style.strength,
        "loras": tuple((use.path, use.weight) for use in style.loras),
    }
    return {key: value for key, value in values.items() if value}


def _style_of(name: str, repaint: Repaint) -> Style:
    settings = repaint.settings
    return Style(
        name=name,
        prompt=settings.prompt,
        negative_prompt=settings.negative,
        model=settings.model,
        loras=tuple(LoraUse(path=path, weight=weight) for path, weight in settings.loras),
        sampler=settings.sampler,
        schedule=settings.schedule,
        emphasis=settings.emphasis,
        steps=settings.steps,
        guidance_scale=settings.guidance,
    )
