"""The left column of Models: kinds, families, folders, and at its foot what is being copied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.models.intake import Intake
from app.models.model import ModelList
from app.models.reader import Shelf
from app.theme import icons, metrics
from app.widgets.buttons import tool_button
from app.widgets.fields import Check
from app.widgets.layouts import clear_layout
from app.widgets.panel import Column, Panel, padded
from app.widgets.row_list import Row, RowList
from app.widgets.states import ProgressRow
from app.widgets.text import label

KINDS = (
    ("", "All models", "boxes"),
    ("base", "Base models", "box"),
    ("lora", "LoRA", "layers-2"),
    ("unknown", "Cannot be used", "triangle-alert"),
)


class LibraryColumn(Column):
    """Narrows what the table shows; ``wanted`` carries the filter. Rows tell what there is."""

    wanted = Signal(object)
    add_files = Signal()
    add_folder = Signal()
    remove_folder = Signal(str)

    def __init__(self, models: ModelList, intake: Intake) -> None:
        super().__init__(metrics.LEFT, "left")
        self._list, self._intake = models, intake
        self.kinds, self.folders = RowList(), RowList()
        self.families = Panel("Family")
        self.ticks: dict[str, Check] = {}
        self._families: list[tuple[str, str, int]] = []
        self._own = self._runs = self._team = ""
        self._places: list[tuple[str, bool]] = []
        library = Panel("Library")
        library.add_action(tool_button("plus", "Add files…", self.add_files.emit, dense=True))
        library.body.addWidget(self.kinds)
        folders = Panel("Folders")
        add = tool_button("folder-plus", "Add a model folder…", self.add_folder.emit, dense=True)
        folders.add_action(add)
        folders.body.addWidget(self.folders)
        for panel in (library, self.families, folders):
            self.add(panel)
        self.copying = ProgressRow("", pausable=False)
        self.copying.stopped.connect(intake.stop)
        self.add_foot(self.copying, 1)
        self._show_copying()
        intake.changed.connect(self._show_copying)
        self.kinds.chosen.connect(self._choose_kind)
        self.folders.chosen.connect(self._choose_folder)
        self.folders.menu_asked.connect(self._offer)
        language_signals.changed.connect(self.refresh)

    def show_folders(self, shelf: Shelf) -> None:
        """Know the user's own folder, the chosen ones, and the runs; ``refresh`` lists them."""
        self._own = str(shelf.own)
        self._team = str(shelf.team)
        self._runs = str(shelf.runs) if shelf.runs is not None else ""
        self._places = [(str(folder), there) for folder, there in shelf.folders]

    def refresh(self) -> None:
        """Count again, in the language of the moment."""
        self._show_kinds()
        self._show_families()
        self._show_folders()

    def _show_kinds(self) -> None:
        self.kinds.set_rows(
            [
                Row(kind or "all", tr(text), str(self._list.count(kind)), icon=icon)
                for kind, text, icon in KINDS
                if not kind or kind == self._list.filter.kind or self._list.count(kind)
            ]
        )
        chosen = self._list.filter
        self.kinds.set_current("" if chosen.folder else chosen.kind or "all")

    def _show_families(self) -> None:
        families = self._list.families()
        if families != self._families:  # a tick that was just clicked keeps the keyboard
            self._families, self.ticks = families, {}
            clear_layout(self.families.body)
            for family, title, count in families:
                tick = self.ticks[family] = Check(title)
                tick.changed.connect(lambda on, family=family: self._tick(family, on))
                self.families.body.addWidget(padded(_counted(tick, count)))
        for family, tick in self.ticks.items():
            tick.set_value(family not in self._list.filter.hidden_families)

    def _show_folders(self) -> None:
        if not self._own:
            return
        rows = [self._row(self._own, tr("Model folder"))]
        if self._list.count_in(self._team):
            rows.append(self._row(self._team, tr("Team library")))
        for folder, there in self._places:
            name = Path(folder).name or folder
            gone = Row(folder, name, tr("missing"), icon="folder-x", icon_tone="err", tone="err",
                       tip=folder)  # fmt: skip
            rows.append(self._row(folder, name) if there else gone)
        if self._runs:
            rows.append(self._row(self._runs, tr("Runs of this project")))
        self.folders.set_rows(rows)
        self.folders.set_current(self._list.filter.folder)

    def _row(self, folder: str, name: str) -> Row:
        count = str(self._list.count_in(folder))
        return Row(folder, name, count, icon="folder", tip=folder)

    def _choose_kind(self, kind: str) -> None:
        self._want(kind="" if kind == "all" else kind, folder="")

    def _choose_folder(self, folder: str) -> None:
        self._want(kind="", folder="" if folder == self._list.filter.folder else folder)

    def _tick(self, family: str, on: bool) -> None:
        hidden = self._list.filter.hidden_families
        self._want(hidden_families=hidden - {family} if on else hidden | {family})

    def _want(self, **values: Any) -> None:
        self.wanted.emit(replace(self._list.filter, **values))

    def _offer(self, folder: str, place: QPoint) -> None:
        menu = QMenu(self)
        show = menu.addAction(icons.icon("folder-open", 14), tr("Open the folder"))
        show.triggered.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)))
        if folder in [path for path, _ in self._places]:
            remove = menu.addAction(icons.icon("x", 14), tr("Remove from the library"))
            remove.triggered.connect(lambda: self.remove_folder.emit(folder))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _show_copying(self) -> None:
        copying = self._intake.copying
        self._foot.setVisible(copying is not None)
        self._foot_line.setVisible(copying is not None)
        if copying is not None:
            part = copying.done / copying.total if copying.total else 0.0
            name = tr("Copying {name}", name=copying.name) if copying.name else ""
            self.copying.set_progress(part, name, self._intake.seconds_left())


def _counted(tick: Check, count: int) -> QWidget:
    box = QWidget()
    box.setFixedHeight(metrics.ROW)
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(tick)
    row.addStretch(1)
    told = label(tone="quiet")
    told.setText(number(count))
    row.addWidget(told)
    return box
