"""Before you start: what the next run will do, what it costs, and what stands in its way."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import joined, tr
from app.i18n import signals as language_signals
from app.i18n.format import number, size
from app.theme import metrics
from app.theme import signals as theme_signals
from app.training import draft
from app.training.before_notes import Note, against_the_last, notes
from app.training.difference_table import DifferenceTable
from app.training.disk_room import checkpoint_bytes
from app.training.pace import about
from app.training.problems import named
from app.training.sentences import SentenceLabel, Strong
from app.widgets.buttons import button
from app.widgets.layouts import placed_once
from app.widgets.panel import IconLabel, Panel
from app.widgets.text import label

if TYPE_CHECKING:
    from app.training.model import TrainState


class BeforePanel(Panel):
    """``reveal_asked`` carries the name of a setting that a note is about."""

    reveal_asked = Signal(str)

    def __init__(self, state: TrainState) -> None:
        super().__init__("Before you start")
        self.state = state
        self.facts = [SentenceLabel() for _ in range(4)]
        self.problem = label(tone="error", wrap=True)
        self.differences = DifferenceTable()
        self.lines: dict[str, NoteLine] = {}
        self._build()
        for signal in (
            state.plan_changed, state.runs_changed, state.probe.changed, language_signals.changed,
            theme_signals.changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        self.differences.chosen.connect(self.reveal_asked)
        self.refresh()

    def _build(self) -> None:
        self._box = QVBoxLayout()
        self._box.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self._box.setSpacing(metrics.GAP_FIELDS)
        for line in (*self.facts, self.problem):
            self._box.addWidget(line)
        self.body.addLayout(self._box)
        self.body.addSpacing(metrics.GAP_FIELDS)
        self.body.addWidget(self.differences)
        self.differences.hide()

    @property
    def shows_differences(self) -> bool:
        """Whether the table of what differs from the last run is open."""
        return not self.differences.isHidden()

    def toggle_differences(self) -> None:
        """Show what differs from the last run, or no longer."""
        self.differences.setVisible(not self.shows_differences)
        self.refresh()

    def refresh(self) -> None:
        """Say it again."""
        plan, problem = self.state.plan, self.state.problem
        self.problem.setVisible(problem is not None)
        self.problem.setText(named(problem) if problem is not None else "")
        texts = ["", "", "", ""]
        if plan is not None:
            texts = [*_sentences(plan, self.state), self._cost()]
        for line, text in zip(self.facts, texts, strict=True):
            line.setText(text)
            line.setVisible(bool(text))
        with placed_once(self.body.parentWidget()):
            self._show_notes()
        if self.shows_differences:
            name, found = against_the_last(self.state)
            self.differences.show_differences(name, found)
            self.differences.setVisible(bool(found))
        self._order_keys()

    def _order_keys(self) -> None:
        """Tab goes from top to bottom, also to what was made later."""
        links = [*(line.action for line in self._in_order()), self.differences]
        for before, after in pairwise([self.header, *links]):
            if before.nextInFocusChain() is not after:
                self.setTabOrder(before, after)

    def _in_order(self) -> list[NoteLine]:
        return sorted(self.lines.values(), key=self._box.indexOf)

    def _show_notes(self) -> None:
        """Widgets are kept: a slider that moves says all this again at every pixel."""
        wanted = {note.key: note for note in notes(self)}
        for key, line in self.lines.items():
            line.setVisible(key in wanted)
        for place, note in enumerate(wanted.values()):
            if note.key not in self.lines:
                self.lines[note.key] = NoteLine()
            line = self.lines[note.key]
            at = len(self.facts) + 1 + place
            if self._box.indexOf(line) != at:
                self._box.removeWidget(line)
                self._box.insertWidget(at, line)
            line.say(note)

    def _cost(self) -> str:
        """Time and memory: measured with a step, else the time that runs like it took."""
        state = self.state
        if not state.can_start or state.plan is None:
            return ""
        measured, seconds = state.probe.measured, state.expected_seconds
        if measured is not None:
            return tr(
                "About {time}; the run takes {memory} of {room}. Measured with one step here.",
                time=Strong(about(measured.seconds(state.plan, state.request()))),
                memory=Strong(size(measured.result.peak_bytes)),
                room=size(measured.result.room_bytes),
            )
        if seconds is None:
            return ""
        return tr("About {time} on this computer.", time=Strong(about(seconds)))


class NoteLine(QWidget):
    """An icon, a sentence, and at its right end the one thing to do about it."""

    def __init__(self) -> None:
        super().__init__()
        self.icon = IconLabel("info", 14)
        self.words = SentenceLabel()
        self.action = button("", kind="link", on=self._act)
        self._note: Note | None = None
        self.words.setContentsMargins(0, 2, 0, 0)  # a link is higher than a line of words
        column = QVBoxLayout()
        column.setContentsMargins(0, 3, 0, 0)
        column.addWidget(self.icon, 0, _TOP)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP)
        row.addLayout(column)
        row.addWidget(self.words, 1, _TOP)
        row.addWidget(self.action, 0, _TOP)

    def say(self, note: Note) -> None:
        """Show ``note``."""
        before, self._note = self._note, note
        if before is None or (before.icon, before.tone) != (note.icon, note.tone):
            self.icon.set(note.icon, note.tone)
        self.words.setText(note.text)
        self.action.setText(tr(note.action))
        self.action.setVisible(bool(note.action))
        self.setVisible(True)

    def _act(self) -> None:
        if self._note is not None and self._note.run is not None:
            self._note.run()


_TOP = Qt.AlignmentFlag.AlignTop


def _sentences(plan: draft.Plan, state: TrainState) -> list[str]:
    if not plan.steps:
        words = "There is no picture to train on. Add a folder in Dataset."
        if state.values["categories"]:
            words = "No picture is in the chosen categories. Choose others under Pictures."
        return [tr(words), "", ""]
    outlook = plan.outlook
    first = tr(
        "{pictures} in {buckets}.",
        pictures=Strong(tr("{n} picture", "{n} pictures", n=number(outlook.train))),
        buckets=Strong(tr("{n} bucket", "{n} buckets", n=len(outlook.buckets))),
    )
    if outlook.held_out:
        held = number(outlook.held_out)
        first = joined((first, tr("{n} held out for validation.", n=held)))
    second = tr(
        "{each} steps per epoch, {all} in all.",
        each=Strong(number(plan.steps_per_epoch)),
        all=Strong(number(plan.steps)),
    )
    if plan.done:
        goes_on = tr("It goes on after step {step}, {left} are left.",
                     step=number(plan.done), left=Strong(number(plan.left)))  # fmt: skip
        second = joined((second, goes_on))
    return [first, second, _kept(draft.checkpoints(state.values, plan), state)]


def _kept(count: int, state: TrainState) -> str:
    """How many checkpoints stay, and their room on the disk as far as one like them is known."""
    each = checkpoint_bytes(state.measures, state.request())
    if each is None:
        return tr("{n} checkpoint will be kept.", "{n} checkpoints will be kept.", n=number(count))
    return tr(
        "{n} checkpoint will be kept, about {size}.",
        "{n} checkpoints will be kept, about {size} in all.",
        n=number(count),
        size=Strong(size(count * each)),
    )
