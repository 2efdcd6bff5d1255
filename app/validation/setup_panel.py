"""The left column of Validate: what to compare, prompts, what to show, and the progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, signals, tr, tr_error
from app.i18n.format import duration
from app.models.options import base_options
from app.theme import metrics
from app.validation.choices import FILES
from app.validation.setup_rows import AxisField, PromptLine
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Check, Choice, FieldRow, NumberField, TextField
from app.widgets.panel import Column, Panel, padded
from app.widgets.text import label, restyle

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.validation.runner import GridRunner
    from app.validation.setup import GridSetup
    from engine.runtime.errors import StylekilnError

WIDTH = 228
CHOOSE_FILES = "choose"
SAMPLERS = (
    ("dpmpp_2m", "DPM++ 2M"),
    ("euler", "Euler"),
    ("euler_a", "Euler a"),
    ("ddim", "DDIM"),
    ("unipc", "UniPC"),
)


class SetupPanel(Column):
    """Run, axes, prompts, sampling; Start, Pause and Cancel in the foot."""

    start_asked = Signal()
    files_asked = Signal()

    def __init__(self, setup: GridSetup, state: GridState, runner: GridRunner) -> None:
        super().__init__(WIDTH, "left")
        self._setup, self._state, self._runner = setup, state, runner
        self._build_source()
        self._build_axes()
        self._build_prompts()
        self._build_sampling()
        self._build_show()
        self._build_foot()
        setup.changed.connect(self.refresh)
        runner.changed.connect(self.refresh_progress)
        signals.changed.connect(self.refresh)
        self.refresh()

    def _build_source(self) -> None:
        self.source = Choice(plain=True)
        self.source.changed.connect(self._source_chosen)
        bind(self.source.setAccessibleName, "Run to check")
        panel = Panel("Validation grid", collapsible=False)
        panel.body.setContentsMargins(0, 2, 0, 0)
        panel.body.addWidget(padded(self.source))
        self.model = Choice(plain=True)
        self.model.changed.connect(lambda ref: self._setup.choose_model(str(ref)))
        panel.body.addSpacing(metrics.GAP)
        panel.body.addWidget(FieldRow("Model", self.model, label_width=48))
        self.add(panel)

    def _build_axes(self) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(metrics.PAD, 10, metrics.PAD, 6)
        column.setSpacing(10)
        edit = self._setup.edit
        self.checkpoints = AxisField("Y", "Checkpoint", lambda text: edit(checkpoints=text))
        self.weights = AxisField("X", "LoRA weight", lambda text: edit(weights=text))
        self.seeds = AxisField("", "Seed", lambda text: edit(seeds=text))
        for axis in (self.checkpoints, self.weights, self.seeds):
            column.addWidget(axis)
        self.add(box, line=False)

    def _build_prompts(self) -> None:
        self.prompts = Panel("Prompts", count=True)
        self.prompts.add_action(tool_button("plus", "Add a prompt", self._new_prompt, dense=True))
        self._prompt_rows = QVBoxLayout()
        self._prompt_rows.setSpacing(2)
        self.prompts.body.addLayout(self._prompt_rows)
        self.new_prompt = QLineEdit()
        self.new_prompt.hide()
        bind(self.new_prompt.setPlaceholderText, "Type a prompt, then Enter")
        bind(self.new_prompt.setAccessibleName, "New prompt")
        self.new_prompt.returnPressed.connect(self._add_prompt)
        self.prompts.body.addWidget(padded(self.new_prompt, top=4))
        self._shown_prompts: dict[str, PromptLine] = {}
        self._shown_rows: list[tuple[str, str]] = []
        self.add(self.prompts)

    def _build_sampling(self) -> None:
        self.sampling = Panel("Sampling")
        edit = self._setup.edit_sampling
        self.sampler = Choice(SAMPLERS)
        self.sampler.changed.connect(lambda value: edit(sampler=value))
        self.steps = NumberField(1, 150, 1, 0)
        self.steps.changed.connect(lambda value: edit(steps=int(value)))
        self.guidance = NumberField(1, 30, 0.5, 1)
        self.guidance.changed.connect(lambda value: edit(guidance=float(value)))
        self.negative = TextField("What to keep out")
        self.negative.changed.connect(lambda value: edit(negative=value))
        for key, control in (
            ("Sampler", self.sampler),
            ("Steps", self.steps),
            ("Guidance", self.guidance),
            ("Negative", self.negative),
        ):
            self.sampling.body.addWidget(FieldRow(key, control, label_width=72))
        self.sampling.set_open(False)
        self.add(self.sampling)

    def _build_show(self) -> None:
        panel = Panel("Display")
        self.base_row = Check("Base model row", on=True)
        self.base_row.changed.connect(lambda on: self._setup.edit(base_row=on))
        self.mark = Check("Mark copying", on=True)
        self.mark.changed.connect(self._state.set_mark_copying)
        for check in (self.base_row, self.mark):
            panel.body.addWidget(padded(check, bottom=3))
        self.add(panel)

    def _build_foot(self) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        line = QHBoxLayout()
        self.count = label(weight=500)
        self._count_text = bind(self.count.setText, "")
        self.left = label(tone="quiet")
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.left)
        column.addLayout(line)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        column.addWidget(self.bar)
        self.cached = label(size=11, tone="quiet", wrap=True)
        self._cached_text = bind(self.cached.setText, "")
        column.addWidget(self.cached)
        column.addLayout(self._buttons())
        self.add_foot(box, 1)

    def _buttons(self) -> QHBoxLayout:
        self.start = button("Draw the grid", "play", "primary", on=self.start_asked.emit, big=True)
        self.pause = button("Pause", "pause", on=self._runner.pause)
        self.cancel = button("Cancel", "x", on=self._runner.cancel)
        self._pause_text = bind(self.pause.setText, "Pause")
        line = QHBoxLayout()
        line.setSpacing(metrics.GAP)
        for made in (self.start, self.pause, self.cancel):
            line.addWidget(made, 1)
        return line

    # Doing

    def _source_chosen(self, value: object) -> None:
        if value == CHOOSE_FILES:
            self.files_asked.emit()
            self.refresh()
        else:
            self._setup.choose(str(value))

    def _new_prompt(self) -> None:
        self.prompts.set_open(True)
        self.new_prompt.show()
        self.new_prompt.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_prompt(self) -> None:
        self._setup.add_prompt(self.new_prompt.text())
        self.new_prompt.clear()
        self.new_prompt.hide()

    # Following

    def refresh(self) -> None:
        """Show what is to be compared."""
        setup = self._setup
        options: list[tuple[object, str]] = [(run.folder, run.name) for run in setup.runs]
        if setup.files:
            options.append((FILES, tr("{n} LoRA file", "{n} LoRA files", n=len(setup.files))))
        options.append((CHOOSE_FILES, tr("Choose LoRA files…")))
        self.source.set_options(options)
        self.source.set_value(setup.source)
        self._follow_models()
        files = setup.source == FILES
        self.checkpoints.follow(
            "" if files else setup.axes.checkpoints, setup.checkpoints, shown=not files
        )
        self.weights.follow(setup.axes.weights, setup.weights)
        self.seeds.follow(setup.axes.seeds, setup.seeds)
        sampling = setup.axes.sampling
        self.sampler.set_value(sampling.sampler)
        self.steps.set_value(sampling.steps)
        self.guidance.set_value(sampling.guidance)
        self.negative.set_value(sampling.negative)
        self.base_row.set_value(setup.axes.base_row)
        self._follow_prompts()
        self.refresh_progress()

    def _follow_models(self) -> None:
        options, refused = base_options(self._setup.models)
        self.model.set_options(options, refused)
        self.model.set_value(self._setup.base_model)

    def _follow_prompts(self) -> None:
        setup = self._setup
        self.prompts.set_count(len(setup.prompts))
        wanted = {(row.text, row.tag): row for row in setup.prompts}
        if list(wanted) != self._shown_rows:
            self._shown_rows = list(wanted)
            self._lay_prompts()
        for row in setup.prompts:
            self._shown_prompts[row.text].check.set_value(row.chosen)

    def _lay_prompts(self) -> None:
        for line in self._shown_prompts.values():
            line.hide()
            self._prompt_rows.removeWidget(line)
            line.deleteLater()
        self._shown_prompts = {
            text: PromptLine(self._setup, text, tag) for text, tag in self._shown_rows
        }
        for line in self._shown_prompts.values():
            self._prompt_rows.addWidget(line)

    def show_refusal(self, error: StylekilnError) -> None:
        """Why the cells cannot be counted, and not drawn either."""
        if not self._runner.running:
            self._count_text.say("")
            self._cached_text.say("{words}", words=lambda: tr_error(error))

    def set_counts(self, cells: int, cached: int) -> None:
        """What a start would have to draw."""
        if self._runner.running:
            return
        self._count_text.say("{n} cell", "{n} cells", n=cells)
        self._cached_text.say("{words}", words=lambda: self._note(cached))

    def _note(self, cached: int) -> str:
        """Why there are fewer pictures than places, and how many are there already."""
        setup, parts = self._setup, []
        if setup.problem() is None and len(setup.checkpoints()) + setup.axes.base_row > 1:
            if 0 in setup.weights():
                parts.append(tr("Weight 0 is drawn once."))
            elif setup.axes.base_row and len(setup.weights()) > 1:
                parts.append(tr("The base model is drawn once."))
        if cached:
            parts.append(tr("{n} from earlier grids", n=cached))
        return "\n".join(parts)

    def refresh_progress(self) -> None:
        """Show how far the grid is."""
        runner, problem = self._runner, self._setup.problem()
        running = runner.running
        self.start.setVisible(not running)
        self.start.setEnabled(problem is None)
        self.pause.setVisible(running)
        self.cancel.setVisible(running)
        self._pause_text.say("Continue" if runner.paused else "Pause")
        self.pause.set_icon("play" if runner.paused else "pause")
        asked = runner.handle is not None and runner.handle.cancel_asked
        self.cancel.setEnabled(not asked)
        self.bar.setVisible(running)
        restyle(self.bar, "state", "paused" if runner.paused else "")
        self.left.setText("")
        if running and runner.handle is not None:
            self._show_running(runner)
        elif problem is not None:
            self._count_text.say("")
            self._cached_text.say("{words}", words=lambda: tr_error(problem))

    def _show_running(self, runner: GridRunner) -> None:
        assert runner.handle is not None
        progress = runner.handle.progress
        self.bar.setRange(0, 1000)
        self.bar.setValue(int(1000 * progress.fraction))
        self._count_text.say("{done} of {total} cells", done=runner.done, total=runner.total)
        if progress.seconds_left is not None and not runner.paused:
            self.left.setText(tr("{time} left", time=duration(progress.seconds_left)))
        self._cached_text.say("{words}", words=lambda: self._note(runner.cached))
