"""The question about dropped pictures that lie in no folder of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class AskCopy(QDialog):
    """``copied`` wants copies in the project, ``linked`` the folders the pictures lie in."""

    copied = Signal()
    linked = Signal()

    def __init__(self, files: Sequence[Path], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        folders = list(dict.fromkeys(path.parent for path in files))
        self.title = label(size=15, weight=600)
        self.title.setText(tr("Add {n} picture", "Add {n} pictures", n=len(files)))
        self.words = label(
            "A copy stays with the project. When the folder {folder} is added nothing is copied,"
            " and all of its pictures come along.",
            tone="label",
            wrap=True,
            folder=", ".join(folder.name for folder in folders),
        )
        self.link = button("Add the folder", "folder-plus", on=self._link)
        self.copy = button("Copy into the project", "copy", "primary", on=self._copy)
        self.setWindowTitle(self.title.text())
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(metrics.GAP)
        column.addWidget(self.title)
        column.addWidget(self.words)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, metrics.GAP, 0, 0)
        foot.setSpacing(metrics.GAP)
        foot.addStretch(1)
        self.cancel = button("Cancel", on=self.reject)
        self.copy.setDefault(True)
        for widget in (self.cancel, self.link, self.copy):
            foot.addWidget(widget)
        column.addLayout(foot)
        self.setMinimumWidth(440)

    def _copy(self) -> None:
        self.copied.emit()
        self.accept()

    def _link(self) -> None:
        self.linked.emit()
        self.accept()
