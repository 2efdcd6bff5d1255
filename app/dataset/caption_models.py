"""Which model writes the captions: those on this computer, and those that can be downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.caption_memory import CaptionMemory
from app.i18n import bind, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Choice, FieldRow, TextField
from app.widgets.states import ProgressRow
from app.widgets.text import label
from engine.dataset.captioners import KNOWN, Captioner, find_captioners, known, recognize
from engine.dataset.tagging import DownloadCaptionerRequest
from engine.runtime.errors import JobCancelled

if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from app.session import Session
    from engine.runtime.job import JobHandle


HUB = "https://huggingface.co"


class CaptionerChooser(QWidget):
    """A list of captioners. One that is not here yet shows where it would be downloaded from, and
    nothing is, before the user asks. ``changed`` carries the Captioner, or None.
    """

    changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.memory = CaptionMemory()
        self.found: list[Captioner] = []
        self.handle: JobHandle | None = None
        self._loaded = False
        self.choice = Choice(plain=True)
        self.add = button("Add a folder…", "folder-plus", dense=True, on=self.ask_folder)
        self.missing = label(tone="label", wrap=True)
        self._missing_text = bind(self.missing.setText, "")
        self.endpoint = TextField()
        self.download = button("Download", "download", dense=True, on=self.start_download)
        self.progress = ProgressRow("", pausable=False)
        self._build()
        self.endpoint.setPlaceholderText(HUB)
        self.choice.changed.connect(lambda _: self._chosen())
        self.endpoint.editingFinished.connect(self._keep_endpoint)
        self.progress.stopped.connect(self._stop)
        session.job_changed.connect(self._job_changed)

    def _build(self) -> None:
        self.offer = QWidget()
        offer = QVBoxLayout(self.offer)
        offer.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        offer.setSpacing(metrics.GAP_FIELDS)
        hint = "A mirror of the Hugging Face Hub; leave it empty to use the Hub."
        offer.addWidget(self.missing)
        offer.addWidget(FieldRow("Download from", self.endpoint, hint, padded=False))
        offer.addWidget(self.download, 0, Qt.AlignmentFlag.AlignLeft)
        offer.addWidget(self.progress)
        self.progress.hide()
        tools = QHBoxLayout()
        tools.setContentsMargins(
            metrics.PAD + metrics.LABEL + metrics.GAP, 0, metrics.PAD, metrics.PAD
        )
        tools.addWidget(self.add)
        tools.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, metrics.GAP, 0, 0)
        column.setSpacing(0)
        column.addWidget(FieldRow("Model", self.choice))
        column.addLayout(tools)
        column.addWidget(self.offer)

    @property
    def captioner(self) -> Captioner | None:
        """The one that is chosen, when it is on this computer."""
        value = self.choice.value
        return next((one for one in self.found if str(one.folder) == value), None)

    def load(self) -> asyncio.Task[Any]:
        """Look what is on this computer."""
        return self.session.start(self._load())

    def save(self) -> asyncio.Task[Any]:
        """Remember what was chosen."""
        return self.session.start(self.session.bridge.io(self.memory.save))

    async def _load(self) -> None:
        if not self._loaded:
            self.memory = await self.session.bridge.io(CaptionMemory.load)
            self._loaded = True
            self.endpoint.set_value(self.memory.endpoint)
        self.found = await self.session.bridge.io(find_captioners, self.memory.folders)
        self._list()

    def _list(self) -> None:
        here = [(str(one.folder), one.name) for one in self.found]
        folders = {one.folder for one in self.found}
        others = [
            (one.id, tr("{name} (download)", name=one.label))
            for one in KNOWN
            if one.folder not in folders
        ]
        first = not self.choice.count()
        self.choice.set_options([*here, *others])
        if first:
            self.choice.set_value(self.memory.captioner)
        self._chosen()

    def _chosen(self) -> None:
        value = str(self.choice.value or "")
        wanted = known(value) if self.captioner is None else None
        self.offer.setVisible(wanted is not None)
        if wanted is not None:
            self._missing_text.say(
                "{name} is not on this computer. It is downloaded only when you ask for it.",
                "",
                name=wanted.label,
            )
        elif self.captioner is not None and value != self.memory.captioner:
            self.memory.captioner = value
            self.save()
        self.changed.emit(self.captioner)

    # Folders

    def ask_folder(self) -> None:
        """Choose a folder with a captioner, or with several."""
        dialog = QFileDialog(self, tr("Add a folder with a captioner"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.add_folder(Path(path)))
        dialog.open()

    def add_folder(self, folder: Path) -> asyncio.Task[Any]:
        """Remember ``folder`` and choose what is in it; one without a captioner is an error."""
        return self.session.start(self._add_folder(folder))

    async def _add_folder(self, folder: Path) -> None:
        inside = await self.session.bridge.io(find_captioners, [folder])
        fresh = [one for one in inside if one not in self.found]
        if not fresh:
            await self.session.bridge.io(recognize, folder)  # says what is wrong with it
        if str(folder) not in self.memory.folders:
            self.memory.folders.append(str(folder))
            self.save()
        await self._load()
        mine = [one for one in self.found if folder in (one.folder, one.folder.parent)]
        if mine:
            self.choice.set_value(str(mine[0].folder))
            self._chosen()

    # Downloads

    def _keep_endpoint(self) -> None:
        if self.endpoint.text().strip() != self.memory.endpoint:
            self.memory.endpoint = self.endpoint.text().strip()
            self.save()

    def start_download(self) -> None:
        """Fetch the chosen captioner."""
        wanted = known(str(self.choice.value))
        if wanted is not None and self.handle is None:
            self._keep_endpoint()
            self.session.start(self._download(wanted.id, wanted.folder))

    async def _download(self, captioner: str, folder: Path) -> None:
        import asyncio

        request = DownloadCaptionerRequest(captioner=captioner, endpoint=self.memory.endpoint)
        self.handle = self.session.bridge.submit(request)
        self.download.setEnabled(False)
        self.progress.set_progress(0)
        self.progress.show()
        try:
            await asyncio.wrap_future(self.handle)
        except (JobCancelled, asyncio.CancelledError):
            return  # what has come waits for the next time
        finally:
            self.handle = None
            self.download.setEnabled(True)
            self.progress.hide()
        await self._load()
        self.choice.set_value(str(folder))
        self._chosen()

    def _stop(self) -> None:
        if self.handle is not None:
            self.handle.cancel()

    def _job_changed(self, handle: object) -> None:
        if handle is self.handle and self.handle is not None:
            now = self.handle.progress
            words = tr(now.key, **now.facts) if now.key else ""
            self.progress.set_progress(now.fraction, words, now.seconds_left)
