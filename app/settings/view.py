"""The settings page. Every change applies at once and is remembered; nothing waits for an OK."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.actions import Action
from app.i18n import tr
from app.session import Session
from app.settings.keys_section import KeysSection
from app.settings.switches import LanguageSwitch, ThemeSwitch
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Check, FieldRow, NumberField, row
from app.widgets.layouts import clear_layout
from app.widgets.text import ElidedLabel, hairline, label
from engine.project.settings import data_dir, library_folder

WIDTH = 640


class View(QWidget):
    """One column of sections in the middle of the stage."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._folders = QVBoxLayout()
        self._folders.setSpacing(0)
        page = QWidget()
        page.setMaximumWidth(WIDTH)
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(24, 44, 24, 24)
        self._column.setSpacing(0)
        self._build()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        scroll.setWidget(page)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self._list_folders()
        session.settings_changed.connect(self._list_folders)

    def receive(self, **payload: Any) -> None:
        """Nothing is handed to the settings."""

    def actions(self) -> list[Action]:  # type: ignore[override]
        """Folders that a user looks for."""
        return [
            Action("settings.data", "Open the data folder", self._open_data, "folder-open"),
            Action("settings.models", "Add a model folder…", self._add_folder, "folder-plus"),
        ]

    def _build(self) -> None:
        column = self._column
        column.addWidget(label("Settings", size=24, weight=600))
        column.addSpacing(24)
        self._section("Interface")
        column.addWidget(_field("Language", LanguageSwitch(self._session)))
        column.addWidget(_field("Theme", ThemeSwitch(self._session)))
        self.calm = Check("Reduce motion", self._session.settings.reduce_motion)
        self.calm.changed.connect(lambda on: self._session.change_settings(reduce_motion=bool(on)))
        hint = "Columns and messages appear at once, without sliding."
        column.addWidget(_field("Motion", self.calm, hint))
        self._section("Work")
        threads = NumberField(0, 256)
        threads.setFixedWidth(80)
        threads.set_value(self._session.settings.torch_threads)
        threads.changed.connect(lambda n: self._session.change_settings(torch_threads=int(n)))
        hint = "0 lets Stylekiln choose: one core less than there are. Used from the next start on."
        column.addWidget(_field("Threads", threads, hint))
        self._section("Keyboard")
        self.keys = KeysSection(self._session)
        column.addWidget(self.keys)
        self._section("Folders")
        data = QWidget()
        line = QHBoxLayout(data)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(ElidedLabel(str(data_dir()), Qt.TextElideMode.ElideMiddle), 1)
        line.addWidget(button("Open", "folder-open", on=self._open_data))
        column.addWidget(
            FieldRow(
                "Data folder",
                data,
                "Projects made from plain folders, settings and the queue are kept here.",
                label_width=160,
                padded=False,
            )
        )
        column.addSpacing(12)
        column.addWidget(label("Model folders", tone="label"))
        column.addSpacing(4)
        column.addLayout(self._folders)
        column.addSpacing(8)
        add = button("Add a model folder…", "folder-plus", on=self._add_folder)
        column.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(12)
        column.addWidget(self._team_field())
        column.addStretch(1)

    def _team_field(self) -> FieldRow:
        self.team = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        self.team_reset = tool_button("x", "Use the folder among my models", self._forget_team)
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.team, 1)
        line.addWidget(self.team_reset)
        line.addWidget(button("Choose", "folder-open", on=self._choose_team))
        hint = "Checkpoints that are approved in Validate are copied here with their verdict."
        return FieldRow("Team library", box, hint, label_width=160, padded=False)

    def _show_team(self) -> None:
        chosen = self._session.settings.team_library
        self.team.setText(str(library_folder(self._session.settings)))
        self.team_reset.setVisible(bool(chosen))

    def _choose_team(self) -> None:
        dialog = QFileDialog(self, tr("Choose the team's library"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._take_team)
        dialog.open()

    def _take_team(self, folder: str) -> None:
        self._session.change_settings(team_library=str(Path(folder)))

    def _forget_team(self) -> None:
        self._session.change_settings(team_library="")

    def _section(self, key: str) -> None:
        self._column.addSpacing(12)
        self._column.addWidget(hairline("panel"))
        self._column.addSpacing(12)
        self._column.addWidget(label(key, weight=600))
        self._column.addSpacing(8)

    def _list_folders(self, _: object = None) -> None:
        self._show_team()
        clear_layout(self._folders)
        for folder in self._session.settings.model_folders:
            self._folders.addWidget(self._folder_row(folder))
        if not self._session.settings.model_folders:
            words = "Only the folder “models” inside the data folder is searched."
            none = label(words, tone="quiet")
            self._folders.addWidget(none)

    def _folder_row(self, folder: str) -> QWidget:
        name = ElidedLabel(folder, Qt.TextElideMode.ElideMiddle)
        remove = tool_button("x", "Remove", partial(self._remove, folder), dense=True)
        box = row(name, remove)
        box.setFixedHeight(metrics.ROW)
        return box

    def _open_data(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(data_dir())))

    def _add_folder(self) -> None:
        dialog = QFileDialog(self, tr("Choose a folder of models"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._added)
        dialog.open()

    def _added(self, folder: str) -> None:
        known = self._session.settings.model_folders
        if folder not in known:
            self._session.change_settings(model_folders=(*known, str(Path(folder))))

    def _remove(self, folder: str) -> None:
        kept = tuple(one for one in self._session.settings.model_folders if one != folder)
        self._session.change_settings(model_folders=kept)


def _field(key: str, control: QWidget, hint: str = "") -> FieldRow:
    box = QWidget()
    line = QHBoxLayout(box)
    line.setContentsMargins(0, 0, 0, 0)
    line.addWidget(control)
    line.addStretch(1)
    made = FieldRow(key, box, hint, label_width=160, padded=False)
    control.setAccessibleName(tr(key))
    return made
