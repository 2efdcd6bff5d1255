"""What captions add to the Dataset workspace: two sheets, menus, lists of tags, actions."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.actions import Action
from app.dataset.caption_auto import CaptionSheet
from app.dataset.caption_batch import BatchSheet
from app.dataset.caption_trigger import TriggerRow
from app.i18n import tr
from app.i18n.format import number
from app.shell.menus import Menu
from app.widgets.row_list import RowList, RowRole
from app.widgets.text import restyle
from engine.dataset.similar import similar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from app.dataset.caption_sheet import Sheet
    from app.dataset.view import View

where = "dataset"
S = TypeVar("S", BatchSheet, CaptionSheet)


class CaptionPages(QObject):
    """Made by the view once its own widgets are there."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.view, self.state, self.session = view, view.state, view.session
        self.panel = view.inspector.captions
        self.trigger = TriggerRow(self.state, self.panel.work)
        self.panel.area.insertWidget(0, self.trigger)
        self.trigger.put_asked.connect(self._put_trigger)
        self.panel.edit_asked.connect(self.open_batch)
        self.panel.model_asked.connect(self.open_auto)
        self.panel.menu_asked.connect(self._open_menu)
        self.panel.tag_menu_asked.connect(self.open_tag_menu)
        self.session.project_changed.connect(self.close)
        view.middle.currentChanged.connect(lambda _: self._leave_one_primary())

    # Sheets, each made when it is first wanted

    @cached_property
    def batch(self) -> BatchSheet:
        """Changes of many captions."""
        return self._added(BatchSheet(self.state, self.panel.work, self.panel.words))

    @cached_property
    def auto(self) -> CaptionSheet:
        """Captions by a model."""
        made = self._added(CaptionSheet(self.state, self.panel.work))
        made.undo_asked.connect(self.view.undo)
        return made

    def _added(self, sheet: S) -> S:
        self.view.middle.addWidget(sheet)
        sheet.closed.connect(self.close)
        sheet.looked_at.connect(lambda key: self.state.select([key]))
        return sheet

    @property
    def _is_open(self) -> bool:
        return isinstance(self.view.middle.currentWidget(), (BatchSheet, CaptionSheet))

    def open_batch(self, kind: str = "", scope: str = "", **values: Any) -> None:
        """Show the sheet that changes many captions."""
        self.batch.open(kind, scope, **values)
        self._show(self.batch)
        self.batch.focus_first()

    def open_auto(self) -> None:
        """Show the sheet on which a model writes captions."""
        self.auto.open()
        self._show(self.auto)
        self.auto.chooser.choice.setFocus()

    def close(self) -> None:
        """Go back to the pictures."""
        if self._is_open:
            filled = bool(self.state.pictures)
            self.view.middle.setCurrentWidget(self.view.stage if filled else self.view.empty)
            self.view.stage.grid.setFocus()

    def _show(self, sheet: Sheet) -> None:
        self.view.pages.setCurrentIndex(0)
        self.view.middle.setCurrentWidget(sheet)

    def _leave_one_primary(self) -> None:
        """A sheet has its own primary button; that of the right column steps back meanwhile."""
        kind = "normal" if self._is_open else "primary"
        restyle(self.view.inspector.train, "kind", kind)

    # Menus

    def follow_tags(self, rows: RowList) -> None:
        """Give the list of tags at the left its menu."""
        rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows.customContextMenuRequested.connect(partial(self._tag_asked, rows))

    def _tag_asked(self, rows: RowList, at: QPoint) -> None:
        index = rows.indexAt(at)
        if index.isValid():
            self.open_tag_menu(index.data(RowRole).key, rows.viewport().mapToGlobal(at))

    def open_tag_menu(self, tag: str, place: QPoint) -> None:
        """What can be done to ``tag`` in all captions."""
        menu = Menu(self.view)
        self.view.sources.tag_panel.fill_menu(menu, tag)
        menu.line()
        menu.add("Rename in all captions…", partial(self.rename, tag), "pencil")
        menu.add("Merge with similar tags…", partial(self.merge, tag), "merge")
        menu.add("Delete from all captions…", partial(self.delete, tag), "trash-2")
        menu.line()
        first = partial(self.open_batch, "first", "all", tags=(tag,))
        menu.add("Move to the front…", first, "arrow-up")
        trigger = partial(self.panel.work.set_trigger_word, tag)
        menu.add("Use as trigger word", trigger, "key-round")
        menu.at(place)

    def rename(self, tag: str) -> None:
        """Rename ``tag`` in all captions."""
        self.open_batch("rename", "all", old=(tag,), new="")
        self.batch.focus_first()

    def merge(self, tag: str) -> None:
        """Merge what is nearly ``tag`` into it."""
        self.session.start(self._merge(tag))

    async def _merge(self, tag: str) -> None:
        words = self.panel.words
        task = words.want()
        if task is not None:
            await task
        near = await self.session.bridge.io(similar, tag, words.counts)
        tags = (tag, *(one.tag for one in near))
        self.open_batch("merge", "all", tags=tags, into=tag)

    def delete(self, tag: str) -> None:
        """Take ``tag`` out of all captions."""
        self.open_batch("delete", "all", tags=(tag,))

    def _open_menu(self, widget: QWidget) -> None:
        menu = Menu(self.view)
        menu.add("Caption the rest from file names", self.view.caption_from_names, "wand-sparkles")
        menu.add("Trigger word…", self.ask_trigger, "key-round")
        menu.line()
        menu.add("Add a tag list…", self.ask_list, "file-input")
        menu.below(widget, right=True)

    # Trigger word

    def ask_trigger(self) -> None:
        """Show the field of the trigger word."""
        self.trigger.open()

    def _put_trigger(self, old: str, new: str) -> None:
        self.open_batch("trigger", "all", old=old, new=new)

    # Lists of tags

    def ask_list(self) -> None:
        """Choose a list of known tags."""
        dialog = QFileDialog(self.view, tr("Add a tag list"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(tr("Tag lists (*.csv)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.add_list(Path(path)))
        dialog.open()

    def add_list(self, path: Path) -> asyncio.Task[Any]:
        """Copy a list of tags to the user's, for completion."""
        return self.session.start(self._add_list(path))

    async def _add_list(self, path: Path) -> None:
        count = await self.panel.words.add_list(path)
        self.session.notify(
            "{n} tag of {name} completes what you type.",
            "{n} tags of {name} complete what you type.",
            n=number(count),
            name=path.name,
        )

    # Actions

    def actions(self) -> list[Action]:
        """What can be done with captions."""
        return [
            self._action("captions-edit", "Edit captions…", self.open_batch, "replace", "Ctrl+H"),
            self._action(
                "captions-model", "Caption automatically…", self.open_auto, "wand-sparkles"
            ),
            self._action("captions-trigger", "Trigger word…", self.ask_trigger, "key-round"),
            self._action("captions-list", "Add a tag list…", self.ask_list, "file-input"),
            self._action(
                "captions-replace",
                "Find and replace in captions…",
                partial(self.open_batch, "replace"),
                "search",
            ),
            self._action(
                "captions-rename", "Rename a tag…", partial(self.open_batch, "rename"), "pencil"
            ),
        ]

    def _action(
        self, name: str, text: str, run: Callable[[], None], icon: str, key: str = ""
    ) -> Action:
        return Action(f"dataset.{name}", text, run, icon, key, self._filled, where)

    def _filled(self) -> bool:
        return bool(self.state.pictures)
