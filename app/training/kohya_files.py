"""Kohya's files in and out of the next run: settings, sample prompts and reports."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.i18n import joined, tr
from app.i18n.format import number
from app.training import draft
from app.training.differences import OF_ONE_RUN, settings_by_name
from app.training.kohya_notes import ExportNotes
from app.training.kohya_page import Taken
from app.training.kohya_rows import needs_choice, says_something
from app.widgets.file_dialogs import ask_open, ask_save
from engine.models.catalogue import described
from engine.runtime.files import write_json
from engine.runtime.refusals import Refusal
from engine.training.config import TrainRequest
from engine.training.kohya.exporting import Kind, export_kohya
from engine.training.kohya.kinds import job_of, kind_of, refuse_dataset
from engine.training.kohya.reading import Imported, read_kohya
from engine.training.prompts import prompt_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QFileDialog, QWidget

    from app.training.model import TrainState
    from engine.training.kohya.report import Report

SETTINGS = (".json", ".toml", ".safetensors")
PROMPTS = ".txt"
FILTERS: tuple[tuple[Kind, str, str], ...] = (
    ("json", "Form of kohya's window", "json"),
    ("toml", "Settings of kohya's scripts", "toml"),
    ("dataset", "Dataset file of kohya's scripts", "toml"),
)
LEFT_ALONE = frozenset({
    "project", "categories", "output_name", "base_model", "trigger_word", "sample_prompts",
    "output_dir",
})  # fmt: skip
"""What stays as it is where a file does not say it: it is about this project."""


class KohyaFiles(QObject):
    """Reads and writes off the UI thread. ``taken`` carries an import that was put into the next
    run, ``left`` tells that it was taken back.
    """

    taken = Signal(object)
    left = Signal()

    def __init__(self, state: TrainState, page: QWidget) -> None:
        super().__init__(page)
        self.state = state
        self.session = state.session
        self.last: Taken | None = None
        self._step: object = None
        self._before: dict[str, Any] = {}
        self._page = page
        self.session.project_changed.connect(self._forget)

    # In

    def ask_import(self) -> QFileDialog:
        """Choose a file of settings."""
        pattern = f"{tr('Settings and sample prompts')} (*.json *.toml *.txt *.safetensors)"
        return ask_open(self._page, "Import settings", "", pattern, lambda p: self.take(Path(p)))

    def ask_prompts(self) -> QFileDialog:
        """Choose a file of sample prompts."""
        pattern = f"{tr('Sample prompts')} (*.txt *.toml *.json)"
        start = partial(self._start, self._take_prompts)
        return ask_open(self._page, "Import sample prompts", "", pattern, lambda p: start(Path(p)))

    def take(self, path: Path) -> None:
        """Take over what ``path`` holds; a file that holds nothing of use says so in a toast."""
        self._start(self._take, path)

    def _start(self, work: Any, path: Path) -> None:
        if self.session.project is not None:
            self.session.start(work(path))

    async def _take(self, path: Path) -> None:
        kind = await self.session.bridge.io(kind_of, path)
        if kind == "prompts":
            await self._take_prompts(path)
        elif kind == "dataset":
            raise refuse_dataset(path)
        elif kind == "job":
            await self._take_job(path)
        else:
            await self._take_settings(path)

    async def _take_settings(self, path: Path) -> None:
        root = str(self.state.values["project"])
        models = {model.label: model.ref for model in self.state.models}
        taken = await self.session.bridge.io(_read, path, root, models)
        if self.state.values.get("project") != root:
            return  # another project was opened meanwhile
        await self._know_base(taken.imported.values.get("base_model"))
        self._put(taken.values, await self.session.bridge.io(_taken_words, taken))
        self.state.ask_for_model(_missing_model(taken.report))
        self.last = taken
        self.taken.emit(taken)

    async def _take_job(self, path: Path) -> None:
        root = str(self.state.values["project"])
        run = await self.session.bridge.io(job_of, path, root)
        await self._know_base(run.base_model)
        self._put(_own_values(run), tr("The settings of {name} are used.", name=path.name))
        self.state.ask_for_model(None)

    async def _take_prompts(self, path: Path) -> None:
        lines = await self.session.bridge.io(prompt_lines, path)
        if not lines:
            self.session.notify("{name} holds no sample prompts.", name=path.name)
            return
        words = tr("{n} sample prompt of {name}.", "{n} sample prompts of {name}.",
                   n=len(lines), name=path.name)  # fmt: skip
        self.state.replace({"sample_prompts": tuple(lines)}, words)

    async def _know_base(self, ref: str | None) -> None:
        """A model outside the user's folders joins the list of those at hand."""
        if ref is None or any(model.ref == ref for model in self.state.models):
            return
        info = await self.session.bridge.io(described, ref)
        if info.kind == "base" and not info.problem:
            self.state.models.append(draft.base_model(info))
            self.state.models_changed.emit()

    def _put(self, values: Mapping[str, Any], words: str) -> None:
        """As a new run with ``values``: nothing that was set before has an effect on it."""
        self._before = dict(self.state.values)
        whole = {**self.state.start_values(), **values}
        self._step = self.state.replace(whole, words, self._taken_back)

    def _taken_back(self) -> None:
        self.last = None
        self.left.emit()

    def undo(self) -> None:
        """Take the import back, also when other settings were put since."""
        if self.last is None:
            return
        if self.state.is_last(self._step):
            self.state.undo_replace()
        else:
            self.state.replace(self._before, tr("The import is taken back."))
            self._taken_back()

    def again(self) -> None:
        """Read the file of the last import again: it may have been changed."""
        if self.last is not None:
            self.take(self.last.path)

    def _forget(self, _project: object) -> None:
        if self.last is not None:
            self._taken_back()

    # Out

    def ask_export(self, kind: Kind = "json") -> QFileDialog:
        """Choose a format of kohya's and a place for the settings of the next run."""
        project = self.session.project
        name = str(self.state.values.get("output_name") or "kohya")
        folder = project.exports if project is not None else Path()
        named = {f"{tr(words)} (*.{suffix})": (one, suffix) for one, words, suffix in FILTERS}
        suffix = next(item[2] for item in FILTERS if item[0] == kind)

        def choose(text: str) -> None:
            dialog.setDefaultSuffix(named[text][1])
            typed = dialog.selectedFiles()
            stem = Path(typed[0]).stem if typed else name
            dialog.selectFile(f"{stem}.{named[text][1]}")

        def take(path: str) -> None:
            self.export(Path(path), named[dialog.selectedNameFilter()][0])

        start = str(folder / f"{name}.{suffix}")
        dialog = ask_save(self._page, "Export for kohya", start, ";;".join(named), suffix, take)
        dialog.selectNameFilter(next(text for text, item in named.items() if item[0] == kind))
        dialog.filterSelected.connect(choose)
        return dialog

    def export(self, path: Path, kind: Kind) -> None:
        """Write the settings of the next run. An ending that was typed says the format too."""
        if path.suffix.lower() == ".json":
            kind = "json"
        elif kind == "json" and path.suffix.lower() == ".toml":
            kind = "toml"
        self.session.start(self._export(path, kind))

    async def _export(self, path: Path, kind: Kind) -> None:
        notes = await self.session.bridge.io(export_kohya, self.state.request(), path, kind)
        if not notes:
            self.session.notify("Exported to {name}.", name=path.name)
            return
        if kind == "dataset":
            # It names folders, so that other pictures are trained than in this project.
            ExportNotes(path, notes, self._page).open()
        self.session.notify(
            "Exported to {name}, with {n} note.",
            "Exported to {name}, with {n} notes.",
            action="Show",
            on_action=lambda: ExportNotes(path, notes, self._page).open(),
            name=path.name,
            n=len(notes),
        )

    def ask_save_report(self) -> QFileDialog | None:
        """Choose where to keep the report of the last import as JSON."""
        taken, project = self.last, self.session.project
        if taken is None or project is None:
            return None
        start = str(project.exports / f"{taken.path.stem}-report.json")
        return ask_save(self._page, "Save the report", start, "JSON (*.json)", "json",
                        lambda path: self.session.start(self._save_report(Path(path))))  # fmt: skip

    async def _save_report(self, path: Path) -> None:
        if self.last is not None:
            report = self.last.imported.report
            await self.session.bridge.io(lambda: write_json(path, report.record()))
            self.session.notify("The report is saved as {name}.", name=path.name)


def _taken_words(taken: Taken) -> str:
    """How much of a file was taken over. Keys by which it says nothing are not spoken of: a form
    has a hundred that nobody has filled in.
    """
    report = taken.imported.report
    said = [line for line in report.lines if says_something(line)]
    idle = sum(line.status == "no effect" and not needs_choice(line) for line in said)
    lost = len(said) - report.taken - idle
    parts = [tr("Imported {n} setting of {name}.", "Imported {n} settings of {name}.",
                n=number(report.taken), name=taken.path.name)]  # fmt: skip
    if idle:
        parts.append(tr("{n} more has no effect here.", "{n} more have no effect here.",
                        n=number(idle)))  # fmt: skip
    if lost:
        parts.append(tr("{n} could not be taken over.", n=number(lost)))
    return joined(parts)


def _missing_model(report: Report) -> Refusal | None:
    """What is wrong with the base model of a file, when it is not here."""
    for line in report.lines:
        if needs_choice(line) and line.why is not None:
            name = PureWindowsPath(str(line.value)).name  # takes slashes of both kinds
            facts = {**line.why.facts, "name": name}
            return Refusal("base_model", _ASKS, facts, line.why.sentence)
    return None


_ASKS = "The file trains on {name}."


def _read(path: Path, project: str, models: Mapping[str, str]) -> Taken:
    """All that is to be known of a file's settings."""
    imported = read_kohya(path, project=project, models=models)
    settings_by_name()  # which the page asks for: it is made once
    return Taken(path, imported, time.time(), imported.report.short(), values_of(imported))


def values_of(imported: Imported) -> dict[str, Any]:
    """The settings that an import puts: those of the file as far as a field can show them, and what
    kohya knows nothing of as it is unless told.
    """
    names = imported.values.keys() - imported.unreadable
    wrong = {name for line in imported.report.lines if line.problem for name in line.settings}
    said = {name: imported.values[name] for name in names}
    sound = imported.request or _run_of({n: v for n, v in said.items() if n not in wrong})
    values = {n: v for n, v in sound.model_dump().items() if n in names or n not in LEFT_ALONE}
    return {**values, **{name: said[name] for name in names & wrong}}


def _run_of(values: Mapping[str, Any]) -> TrainRequest:
    """A run of values that are each as they should be, though not together."""
    try:
        return TrainRequest.model_validate(values)
    except ValueError:
        return TrainRequest.model_construct(**values)


def _own_values(run: TrainRequest) -> dict[str, Any]:
    """What of a job is meant for the next run: its name, but no folders and no state."""
    return {
        name: value
        for name, value in run.model_dump().items()
        if name not in OF_ONE_RUN or name == "output_name"
    }
