"""The right column: runs, the checkpoints of the shown one, its settings and its events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QMenu, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number, percent
from app.theme import icons, metrics
from app.training.checkpoint_table import CheckpointTable
from app.training.story import clock, sentence
from app.widgets.buttons import button, tool_button
from app.widgets.form import choice_text
from app.widgets.panel import Column, Panel
from app.widgets.row_list import Row, RowList
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from app.training.model import TrainState
    from app.training.story import Story
    from engine.training.config import TrainRequest

width = 304
most_events = 40


class RunColumn(Column):
    """``check_asked`` carries the run folder whose epochs are to be compared."""

    check_asked = Signal(str)
    epoch_chosen = Signal(int)

    def __init__(self, state: TrainState) -> None:
        super().__init__(width, "right")
        self.state = state
        self.runs = RowList()
        self.checkpoints = CheckpointTable()
        self.check = button("", "grid-3x3")
        one, many = "Check {n} epoch for over-fitting", "Check {n} epochs for over-fitting"
        self._check_text = bind(self.check.setText, one, many, n=0)
        self.settings = FactTable()
        self.events = FactTable(left=52)
        self.panels: dict[str, Panel] = {}
        self._fill_column()
        self._connect()
        self.refresh()

    def _fill_column(self) -> None:
        self._panel("runs", Panel("Runs", collapsible=False), self.runs)
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
        self._panel("settings", Panel("Settings of this run"), self.settings)
        self._panel("events", Panel("Events"), self.events)
        bind(self.runs.setAccessibleName, "Runs")

    def _panel(self, key: str, panel: Panel, body: QWidget) -> None:
        panel.body.addWidget(body)
        self.panels[key] = panel
        self.add(panel)

    def _connect(self) -> None:
        state = self.state
        state.runs_changed.connect(self.refresh)
        state.story_changed.connect(self.refresh)
        state.story_grew.connect(self._grew)
        state.session.job_changed.connect(self._show_runs)
        language_signals.changed.connect(self.refresh)
        self.runs.chosen.connect(self._show_run)
        self.runs.menu_asked.connect(lambda key, place: self.run_menu(key).popup(place))
        self.check.clicked.connect(self._check)
        self.checkpoints.chosen.connect(self.epoch_chosen)

    def refresh(self) -> None:
        """Show everything again."""
        story = self.state.story
        self._show_runs()
        self.runs.set_current(str(story.folder) if story is not None else "")
        self.panels["runs"].setVisible(bool(self.state.runs))
        for key in ("checkpoints", "settings", "events"):
            self.panels[key].setVisible(story is not None)
        if story is not None:
            self._show_story(story)

    def _show_runs(self) -> None:
        self.runs.set_rows([_run_row(item) for item in self.state.runs])

    def _show_story(self, story: Story) -> None:
        best = story.best
        self.checkpoints.show_checkpoints(story.checkpoints, best)
        self.panels["checkpoints"].setVisible(bool(story.checkpoints))
        self._check_text.update(n=len(story.checkpoints))
        self.lowest.setVisible(best is not None)
        if best is not None:
            self._lowest_text.say("Epoch {epoch} has the lowest held-out loss.", epoch=best.epoch)
        self.settings.set_facts(
            _settings(story, story.request) if story.request is not None else []
        )
        self.panels["settings"].setVisible(story.request is not None)
        newest = list(reversed(story.events[-most_events:]))
        self.events.set_facts([(clock(told.when), sentence(told)) for told in newest])
        self.panels["events"].setVisible(bool(newest))

    def _grew(self, kind: str) -> None:
        if kind != "train.step" and self.state.story is not None:
            self._show_story(self.state.story)

    def _show_run(self, key: str) -> None:
        for story in self.state.runs:
            if str(story.folder) == key:
                self.state.show(story)

    def run_menu(self, key: str) -> QMenu:
        """What can be done with the run ``key``, a folder."""
        story = next(item for item in self.state.runs if str(item.folder) == key)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown = menu.addAction(icons.icon("folder-open", 16), tr("Show in folder"))
        shown.triggered.connect(lambda: open_folder(story.folder))
        gone = menu.addAction(icons.icon("trash-2", 16), tr("Delete run"))
        gone.setEnabled(not story.live)
        gone.triggered.connect(lambda: self.state.session.start(self.state.delete(story)))
        return menu

    def _check(self) -> None:
        if self.state.story is not None:
            self.check_asked.emit(str(self.state.story.folder))

    def _open_folder(self) -> None:
        if self.state.story is not None:
            open_folder(self.state.story.folder / "checkpoints")


def open_folder(folder: Path) -> None:
    """Show ``folder`` in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class FactTable(QWidget):
    """Rows of a name and a value; with ``left`` the first column has that width."""

    def __init__(self, *, left: int = 0) -> None:
        super().__init__()
        self._left = left
        self._rows: list[tuple[ElidedLabel, ElidedLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self._grid.setHorizontalSpacing(metrics.GAP)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        if left:
            self._grid.setColumnMinimumWidth(0, left)
        else:
            self._grid.setColumnStretch(0, 1)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What is shown."""
        return [(name.text(), value.text()) for name, value in self._rows if not name.isHidden()]

    def set_facts(self, facts: list[tuple[str, str]]) -> None:
        """Show ``facts``; labels are kept and filled anew."""
        while len(self._rows) < len(facts):
            self._add_row()
        for place, (name, value) in enumerate(self._rows):
            shown = place < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[place][0])
                value.setText(facts[place][1])

    def _add_row(self) -> None:
        size = 11 if self._left else 12
        name = ElidedLabel(size=size, tone="quiet" if self._left else "label")
        value = ElidedLabel(size=size, tone="label" if self._left else "")
        if not self._left:
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = len(self._rows)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((name, value))


def _run_row(story: Story) -> Row:
    icons = {
        "finished": ("circle-check", "ok"),
        "cancelled": ("circle-stop", "t3"),
        "failed": ("circle-alert", "err"),
        "interrupted": ("triangle-alert", "warn"),
    }
    icon, tone = icons.get(story.status, ("circle-play", "acc"))
    return Row(str(story.folder), story.name, _standing(story), icon=icon, icon_tone=tone)


def _standing(story: Story) -> str:
    if story.live:
        return percent(story.step / story.total_steps) if story.total_steps else ""
    if story.status != "finished":
        names = {"failed": "failed", "interrupted": "interrupted"}
        return tr(names.get(story.status, story.ending))
    best = story.best
    loss = best.held_out_loss if best is not None else story.average.last
    return "" if loss is None else f"{loss:.4f}"


def _settings(story: Story, request: TrainRequest) -> list[tuple[str, str]]:
    epochs = story.epochs or request.max_train_epochs
    base = tr("Starter model") if request.base_model == "starter" else Path(request.base_model).stem
    return [
        (tr("Base model"), base),
        (tr("Epochs"), number(epochs) if epochs else ""),
        (tr("Rank"), f"{request.network_dim}, alpha {request.network_alpha:g}"),
        (tr("UNet rate"), f"{request.unet_lr:g}"),
        (tr("Text encoder rate"), f"{request.text_encoder_lr:g}"),
        (tr("Schedule"), tr(choice_text(request.lr_scheduler))),
        (tr("Resolution"), request.resolution or tr("the model's own")),
        (tr("Batch"), number(request.train_batch_size)),
        (tr("Optimizer"), request.optimizer_type),
        (tr("Seed"), str(request.seed)),
    ]
