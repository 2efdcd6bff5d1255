"""The right column: runs, the checkpoints of the shown one, its settings and its events."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number, scientific
from app.shell.menus import Menu
from app.theme import metrics
from app.training import run_deeds
from app.training.approved import ApprovedCheckpoints
from app.training.checkpoint_table import CheckpointTable
from app.training.differences import size_words
from app.training.fact_table import FactTable
from app.training.run_list import RunList, standing
from app.training.telling import clock, sentence
from app.widgets.buttons import button, tool_button
from app.widgets.choice_names import choice_text
from app.widgets.layouts import placed_once
from app.widgets.panel import Column, Panel
from app.widgets.text import label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from app.training.curves import Curves
    from app.training.model import TrainState
    from app.training.run_stage import RunStage
    from app.training.story import Story
    from engine.runtime.job import JobHandle
    from engine.training.config import TrainRequest
    from engine.training.runs import Checkpoint

width = 304
most_events = 40
most_listed = 20
"""Runs that the menu of what is drawn beside the shown one lists, the newest."""


class RunColumn(Column):
    """``check_asked`` carries the run folder whose epochs are to be compared, ``chosen`` the step
    of a checkpoint; ``compare_asked`` asks for the settings of runs side by side.
    """

    check_asked = Signal(str)
    chosen = Signal(int)
    compare_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__(width, "right")
        self.state = state
        self.runs = RunList()
        self.checkpoints = CheckpointTable()
        self.approved = ApprovedCheckpoints(self, state)
        self.check = button("", "grid-3x3")
        one = "Check {n} checkpoint for over-fitting"
        many = "Check {n} checkpoints for over-fitting"
        self._check_text = bind(self.check.setText, one, many, n=0)
        self.settings = FactTable()
        self.events = FactTable(left=52)
        self.reason = label(tone="error", wrap=True)
        self.panels: dict[str, Panel] = {}
        self._standing = ""
        self._curves: Curves | None = None
        self._fill_column()
        self._connect()
        self.refresh()

    def _fill_column(self) -> None:
        listed = Panel("Runs", collapsible=False)
        self.beside = tool_button(
            "git-compare-arrows", "Compare runs", self._open_beside, dense=True
        )
        listed.add_action(self.beside)
        self._panel("runs", listed, self.runs)
        kept = Panel("Checkpoints")
        self.lowest = label(size=11, tone="quiet", wrap=True)
        self._lowest_text = bind(self.lowest.setText, "")
        self.folder = tool_button("folder-open", "Show the files", self._open_folder, dense=True)
        kept.add_action(self.folder)
        self._panel("checkpoints", kept, self.checkpoints)
        row = QVBoxLayout()
        row.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.lowest)
        row.addWidget(self.check)
        kept.body.addLayout(row)
        used = Panel("Settings of this run")
        take = tool_button(
            "copy", "Use its settings for the next run", self._take_settings, dense=True
        )
        used.add_action(take)
        self._panel("settings", used, self.settings)
        self.reason.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        told = Panel("Events")
        told.body.addWidget(self.reason)
        self._panel("events", told, self.events)
        bind(self.runs.setAccessibleName, "Runs")

    def join(self, stage: RunStage) -> None:
        """What is chosen here is marked on ``stage``, and the reverse."""
        self._curves = stage.curves
        self.chosen.connect(stage.mark)
        self.compare_asked.connect(stage.open_compare)
        stage.chosen.connect(self.checkpoints.choose)

    def _panel(self, key: str, panel: Panel, body: QWidget) -> None:
        panel.body.addWidget(body)
        self.panels[key] = panel
        self.add(panel)

    def _connect(self) -> None:
        state = self.state
        state.runs_changed.connect(self._show_list)
        state.story_changed.connect(self.refresh)
        state.story_grew.connect(self._grew)
        state.compared.changed.connect(self._show_runs)
        state.session.job_changed.connect(self._job_changed)
        language_signals.changed.connect(self.refresh)
        self.runs.chosen.connect(self._show_run)
        self.runs.eye_clicked.connect(self._toggle)
        self.runs.menu_asked.connect(self._open_run_menu)
        self.check.clicked.connect(self._check)
        self.approved.changed.connect(lambda: self.checkpoints.show_approved(self.approved.known))
        self.checkpoints.chosen.connect(self.chosen)
        self.checkpoints.save_asked.connect(lambda item: run_deeds.ask_copy(self.state, item, self))
        self.checkpoints.menu_asked.connect(self._open_checkpoint_menu)

    def showEvent(self, event: QShowEvent) -> None:
        """What was approved meanwhile is marked."""
        super().showEvent(event)
        self.approved.read()

    def refresh(self) -> None:
        """Show everything again."""
        story = self.state.story
        self._show_list()
        for key in ("checkpoints", "settings", "events"):
            self.panels[key].setVisible(story is not None)
        if story is not None:
            self._show_story(story)

    def _show_list(self) -> None:
        story = self.state.story
        self._show_runs()
        self.runs.set_current(str(story.folder) if story is not None else "")
        self.panels["runs"].setVisible(bool(self.state.runs))
        self.beside.setVisible(len(self.state.runs) > 1)

    def _show_runs(self) -> None:
        self.runs.show_runs(self.state.runs, self.state.story, self.state.compared)

    def _job_changed(self, handle: JobHandle) -> None:
        """How far a run is stands in its row; this is asked twenty times a second."""
        live = self.state.live
        for story in live.by_folder().values():
            if live.handle_of(story) is handle and standing(story) != self._standing:
                self._standing = standing(story)
                self._show_runs()

    def _show_story(self, story: Story) -> None:
        kept = self.panels["checkpoints"]
        with placed_once(kept.body.parentWidget()):
            self._show_checkpoints(story)
        kept.setVisible(bool(story.checkpoints))
        request = story.request
        self.settings.set_facts(_settings(story, request) if request is not None else [])
        self.panels["settings"].setVisible(request is not None)
        newest = list(reversed(story.events[-most_events:]))
        grave = {place for place, told in enumerate(newest) if told.grave}
        self.events.set_facts([(clock(told.when), sentence(told)) for told in newest], grave)
        self.reason.setText(story.message)
        self.reason.setToolTip(story.message)
        self.reason.setVisible(bool(story.message))
        self.panels["events"].setVisible(bool(newest or story.message))

    def _show_checkpoints(self, story: Story) -> None:
        best = story.best
        self.checkpoints.show_story(story)
        # An average may lie beside the weights of the same step.
        self._check_text.update(n=len({item.step for item in story.checkpoints}))
        self.lowest.setVisible(best is not None)
        if best is not None:
            words = "{place} has the lowest held-out loss."
            if not story.best_is_lowest:
                words = "{place} has the lowest held-out loss of those kept."
            self._lowest_text.say(words, place=story.place(best.step, best.epoch))

    def _grew(self, kind: str) -> None:
        if kind not in ("train.step", "train.preview") and self.state.story is not None:
            self._show_story(self.state.story)

    # Runs

    def _story(self, key: str) -> Story | None:
        return next((story for story in self.state.runs if str(story.folder) == key), None)

    def _show_run(self, key: str) -> None:
        story = self._story(key)
        if story is not None:
            self.state.show(story)

    def _toggle(self, key: str) -> None:
        story = self._story(key)
        if story is not None and story is not self.state.story:
            self.state.compared.toggle(story)

    def _open_run_menu(self, key: str, place: QPoint) -> None:
        self.run_menu(key).at(place)

    def run_menu(self, key: str) -> Menu:
        """What can be done with the run ``key``, a folder."""
        menu, story = Menu(self), self._story(key)
        if story is None:
            return menu
        if story is not self.state.story:
            drawn = self.state.compared.manner(story) is not None
            toggle = partial(self._toggle, key)
            menu.add("Draw beside the shown run", toggle, ticked=drawn).line()
        run_deeds.add_to(menu, self.state, story)
        return menu

    def _open_beside(self) -> QMenu:
        """Which runs are drawn beside the shown one, and all of them as a table."""
        menu, state = Menu(self), self.state
        menu.title("Draw beside the shown run")
        for story in state.runs[:most_listed]:
            if story is not state.story:
                drawn = state.compared.manner(story) is not None
                toggle = partial(self._toggle, str(story.folder))
                menu.add(story.name, toggle, plain=True, ticked=drawn)
        if self._curves is not None:
            held_out = self._curves.choice.others == "held_out"
            choose = partial(self._curves.choose, others="loss" if held_out else "held_out")
            menu.line().add("Held-out loss of other runs", choose, ticked=held_out)
        menu.line().add("Settings side by side", self.compare_asked.emit, "table")
        return menu.below(self.beside, right=True)

    def _take_settings(self) -> None:
        if self.state.story is not None:
            run_deeds.take_settings(self.state, self.state.story)

    # Checkpoints

    def _open_checkpoint_menu(self, item: Checkpoint, place: QPoint) -> None:
        menu = Menu(self)
        run_deeds.add_checkpoint_to(menu, self.state, item, self)
        menu.line().add("Copy its numbers", partial(self.checkpoints.copy, item), "copy")
        menu.add("Copy all numbers", partial(self.checkpoints.copy, None), "copy")
        menu.at(place)

    def _check(self) -> None:
        if self.state.story is not None:
            self.check_asked.emit(str(self.state.story.folder))

    def _open_folder(self) -> None:
        if self.state.story is not None:
            run_deeds.open_folder(self.state.story.folder / "checkpoints")


def _settings(story: Story, request: TrainRequest) -> list[tuple[str, str]]:
    epochs = story.epochs or request.max_train_epochs
    base = tr("Starter model") if request.base_model == "starter" else Path(request.base_model).stem
    return [
        (tr("Base model"), base),
        (tr("Epochs"), number(epochs) if epochs else ""),
        (tr("Rank"), f"{request.network_dim}, alpha {request.network_alpha:g}"),
        (tr("UNet rate"), scientific(request.unet_lr)),
        (tr("Text encoder rate"), scientific(request.text_encoder_lr)),
        (tr("Schedule"), tr(choice_text(request.lr_scheduler))),
        (tr("Resolution"), size_words(request.resolution) or tr("the model's own")),
        (tr("Batch"), number(request.train_batch_size)),
        (tr("Optimizer"), tr(choice_text(request.optimizer_type))),
        (tr("Seed"), str(request.seed)),
    ]
