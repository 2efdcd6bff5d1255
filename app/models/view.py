"""The Models workspace: library and family at the left, the table, and the inspector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.actions import Action
from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import size
from app.models.files import copy_models
from app.models.inspector import Inspector
from app.models.model import InfoRole, ModelList
from app.models.table import ModelTable, TableHead
from app.session import Session
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.columns import SideColumns
from app.widgets.fields import Check, TextField
from app.widgets.layouts import clear_layout
from app.widgets.panel import Column, Panel, padded
from app.widgets.row_list import Row, RowList
from app.widgets.states import EmptyState
from app.widgets.text import hairline, label
from engine.models.catalogue import list_models, model_folders
from engine.models.inspect import MODEL_SUFFIXES, ModelInfo
from engine.runtime.events import Event

KINDS = (
    ("", "All models", "boxes"),
    ("base", "Base models", "box"),
    ("lora", "LoRA", "layers-2"),
    ("unknown", "Cannot be used", "triangle-alert"),
)


class View(QWidget):
    """What models are at hand. The list is read off the UI thread whenever the page is shown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.list = ModelList(self)
        self.table = ModelTable()
        self.table.setModel(self.list)
        self.inspector = Inspector(session)
        self._kinds, self._folders = RowList(), RowList()
        self._folder_paths: list[Path] = []
        self._families = Panel("Family")
        self._count = label(tone="quiet")
        self._count_text = bind(self._count.setText, "")
        self._build()
        self._kinds.chosen.connect(self._choose_kind)
        self.table.selectionModel().currentChanged.connect(self._chosen)
        language_signals.changed.connect(self._show_counts)
        language_signals.changed.connect(self._translate)
        session.settings_changed.connect(self._settings_changed)
        session.engine_event.connect(self._hear)
        session.job_finished.connect(lambda _: self._refresh_seen())

    def focus_target(self) -> QWidget:
        """What takes the keyboard when the page is shown."""
        return self.table

    def receive(self, add: bool = False, path: str = "", **payload: Any) -> None:
        """``add`` asks for model files at once; ``path`` chooses a model."""
        if path:
            self._session.start(self._read(path))
        if add:
            self.add_files()

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What can be done here."""
        return [
            Action("models.add", "Add files…", self.add_files, "plus", "Ctrl+O", where="models"),
            Action("models.refresh", "Look again", self.refresh, "rotate-cw", "F5", where="models"),
        ]

    def refresh(self) -> None:
        """Read the folders again."""
        self._session.start(self._read())

    def _settings_changed(self, _: object) -> None:
        self._refresh_seen()

    def _hear(self, event: Event) -> None:
        if event.kind == "train.checkpoint":
            self._refresh_seen()

    def _refresh_seen(self) -> None:
        """A page that is not seen reads again when it is shown."""
        if self.isVisible():
            self.refresh()

    def _build(self) -> None:
        left = Column(metrics.LEFT, "left")
        library = Panel("Library")
        library.add_action(tool_button("plus", "Add files…", self.add_files, dense=True))
        library.body.addWidget(self._kinds)
        folders = Panel("Folders")
        add = tool_button(
            "folder-cog", "Settings", lambda: self._session.go("settings"), dense=True
        )
        folders.add_action(add)
        folders.body.addWidget(self._folders)
        for panel in (library, self._families, folders):
            left.add(panel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        stage = self._stage()
        row.addWidget(left)
        row.addWidget(stage, 1)
        row.addWidget(self.inspector)
        self.columns = SideColumns(self, stage, self._session, "models")
        self.columns.add(left, "left", metrics.LEFT)
        self.columns.add(self.inspector, "right", self.inspector.preferred_width)
        self.columns.keys_on(self.table)

    def _stage(self) -> QWidget:
        stage = QWidget()
        stage.setProperty("surface", "stage")
        stage.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tool_bar())
        column.addWidget(hairline("column"))
        column.addWidget(TableHead())
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.table)
        empty = EmptyState(
            "boxes",
            "No model matches",
            "Clear the search, or tick more families at the left.",
            button("Show all models", on=self._show_all),
        )
        self._pages.addWidget(empty)
        column.addWidget(pages, 1)
        return stage

    def _tool_bar(self) -> QWidget:
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(metrics.TOOLBAR)
        self.search = TextField("Name, trigger word or family")
        self.search.setMaximumWidth(300)
        self.search.textChanged.connect(
            lambda text: self._filter(replace(self.list.filter, text=text))
        )
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.search, 1)
        row.addWidget(self._count)
        row.addStretch(1)
        row.addWidget(button("Add files…", "plus", on=self.add_files))
        return bar

    async def _read(self, choose: str = "") -> None:
        project = self._session.project
        runs = project.runs if project is not None else None
        folders = await self._session.bridge.io(model_folders)
        models = await self._session.bridge.io(list_models, folders, runs)
        before = choose or (str(self._current.path) if self._current else "")
        place = self.table.verticalScrollBar().value()
        self.list.set_models(models)
        self._show_families()
        self._folder_paths = folders
        self._show_folders()
        self._show_counts()
        self._choose_path(before)
        self.table.verticalScrollBar().setValue(place)

    def _translate(self) -> None:
        self._show_families()
        self._show_folders()

    def _show_folders(self) -> None:
        folders = self._folder_paths
        if not folders:
            return
        self._folders.set_rows(
            [
                Row(str(folder), folder.name, icon="folder", tip=str(folder))
                if folder.is_dir()
                else Row(str(folder), folder.name, tr("missing"), icon="folder-x", tone="err")
                for folder in folders[1:]
            ]
            or [Row("own", folders[0].name, icon="folder", tip=str(folders[0]))]
        )

    @property
    def _current(self) -> ModelInfo | None:
        row = (
            self.table.currentIndex().data(InfoRole)
            if self.table.currentIndex().isValid()
            else None
        )
        return row if isinstance(row, ModelInfo) else None

    def _choose_path(self, path: str) -> None:
        rows = range(self.list.rowCount())
        infos = [(row, self.list.index(row).data(InfoRole)) for row in rows]
        models = [(row, info) for row, info in infos if isinstance(info, ModelInfo)]
        wanted = next((row for row, info in models if str(info.path) == path), None)
        if wanted is None and models:
            wanted = models[0][0]
        if wanted is not None:
            self.table.setCurrentIndex(self.list.index(wanted))

    def _chosen(self, index: QModelIndex) -> None:
        info = index.data(InfoRole) if index.isValid() else None
        self.inspector.show_model(info if isinstance(info, ModelInfo) else None)

    def _choose_kind(self, kind: str) -> None:
        self._filter(replace(self.list.filter, kind="" if kind == "all" else kind))

    def _filter(self, wanted: Any) -> None:
        self.list.set_filter(wanted)
        self._show_counts()
        self._choose_path("")

    def _show_all(self) -> None:
        self.search.clear()
        self.list.set_filter(type(self.list.filter)())
        self._show_families()
        self._show_counts()
        self._choose_path("")

    def _show_counts(self) -> None:
        shown = self.list.shown
        self._kinds.set_rows(
            [
                Row(kind or "all", tr(text), str(self.list.count(kind)), icon=icon)
                for kind, text, icon in KINDS
                if not kind or self.list.count(kind)
            ]
        )
        self._kinds.set_current(self.list.filter.kind or "all")
        total = size(sum(info.bytes for info in shown))
        self._count_text.say("1 model, {size}", "{n} models, {size}", n=len(shown), size=total)
        self._pages.setCurrentIndex(0 if shown or not self.list.models else 1)
        self.table.viewport().update()
        self._chosen(self.table.currentIndex())

    def _show_families(self) -> None:
        body = self._families.body
        clear_layout(body)
        for family, title, _count in self.list.families():
            tick = Check(title, family not in self.list.filter.hidden_families)
            tick.changed.connect(lambda on, family=family: self._tick(family, on))
            body.addWidget(padded(tick))

    def _tick(self, family: str, on: bool) -> None:
        hidden = self.list.filter.hidden_families
        hidden = hidden - {family} if on else hidden | {family}
        self._filter(replace(self.list.filter, hidden_families=hidden))

    def add_files(self) -> None:
        """Ask for model files and copy them into the model folder."""
        dialog = QFileDialog(self, tr("Choose model files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{suffix}" for suffix in MODEL_SUFFIXES)
        dialog.setNameFilter(f"{tr('Models')} ({patterns})")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(
            lambda files: self._session.start(self._add([Path(file) for file in files]))
        )
        dialog.open()

    async def _add(self, files: list[Path]) -> None:
        copied = await self._session.bridge.io(copy_models, files)
        await self._read(str(copied.paths[0]) if copied.paths else "")
        if copied.paths:
            self._session.notify("Models added: {n}.", n=len(copied.paths))
        for error in copied.errors:
            self._session.show_error(error)

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() + metrics.RAIL < metrics.NARROW
        self.columns.set_natural(self.inspector, 300 if narrow else 344)
