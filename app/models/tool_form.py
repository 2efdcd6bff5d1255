"""The form of a tool in the inspector: what it is used on, its settings, where it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import tr, tr_error
from app.models.files import free_place
from app.models.tool_bench import ToolBench
from app.models.tool_place import PlaceRow
from app.models.tool_subjects import BakeSubject, FileSubject, LorasSubject, PairSubject, Subject
from app.models.tool_words import WordsSubject
from app.models.tools import BAKE, CONVERT, EDIT, EXTRACT, MERGE, RESIZE, Tool
from app.shell.jobs import phase_of
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.form import SchemaForm
from app.widgets.panel import note, padded
from app.widgets.states import ProgressRow
from engine.models.inspect import ModelInfo
from engine.models.tools.requests import ToolRequest
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.runtime.job import JobHandle
from engine.runtime.refusals import RefusedError
from engine.runtime.schema import validated

# What the rows of the subject and of the place say already.
_ELSEWHERE = ("out", "files", "ratios", "file", "base", "tuned", "model", "put", "drop", "in_place")


class ToolForm(QWidget):
    """``closed`` says that it is not wanted any more. ``foot`` holds its buttons."""

    closed = Signal()

    def __init__(
        self,
        bench: ToolBench,
        tool: Tool,
        chosen: Sequence[ModelInfo],
        library: Sequence[ModelInfo],
    ) -> None:
        super().__init__()
        self.tool, self.bench = tool, bench
        self.handle: JobHandle | None = None
        self._session = bench.session
        self._checking = False
        self.subject = _subject_of(tool, chosen, library)
        self.settings = SchemaForm(tool.request, "advanced", skip=_ELSEWHERE)
        self.place = PlaceRow()
        self._error, self.error = note("", "triangle-alert", "error")
        self.progress = ProgressRow("", pausable=False)
        self.cancel = button("Cancel", on=self.close_form)
        self.go = button(tool.verb, tool.icon, "primary", on=self.start)
        self.foot = QWidget()
        self._build()
        self.subject.changed.connect(self._changed)
        self.settings.changed.connect(lambda _: self._changed())
        self.place.changed.connect(self._changed)
        self.progress.stopped.connect(self.stop)
        bench.ended.connect(self._ended)
        self._session.job_changed.connect(self._job_changed)
        self._begin_with(chosen)
        self._propose()

    def _begin_with(self, chosen: Sequence[ModelInfo]) -> None:
        """Half the rank of a LoRA, for whoever changes it mostly wants it smaller; names that the
        file does not have.
        """
        if self.tool is RESIZE and chosen[0].rank:
            self.settings.set_values({"rank": max(1, chosen[0].rank // 2)})
        look = chosen[0].look
        if self.tool is CONVERT and look is not None and look.naming == "kohya":
            # diffusers' names are of plain LoRAs alone.
            self.settings.set_values({"naming": "diffusers" if look.adds_up else "comfyui"})

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, metrics.PAD)
        column.setSpacing(0)
        for widget in (self.subject, self.settings, self.place, self._error):
            column.addWidget(widget)
        column.addWidget(padded(self.progress))
        self._error.hide()
        self.progress.hide()
        self.place.setVisible(not self._in_place)
        line = QHBoxLayout(self.foot)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(metrics.GAP)
        line.addWidget(self.cancel)
        line.addWidget(self.go, 1)

    @property
    def _in_place(self) -> bool:
        return isinstance(self.subject, WordsSubject) and self.subject.in_place.value

    def start(self) -> None:
        """Begin the work, or say beside the fields what it lacks."""
        if self.handle is None and not self._checking:
            self._session.start(self._start())

    def stop(self) -> None:
        """Stop the work; nothing half is left."""
        if self.handle is not None:
            self.handle.cancel()

    def close_form(self) -> None:
        """Leave; work that has begun goes on in the queue."""
        self.bench.watch(None)
        self.closed.emit()

    # What will be made

    def _changed(self) -> None:
        self._error.hide()
        for row in self.subject.rows.values():
            row.set_error("")
        self.place.setVisible(not self._in_place)
        self._propose()

    def _propose(self) -> None:
        self.place.propose(self._stem(), self._suffix())

    def _stem(self) -> str:
        values = self.settings.values()
        added = {
            "resize": f"-r{values.get('rank')}",
            "extract": f"-r{values.get('rank')}",
            "convert": f"-{values.get('naming')}",
            "edit": "-edited",
        }
        return self.subject.stem() + added.get(self.tool.id, "")

    def _suffix(self) -> str:
        """A base model that is a folder is baked into a folder."""
        base = self.subject.base.info() if isinstance(self.subject, BakeSubject) else None
        return "" if base is not None and base.layout != "single-file" else ".safetensors"

    # The work

    async def _start(self) -> None:
        self._checking = True
        try:
            request = await self._request()
        finally:
            self._checking = False
        if request is not None:
            self.handle = self.bench.begin(self.tool, request)
            self.bench.watch(self.handle)
            self._show_busy(True)
            self._job_changed(self.handle)

    async def _request(self) -> ToolRequest | None:
        missing = self.subject.missing()
        for name, words in missing.items():
            self.subject.rows[name].set_error(words)
        place = None if self._in_place else await self._free_place()
        if missing or (place is None and not self._in_place):
            return None
        values: dict[str, Any] = {**self.settings.values(), **self.subject.values()}
        try:
            return validated(self.tool.request, {**values, "out": str(place or "")})
        except RefusedError as error:
            for refusal in error.refusals:
                self.settings.set_error(refusal.setting, tr(refusal.sentence, **refusal.facts))
            return None

    async def _free_place(self) -> Path | None:
        """Where to write. A name that was proposed gives way to what is there; a typed one asks."""
        place = self.place.path
        if place is None:
            self.place.set_error(tr("Give the new file a name."))
            return None
        suffix = place.suffix if self._suffix() else ""
        stem = place.name.removesuffix(suffix) if suffix else place.name
        free = await self._session.bridge.io(free_place, place.parent, stem, suffix)
        if free != place and self.place.is_typed:
            self.place.set_error(tr("{name} is there already.", name=place.name))
            return None
        return free

    def _ended(self, handle: JobHandle, error: BaseException | None) -> None:
        if handle is not self.handle:
            return
        self.handle = None
        self._show_busy(False)
        if error is None:
            # Not now: this is told from inside of what follows the work.
            QTimer.singleShot(0, self, self.closed.emit)
        elif not isinstance(error, JobCancelled):
            self.error.setText(_words(error))
            self._error.show()

    def _job_changed(self, handle: JobHandle) -> None:
        if handle is not self.handle or handle.done():
            return
        phase = tr("Waiting") if handle.state == "queued" else phase_of(handle)
        self.progress.set_progress(
            handle.progress.fraction, phase or tr(self.tool.title), handle.progress.seconds_left
        )

    def _show_busy(self, busy: bool) -> None:
        self._error.hide()
        self.progress.setVisible(busy)
        self.go.setEnabled(not busy)
        for part in (self.subject, self.settings, self.place):
            part.setEnabled(not busy)


def _words(error: BaseException) -> str:
    if isinstance(error, StylekilnError):
        return tr_error(error)
    return tr("Something unexpected went wrong: {reason}.", reason=error)


def _subject_of(tool: Tool, chosen: Sequence[ModelInfo], library: Sequence[ModelInfo]) -> Subject:
    if tool is MERGE:
        return LorasSubject(tool, chosen, library)
    if tool is BAKE:
        return BakeSubject(tool, chosen, library)
    if tool is EXTRACT:
        return PairSubject([info for info in chosen if info.kind == "base"], library)
    return WordsSubject(chosen[0]) if tool is EDIT else FileSubject(chosen[0])
