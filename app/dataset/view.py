"""The Dataset workspace: sources at the left, the grid, the inspector, and the crop editor."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.dataset.actions import actions
from app.dataset.arrangement import Arrangement
from app.dataset.board_entry import BoardEntry
from app.dataset.caption_pages import CaptionPages
from app.dataset.counts import Scope
from app.dataset.cull_entry import CullEntry
from app.dataset.cull_page import CullPage
from app.dataset.edit_page import EditPage
from app.dataset.full_view import FullView
from app.dataset.inspector import Inspector
from app.dataset.model import DatasetState
from app.dataset.operations import Operations
from app.dataset.picture_menu import PictureMenu
from app.dataset.sources import SourcesColumn
from app.dataset.stage import Stage
from app.dataset.strip import SourcesStrip
from app.dataset.transfer_entry import TransferEntry
from app.dataset.upkeep import Upkeep
from app.dataset.watch import picture_watch
from app.i18n import tr
from app.widgets.buttons import button
from app.widgets.states import DropOverlay, EmptyState
from app.widgets.thumbnails import ThumbnailCache

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDragMoveEvent,
        QDropEvent,
        QKeyEvent,
        QResizeEvent,
    )

    from app.actions import Action
    from app.session import Session

INVITATION = (
    "Drop a folder of art here",
    "Captions beside the pictures are read too. Nothing is ever written to your pictures.",
)


class View(QWidget):
    """Three columns; the editor takes the place of the first two."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.state = DatasetState(session)
        self.operations = Operations(self.state)
        self.watch = picture_watch(session)
        self.upkeep = Upkeep(session)
        self.thumbnails = ThumbnailCache(parent=self)
        self.sources = SourcesColumn(self.state, self.operations)
        self.strip = SourcesStrip(self.state)
        self.stage = Stage(self.state, self.operations, self.thumbnails)
        self.full = FullView(self.state, self.operations, self.stage.model, self.thumbnails)
        self.inspector = Inspector(self.state, self.operations, self.thumbnails)
        self.empty = EmptyState(
            "images", *INVITATION, button("Choose a folder", "folder-open", on=self.ask_folder)
        )
        self.empty.setProperty("surface", "stage")
        self.empty.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.overlay = DropOverlay(self)
        self.menu = PictureMenu(self)
        self._build()
        self._connect()
        self.captions = CaptionPages(self)
        self.captions.follow_tags(self.sources.tags)
        self.culling = CullEntry(self)
        self.board = BoardEntry(self)
        self.transfer = TransferEntry(self)
        self.board.page.outside = self.transfer.drops
        self._show_right_page()
        self._keep_thumbnails()

    def _build(self) -> None:
        self.middle = QStackedWidget()
        for page in (self.stage, self.full, self.empty):
            self.middle.addWidget(page)
        browse = QWidget()
        row = QHBoxLayout(browse)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.strip)
        row.addWidget(self.sources)
        row.addWidget(self.middle, 1)
        row.addWidget(self.inspector)
        self._arrangement = Arrangement(self, browse)
        self.columns = self._arrangement.columns
        self.pages = QStackedWidget()
        self.pages.addWidget(browse)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        self.sources.add_asked.connect(self.ask_folder)
        self.stage.edit_asked.connect(self.edit)
        self.stage.view_asked.connect(self.look)
        self.stage.grid.customContextMenuRequested.connect(self.menu.open)
        self.full.key_pressed = self._full_key
        self.sources.taken.connect(self._to_grid)
        self.inspector.previews.crop_asked.connect(self.edit)
        self.full.closed.connect(self._close_full)
        self.full.stepped.connect(self.stage.step)
        self.inspector.export.clicked.connect(lambda *_: self.export())
        self.inspector.train.clicked.connect(lambda *_: self.session.go("train"))
        self.inspector.outlook.warning_chosen.connect(self._show_warning)
        self.inspector.outlook.bucket_chosen.connect(self._show_warning)
        self.state.reloaded.connect(self._show_right_page)
        self.session.project_changed.connect(self._project_changed)
        self.destroyed.connect(self.thumbnails.close)

    @cached_property
    def editor(self) -> EditPage:
        """The editor, made when it is first wanted: it takes longer than all that is seen first."""
        made = EditPage(self.state, self.operations, self.stage.model, self.thumbnails)
        made.column.setFixedWidth(self.inspector.width())
        made.closed.connect(self._close_crop)
        self.pages.addWidget(made)
        return made

    @property
    def is_editor_made(self) -> bool:
        """Whether there is an editor already."""
        return "editor" in self.__dict__

    @property
    def is_editing(self) -> bool:
        """Whether the editor is shown."""
        return isinstance(self.pages.currentWidget(), EditPage)

    def receive(self, **payload: object) -> None:
        """``picture`` names a picture's id to select, ``scope`` a Scope to show."""
        scope, picture = payload.get("scope"), payload.get("picture")
        if isinstance(scope, Scope):
            self.state.set_scope(scope)
        if isinstance(picture, int):
            self._close_crop()
            self.stage.show_all()
            self.stage.choose(picture)

    def focus_target(self) -> QWidget:
        """What takes the keys when the page is shown: the pictures, so that P and X work."""
        if self.is_editing:
            return self.editor.view
        if self.culling.shown is not None:
            return self.culling.shown
        if self.board.shown:
            return self.board.page
        shown = self.middle.currentWidget()
        return shown if shown in (self.full, self.empty) else self.stage.grid

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What can be done here."""
        return actions(self)

    # What a user can do

    def pick(self) -> None:
        """Mark the selection as picked, or take the mark away."""
        self.operations.flag(self.state.selected, "picked")

    def reject(self) -> None:
        """Reject the selection, or take it back."""
        self.operations.flag(self.state.selected, "rejected")

    def hold_out(self) -> None:
        """Hold the selection out, or take it back."""
        self.operations.hold_out(self.state.selected)

    def hold_out_some(self) -> None:
        """Hold a tenth of the pictures out."""
        self.operations.hold_out_some()

    def reject_suggested(self) -> None:
        """Reject blurred and tiny pictures and all copies but the best."""
        kinds = ("blurred", "too-small", "duplicate", "unreadable")
        ids = {s.picture_id for s in self.state.suggestions if s.kind in kinds and not s.keep}
        found = [self.state.pictures[key] for key in sorted(ids)]
        found = [picture for picture in found if picture.flag != "rejected"]
        if found:
            self.operations.flag(found, "rejected")
        else:
            self.session.notify("Nothing is blurred, too small or a copy.")

    def caption_from_names(self) -> None:
        """Give pictures without a caption the words of their file names."""
        self.operations.caption_from_names()

    def undo(self) -> None:
        """Take the last change of the dataset back."""
        if self.is_editing:
            self.editor.undo()
        elif isinstance(self.culling.shown, CullPage):
            self.culling.page.back()
        else:
            self.operations.undo()

    def redo(self) -> None:
        """Make it again."""
        if self.is_editing:
            self.editor.redo()
        else:
            self.operations.redo()

    def edit(self) -> None:
        """Open the editor on the current picture."""
        picture = self.state.current
        if picture is not None and not picture.problem:
            self.session.start(self._edit())

    def ask_folder(self) -> None:
        """Choose a folder of art to add, or to open when no project is open."""
        dialog = QFileDialog(self, tr("Add a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.add([Path(path)]))
        dialog.open()

    def add(self, folders: list[Path]) -> None:
        """Add folders to the project; the first one opens a project when there is none."""
        if self.session.project is None:
            self.session.open_folder(folders[0])
            return
        self.operations.add_folders(folders)

    def export(self) -> None:
        """Choose how and where the pictures are handed out."""
        self.transfer.ask_export()

    async def _edit(self) -> None:
        picture = self.state.current
        if picture is not None:
            await self.editor.open(picture)
            self.pages.setCurrentWidget(self.editor)
            self.editor.view.setFocus()

    def _close_crop(self) -> None:
        self.pages.setCurrentIndex(0)
        self.focus_target().setFocus()

    def look(self) -> None:
        """Show the current picture as large as the stage."""
        if self.state.current is not None:
            self.middle.setCurrentWidget(self.full)
            self.full.setFocus()

    def _full_key(self, event: QKeyEvent) -> bool:
        """The keys of the grid decide about a picture in full view too."""
        if event.key() == Qt.Key.Key_C and not event.modifiers():
            self.stage.categories.open_at(self.full.middle)
        elif event.key() == Qt.Key.Key_F:
            self.filter()
        else:
            return self.stage.grid.key_pressed(event)
        return True

    def filter(self) -> None:
        """Write into the filter."""
        self.pages.setCurrentIndex(0)
        self.middle.setCurrentWidget(self.stage)
        self.stage.bar.words.setFocus()
        self.stage.bar.words.selectAll()

    def _to_grid(self) -> None:
        """After a choice at the left the keys are the pictures' again."""
        if self.middle.currentWidget() is self.stage:
            self.stage.grid.setFocus()

    def _close_full(self) -> None:
        self.middle.setCurrentWidget(self.stage)
        self.stage.grid.setFocus()

    def _show_warning(self, key: str) -> None:
        self.state.set_scope(Scope("ids", key, self.inspector.outlook.ids_of(key)))

    def _project_changed(self, _project: object) -> None:
        self.pages.setCurrentIndex(0)
        self._keep_thumbnails()

    def _keep_thumbnails(self) -> None:
        project = self.session.project
        self.thumbnails.use_folder(project.cache / "thumbnails" if project is not None else None)

    def _show_right_page(self) -> None:
        filled = bool(self.state.pictures)
        appeared = filled and self.middle.currentWidget() is self.empty
        if appeared:
            self.middle.setCurrentWidget(self.stage)
        elif not filled:
            self.middle.setCurrentWidget(self.empty)
            self._say_why_empty()
        self._arrangement.follow()
        if appeared and self.isVisible():
            # Qt would give the focus to the filter, and the first P or X would be a word.
            self.stage.grid.setFocus()

    def _say_why_empty(self) -> None:
        project = self.session.project
        if project is None or self.state.loading:
            self.empty.say(*INVITATION)
            return
        self.empty.say(
            "No picture was found",
            "There are no pictures in {path}. Add PNG, JPEG, WebP, BMP, TIFF, GIF or AVIF files "
            "and open it again, or drop another folder here.",
            path=", ".join(folder.path for folder in project.file.folders) or project.root,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrangement.follow()

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._offer(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._offer(event)  # a key that is pressed on the way changes what will happen

    def _offer(self, event: QDropEvent) -> None:
        words = self.transfer.drops.offer(event)
        if words:
            event.acceptProposedAction()
            self.overlay.offer(words)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        if self.transfer.drops.offer(event):
            event.acceptProposedAction()
            self.transfer.drops.take(event)
