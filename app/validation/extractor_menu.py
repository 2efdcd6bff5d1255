"""What pictures are compared by: what is built in, a model that is there, or a download."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.i18n import tr
from engine.validation.features_catalogue import (
    KNOWN,
    SCRIPTS,
    DownloadExtractorRequest,
    KnownExtractor,
    find_extractors,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session
    from app.validation.evidence import EvidenceState


class ExtractorMenu:
    """Opens over ``owner``; another choice measures the grid again by ``measure``."""

    def __init__(
        self,
        owner: QWidget,
        session: Session,
        evidence: EvidenceState,
        measure: Callable[[], None],
    ) -> None:
        self._owner, self._session = owner, session
        self._evidence, self._measure = evidence, measure
        self.menu: QMenu | None = None
        self.dialog: QFileDialog | None = None

    def open(self) -> None:
        """Look for models off the UI thread, then show the menu."""
        self._session.start(self._open())

    async def _open(self) -> None:
        found = await self._session.bridge.io(find_extractors)
        menu = self.menu = QMenu(self._owner)
        again = menu.addAction(tr("Measure again"), self._measure)
        again.setEnabled(not self._evidence.measuring)
        menu.addSeparator()
        self._add(menu, tr("By edges and colors, built in"), "")
        chosen = self._evidence.measured_by.path
        for path in dict.fromkeys([*map(str, found), *([chosen] if chosen else [])]):
            self._add(menu, tr("By {name}", name=Path(path).name), path)
        menu.addSeparator()
        menu.addAction(tr("Choose a folder of DINOv2 or CLIP…"), lambda: self._ask(folder=True))
        menu.addAction(tr("Choose an SSCD file…"), lambda: self._ask(folder=False))
        for known in KNOWN:
            if known.folder not in found:
                words = tr("Download {name}, {n} MB", name=known.label, n=known.megabytes)
                menu.addAction(words, partial(self._download, known))
        menu.popup(self._owner.mapToGlobal(QPoint(0, self._owner.height())))

    def _add(self, menu: QMenu, words: str, path: str) -> None:
        action = menu.addAction(words, lambda: self.choose(path))
        action.setCheckable(True)
        action.setChecked(self._evidence.measured_by.path == path)

    def choose(self, path: str) -> None:
        """Compare pictures by the model at ``path``, by the built-in one without."""
        if path != self._evidence.measured_by.path:
            self._evidence.measured_by.choose(path)
            self._measure()

    def _ask(self, *, folder: bool) -> None:
        pattern = "SSCD (" + " ".join(f"*{one}" for one in SCRIPTS) + ")"
        dialog = QFileDialog(self._owner, tr("How it is measured"), "", "" if folder else pattern)
        mode = QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(self.choose)
        dialog.open()
        self.dialog = dialog

    def _download(self, known: KnownExtractor) -> None:
        self._session.bridge.submit(DownloadExtractorRequest(extractor=known.id))
        self._session.notify("{name} is being downloaded; the queue shows it.", name=known.label)
