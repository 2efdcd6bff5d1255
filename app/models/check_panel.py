"""What a check of a LoRA file has found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.models.tool_bench import ToolBench
from app.models.tools import CHECK
from app.shell.jobs import phase_of
from app.theme import metrics
from app.widgets.layouts import clear_layout
from app.widgets.panel import IconLabel, Panel, padded
from app.widgets.states import ProgressRow
from app.widgets.text import label
from engine.models.inspect import ModelInfo
from engine.models.tools.requests import ToolRequest, ToolResult, VerifyRequest
from engine.runtime.job import JobHandle

Line = tuple[str, str]


class CheckPanel(Panel):
    """Away until a file is checked; it shows how far that is, then the findings."""

    def __init__(self, bench: ToolBench) -> None:
        super().__init__("Check")
        self._bench = bench
        self._handle: JobHandle | None = None
        self._file = ""
        self._notes: Mapping[str, Any] | None = None
        self.lines: list[str] = []
        self.progress = ProgressRow("", pausable=False)
        self.progress.stopped.connect(lambda: self._handle.cancel() if self._handle else None)
        self._found = QVBoxLayout()
        self._found.setSpacing(4)
        self.body.addWidget(padded(self.progress))
        self.body.addLayout(self._found)
        bench.session.job_changed.connect(self._follow)
        bench.ended.connect(self._ended)
        bench.done.connect(self._done)
        language_signals.changed.connect(self._show)
        self._show()

    def show_model(self, info: ModelInfo | None) -> None:
        """Another file is looked at: what was found in the last one is not about it."""
        file = str(info.path) if info is not None else ""
        if file != self._file:
            self._file, self._notes = file, None
            self._show()

    def start(self) -> None:
        """Check the file that is shown."""
        if self._handle is not None or not self._file:
            return
        self._notes = None
        self._handle = self._bench.begin(CHECK, VerifyRequest(file=self._file))
        self._show()

    def _follow(self, handle: JobHandle) -> None:
        if handle is self._handle and not handle.done():
            phase = tr("Waiting") if handle.state == "queued" else phase_of(handle)
            self.progress.set_progress(handle.progress.fraction, phase, None)

    def _ended(self, handle: JobHandle, error: BaseException | None) -> None:
        if handle is self._handle:
            self._handle = None
            self._show()

    def _done(self, tool: object, request: ToolRequest, result: ToolResult) -> None:
        if isinstance(request, VerifyRequest) and request.file == self._file:
            self._notes = result.notes
            self._show()

    def _show(self) -> None:
        clear_layout(self._found)
        self.progress.setVisible(self._handle is not None)
        found = list(findings(self._notes)) if self._notes is not None else []
        self.lines = [words for _, words in found]
        for tone, words in found:
            self._found.addWidget(_line(tone, words))
        self.setVisible(bool(found) or self._handle is not None)


def findings(notes: Mapping[str, Any]) -> Iterator[Line]:
    """The tone and the words of each sentence about the ``notes`` of a check."""
    tensors = notes["tensors"]
    if notes["good"]:
        yield "ok", tr("Nothing is wrong with this file.")
    if notes["not_numbers"]:
        n = len(notes["not_numbers"])
        yield "error", tr(
            "{n} tensor holds what is no number. The file cannot be used.",
            "{n} tensors hold what is no number. The file cannot be used.", n=n,
        )  # fmt: skip
    if notes["incomplete"]:
        n = len(notes["incomplete"])
        yield "error", tr("{n} layer lacks a half.", "{n} layers lack a half.", n=n)
    if notes["mismatched"]:
        n = len(notes["mismatched"])
        yield "error", tr("{n} layer has halves that do not belong together.",
                          "{n} layers have halves that do not belong together.", n=n)  # fmt: skip
    if notes["hash"] == "wrong":
        yield "error", tr("The weights are not those it was saved with: its hash is another.")
    if notes["untrained"]:
        n = len(notes["untrained"])
        yield "warn", tr(
            "{n} layer has learned nothing: it is zero.",
            "{n} layers have learned nothing: they are zero.", n=n,
        )  # fmt: skip
    if notes["unknown"]:
        n = len(notes["unknown"])
        yield "warn", tr("{n} tensor has an unknown name and does nothing.",
                         "{n} tensors have unknown names and do nothing.", n=n)  # fmt: skip
    largest = max((row["largest"] for row in tensors), default=0.0)
    yield (
        "quiet",
        tr(
            "{n} tensors, largest value {largest}.",
            n=number(len(tensors)),
            largest=f"{largest:.3g}",
        ),
    )


def _line(tone: str, words: str) -> QWidget:
    icons = {"ok": "circle-check", "warn": "triangle-alert", "error": "circle-alert"}
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
    row.setSpacing(metrics.GAP)
    if tone in icons:
        row.addWidget(IconLabel(icons[tone], 14, tone))
    text = label(tone="quiet" if tone == "quiet" else "label", wrap=True)
    text.setText(words)
    row.addWidget(text, 1)
    return box
