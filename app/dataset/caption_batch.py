"""Changes of many captions at once: choose one, see what it would do, apply it as one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from app.dataset.caption_changes import Change, ChangeList
from app.dataset.caption_entry import TagField
from app.dataset.caption_sheet import ScopeRow, Sheet, widen
from app.i18n import bind, tr, tr_error
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.widgets.buttons import button
from app.widgets.fields import TextField
from app.widgets.form import SchemaForm
from app.widgets.panel import padded
from app.widgets.row_list import Row, RowList
from app.widgets.states import ProgressRow
from app.widgets.text import label
from engine.dataset.batch import OPERATIONS, OperationError, Preview, preview, read_operation
from engine.dataset.batch_tags import TAGS
from engine.dataset.picture import column
from engine.dataset.tags import typed_tags
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.runtime.job import Job
from engine.runtime.schema import settings_of

if TYPE_CHECKING:
    from app.dataset.caption_words import TagWords
    from app.dataset.caption_work import CaptionWork
    from app.dataset.model import DatasetState
    from engine.dataset.batch import Operation

PAUSE_MS = 120
"""How long typing rests before the preview is made."""
ICONS = {
    "rename": "pencil",
    "merge": "merge",
    "delete": "trash-2",
    "replace": "replace",
    "add": "plus",
    "prefix": "arrow-left",
    "suffix": "arrow-right",
    "sort": "list",
    "dedupe": "copy-check",
    "first": "arrow-up",
    "trigger": "key-round",
}


class BatchSheet(Sheet):
    """Operations and their settings at the left, every caption they would change at the right."""

    looked_at = Signal(int)

    def __init__(self, state: DatasetState, work: CaptionWork, words: TagWords) -> None:
        super().__init__("Edit captions")
        self.state, self.work, self.words = state, work, words
        self.kinds = RowList()
        self.scope = ScopeRow(state)
        self.form = SchemaForm(OPERATIONS["rename"])
        self.headline = label(size=15, weight=600, wrap=True)
        self._headline = bind(self.headline.setText, "")
        self.merges = label(tone="warn", wrap=True)
        self.problem = label(tone="error", wrap=True)
        self.list = ChangeList()
        self.apply = button("", "check", "primary", on=self.run)
        self._apply_text = bind(self.apply.setText, "")
        self.progress: ProgressRow | None = None
        self.job: Job | None = None
        self.preview = Preview()
        self._seen: dict[int, str] = {}
        self._version = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._start)
        self._ticks = QTimer(self)
        self._ticks.setInterval(100)
        self._ticks.timeout.connect(self._show_progress)
        self._build()
        self._connect()
        self.choose("rename")

    def _build(self) -> None:
        self._fill_kinds()
        self._form_area = padded(self.form)
        self._form_area.layout().setContentsMargins(0, 8, 0, 0)  # type: ignore[union-attr]
        self.column.add(self.kinds)
        self.column.add(self._form_area)
        self.column.add(self.scope)
        self.column.add_foot(self.apply, 1)
        for widget, top in ((self.headline, 12), (self.merges, 4), (self.problem, 4)):
            self.side.addWidget(padded(widget, top=top))
        self.merges.hide()
        self.problem.hide()
        self.side.addSpacing(8)
        self.side.addWidget(self.list, 1)
        bind(self.kinds.setAccessibleName, "What to do")
        bind(self.list.setAccessibleName, "Captions before and after")

    def _connect(self) -> None:
        self.kinds.chosen.connect(self.choose)
        self.scope.changed.connect(self._later)
        self.state.reloaded.connect(self._later)
        self.list.looked_at.connect(self.looked_at)
        language_signals.changed.connect(self._fill_kinds)
        keys = QShortcut(QKeySequence("Ctrl+Return"), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self.apply.click)

    def _fill_kinds(self) -> None:
        rows = [
            Row(kind, tr(model.title_key), icon=ICONS[kind]) for kind, model in OPERATIONS.items()
        ]
        self.kinds.set_rows(rows)

    def open(self, kind: str = "", scope: str = "", **values: Any) -> None:
        """Get ready: the operation ``kind`` with ``values``, for ``scope`` or the usual one."""
        if scope:
            self.scope.set_value(scope)
        else:
            self.scope.set_usual()
        if kind:
            self.choose(kind)
        self.form.set_values(values)
        self._later()

    def focus_first(self) -> None:
        """Put the cursor into the first empty field."""
        fields = [c for c in self.form.controls.values() if isinstance(c, TextField)]
        empty = [field for field in fields if not field.text()]
        for field in (empty or fields)[:1]:
            field.setFocus()

    def choose(self, kind: str) -> None:
        """Show the settings of another operation; what both call the same is kept."""
        before = self.form.values()
        made = SchemaForm(OPERATIONS[kind], controls=self._tag_fields(kind))
        widen(made)
        made.set_values({**self._usual(kind), **{k: v for k, v in before.items() if v}})
        self._form_area.layout().replaceWidget(self.form, made)  # type: ignore[union-attr]
        self.form.deleteLater()
        self.form = made
        self.form.changed.connect(lambda _: self._later())
        self.kind = kind
        self.kinds.set_current(kind)
        self._later()

    def _tag_fields(self, kind: str) -> dict[str, TagField]:
        """Fields that complete, for the settings of ``kind`` that are tags."""
        return {
            item.name: TagField(self.words)
            for item in settings_of(OPERATIONS[kind])
            if item.group == TAGS and item.level == "simple" and item.kind in ("text", "list")
        }

    def _usual(self, kind: str) -> dict[str, Any]:
        trigger = self._trigger()
        usual: dict[str, dict[str, Any]] = {
            "trigger": {"new": trigger},
            "first": {"tags": (trigger,)},
        }
        return usual.get(kind, {})

    def _trigger(self) -> str:
        project = self.state.session.project
        return project.file.trigger_word if project is not None else ""

    def operation(self) -> Operation:
        """What the form says. Raises BadInputError."""
        model = OPERATIONS[self.kind]
        values = self.form.values()
        for item in settings_of(model):
            if item.kind == "list" and item.name in values:
                values[item.name] = tuple(typed_tags(",".join(values[item.name])))
        if "trigger" in model.model_fields:
            values["trigger"] = self._trigger()
        return read_operation({"kind": self.kind, **values})

    # Preview: in a worker, the latest wins

    def _later(self) -> None:
        self._version += 1
        self.apply.setEnabled(False)
        if self.isVisible() and self.job is None:
            self._timer.start()

    def showEvent(self, event: object) -> None:
        self._later()

    def _start(self) -> None:
        self.state.session.start(self._preview(self._version))

    async def _preview(self, version: int) -> None:
        self.form.clear_errors()
        try:
            operation = self.operation()
        except StylekilnError as error:
            self._show(Preview(), [], tr_error(error))
            return
        waiting, pictures = self.work.waiting, self.scope.pictures()
        captions = self.work.texts_of(pictures)
        broken = column(pictures, "caption_problem")
        for key, problem in zip(list(captions), broken, strict=True):
            if problem or key in waiting:
                del captions[key]
        everything = column(list(self.state.pictures.values()), "caption")

        def breathe() -> None:
            if version != self._version:
                raise JobCancelled

        try:
            found = await self.state.session.bridge.io(
                _preview_of, operation, captions, everything, breathe
            )
        except JobCancelled:
            return
        if version != self._version:
            return
        known = self.state.pictures
        changes = [
            Change(key, known[key].name, *texts)
            for key, texts in found.changes.items()
            if key in known
        ]
        self._seen = {key: texts[0] for key, texts in found.changes.items()}
        self._show(found, changes, "")

    def _show(self, found: Preview, changes: list[Change], sentence: str) -> None:
        self.preview = found
        self.list.set_changes(changes)
        n = len(changes)
        if n:
            self._headline.say("Would change {n} caption", "Would change {n} captions", n=number(n))
        else:
            self._headline.say("Nothing would change.")
        if n:
            self._apply_text.say("Change {n} caption", "Change {n} captions", n=number(n))
        else:
            self._apply_text.say("Change captions")
        self.apply.setEnabled(n > 0)
        merges = [
            tr(
                "{tag} exists already: {n} caption has it. They become one.",
                "{tag} exists already: {n} captions have it. They become one.",
                tag=tag,
                n=number(k),
            )
            for tag, k in found.merges
        ]
        self.merges.setText("\n".join(merges))
        self.merges.setVisible(bool(merges))
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        for problem in found.problems:
            self.form.set_error(problem.field, self._positioned(problem))

    def _positioned(self, problem: OperationError) -> str:
        """The sentence with the part of the field that it is about."""
        value = str(self.form.values().get(problem.field, ""))
        part = value[problem.start : problem.end]
        where = tr("At character {n}: {part}", n=problem.start + 1, part=part or "…")
        return f"{tr_error(problem)} {where}"

    # Apply

    def run(self) -> None:
        """Write what the preview shows, as one undo step."""
        texts = self.preview.texts
        if not texts or self.job is not None:
            return
        self.job = Job.detached()
        title = OPERATIONS[self.kind].title_key
        self.progress = ProgressRow(tr(title), pausable=False)
        self.progress.stopped.connect(self.job.handle.cancel)
        self._progress_area = padded(self.progress)
        self.side.insertWidget(0, self._progress_area)
        self.apply.setEnabled(False)
        self._ticks.start()
        task = self.work.write(
            texts,
            {key: self._seen[key] for key in texts},
            label=title,
            job=self.job,
            sentence="Changed 1 caption.",
            many="Changed {n} captions.",
        )
        task.add_done_callback(lambda _: self._ended())

    def _show_progress(self) -> None:
        if self.progress is not None and self.job is not None:
            now = self.job.handle.progress
            self.progress.set_progress(
                now.fraction, tr(now.key, **now.facts) if now.key else "", now.seconds_left
            )

    def _ended(self) -> None:
        self._ticks.stop()
        self.job = self.progress = None
        self.side.removeWidget(self._progress_area)
        self._progress_area.deleteLater()
        self._later()


def _preview_of(
    operation: Operation, captions: dict[int, str], everything: list[str], breathe: Any
) -> Preview:
    """The preview with the counts of the whole dataset, where they matter."""
    from engine.dataset.tags import counts

    wants = bool(operation.makes) or operation.kind == "sort"  # type: ignore[attr-defined]
    found = dict(counts(everything)) if wants else {}
    return preview(operation, captions, breathe, counts=found)
