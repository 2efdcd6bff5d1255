"""The foot of the left column: what the draft amounts to, how far the grid is, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr, tr_error
from app.i18n.format import duration, number, size
from app.shell.jobs import title_of
from app.theme import metrics
from app.validation.axis_block import CALLED, words_at_field
from app.widgets.buttons import button
from app.widgets.text import label, restyle
from engine.validation.axes import AxisError

if TYPE_CHECKING:
    from app.validation.dry_run import DryRun
    from app.validation.runner import GridRunner
    from app.validation.setup import GridSetup
    from engine.runtime.errors import StylekilnError

_FIRM = "\u00a0"
"""A space at which no line ends."""


class SetupFoot(QWidget):
    """Counts before the start, progress after it."""

    start_asked = Signal()
    extend_asked = Signal()

    def __init__(self, setup: GridSetup, runner: GridRunner, dry_run: DryRun) -> None:
        super().__init__()
        self._setup, self._runner, self._dry_run = setup, runner, dry_run
        self.count = label(weight=500)
        self._count_text = bind(self.count.setText, "")
        self.left = label(tone="quiet")
        self._left_text = bind(self.left.setText, "")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cached = label(size=11, tone="quiet", wrap=True)
        self._cached_text = bind(self.cached.setText, "")
        line = QHBoxLayout()
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.left)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.bar)
        column.addWidget(self.cached)
        column.addLayout(self._buttons())
        self.can_extend = False

    def _buttons(self) -> QVBoxLayout:
        self.start = button("Draw the grid", "play", "primary", on=self.start_asked.emit, big=True)
        self._start_text = bind(self.start.setText, "Draw the grid")
        self.pause = button("Pause", "pause", on=self._runner.pause)
        self.cancel = button("Cancel", "x", on=self._runner.cancel)
        self.extend = button("Extend…", "plus", on=self.extend_asked.emit)
        self._pause_text = bind(self.pause.setText, "Pause")
        line = QHBoxLayout()
        line.setSpacing(metrics.GAP)
        for made in (self.start, self.pause, self.cancel):
            line.addWidget(made, 1)
        rows = QVBoxLayout()
        rows.setSpacing(metrics.GAP)
        rows.addLayout(line)
        rows.addWidget(self.extend)
        return rows

    def refresh(self) -> None:
        """Show how it stands."""
        runner = self._runner
        running = runner.running
        problem = self._setup.problem()
        self.start.setVisible(not running)
        self.start.setEnabled(problem is None and not self._dry_run.is_drawn)
        self.extend.setVisible(self.can_extend)
        self.pause.setVisible(running)
        self.cancel.setVisible(running)
        self._pause_text.say("Continue" if runner.paused else "Pause")
        self.pause.set_icon("play" if runner.paused else "pause")
        asked = runner.handle is not None and runner.handle.cancel_asked
        self.cancel.setEnabled(not asked)
        self.bar.setVisible(running)
        restyle(self.bar, "state", "paused" if runner.paused else "")
        for words in (self.count, self.left):
            words.setVisible(running or problem is None)
        if running:
            self._show_running()
        elif problem is not None:
            self._count_text.say("")
            self._left_text.say("")
            self._say_problem(problem)
        else:
            self._show_count()

    def _say_problem(self, problem: StylekilnError) -> None:
        """The whole sentence where it stands at no field of an axis."""
        if isinstance(problem, AxisError) and self._setup.axes.get(problem.setting) is not None:
            axis = CALLED.get(problem.setting, str(problem.facts["axis"]))
            self._cached_text.say(
                "{axis}: {problem}", axis=lambda: tr(axis), problem=lambda: words_at_field(problem)
            )
        else:
            self._cached_text.say("{words}", words=lambda: tr_error(problem))

    def _show_count(self) -> None:
        """The survey where it is there; at once what needs no look at files."""
        survey = self._dry_run.survey
        count = self._setup.built().count
        self._count_text.say("{n} cell", "{n} cells", n=number(count))
        if survey is None:
            self._left_text.say("")
            self._cached_text.say("")
            self._start_text.say("Draw the grid")
            return
        missing = survey.distinct - survey.cached
        if missing and survey.seconds is not None:
            self._left_text.say("about {time}", time=lambda: duration(survey.seconds or 0))
        else:
            self._left_text.say("")
        self._cached_text.say("{words}", words=self._note)
        self._start_text.say(self._deed())

    def _deed(self) -> str:
        """What the button does, or why it does nothing."""
        survey, dry_run = self._dry_run.survey, self._dry_run
        if dry_run.is_drawn:
            return "Everything is drawn"
        if dry_run.all_there:
            return "Show the grid"
        return "Draw the rest" if survey is not None and survey.cached else "Draw the grid"

    def _note(self) -> str:
        """Fewer pictures than places, those that are there, and the room of the others."""
        survey = self._dry_run.survey
        if survey is None:
            return ""
        distinct = ""
        if survey.distinct < survey.cells:
            distinct = tr("{n} different picture", "{n} different pictures",
                          n=number(survey.distinct))  # fmt: skip
        parts = []
        if survey.cached:
            parts.append(tr("{n} drawn already", n=number(survey.cached)))
            parts.append(tr("{n} to draw", n=number(survey.distinct - survey.cached)))
        if survey.distinct > survey.cached:
            parts.append(size(survey.bytes))
            if survey.seconds is None:
                parts.append(tr("time known once one is drawn"))
        whole = [part.replace(" ", _FIRM) for part in (distinct, *parts) if part]
        # With all of it a line would end at a dot.
        split = bool(distinct and survey.cached)
        lines = [whole[0], " · ".join(whole[1:])] if split else [" · ".join(whole)]
        if self._dry_run.shows_another:
            lines.append(tr("The grid shown is another one."))
        return "\n".join(filter(None, lines))

    def _show_running(self) -> None:
        runner = self._runner
        assert runner.handle is not None
        progress = runner.handle.progress
        self.bar.setRange(0, 1000)
        self.bar.setValue(int(1000 * progress.fraction))
        self._count_text.say(
            "{done} of {total} cells", done=number(runner.done), total=number(runner.total)
        )
        if progress.seconds_left is not None and not runner.paused:
            left = progress.seconds_left
            self._left_text.say("{time} left", time=lambda: duration(left))
        else:
            self._left_text.say("")
        cached = runner.cached
        if runner.waiting and runner.ahead():
            self._cached_text.say("{words}", words=self._waits_for)
        elif runner.more:
            self._cached_text.say("What was added is drawn after these.")
        elif runner.waiting:
            self._cached_text.say("Starts in a moment.")
        else:
            self._cached_text.say("{n} drawn already" if cached else "", n=number(cached))

    def _waits_for(self) -> str:
        """What is done before this grid, and how long that takes."""
        ahead = self._runner.ahead()
        if not ahead:
            return ""
        first, others = ahead[0], len(ahead) - 1
        name, left = title_of(first.request), first.progress.seconds_left
        if first.paused:
            words = tr("Waits for {name}, which is paused.", name=name)
        elif left is None:
            words = tr("Waits for {name}.", name=name)
        else:
            words = tr("Waits for {name}, {time} left.", name=name, time=duration(left))
        more = tr("{n} more is before it.", "{n} more are before it.", n=others) if others else ""
        return joined(filter(None, (words, more)))
