"""The charts of the shown run: its loss, with other runs beside it, and three small ones below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.training import curve_lines
from app.training.chart_choice import AXES, Choice, choice_menu
from app.training.compared import Manner
from app.training.curve_lines import Losses
from app.training.small_curves import SmallCurves, epoch_ticks, length, margin
from app.widgets.axis import label_text
from app.widgets.buttons import button
from app.widgets.chart import LineChart
from app.widgets.segments import Segments

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.training.model import TrainState
    from app.training.story import Story

small_after_ms = 40
"""The small curves are drawn some frames after the large one, so that no frame pays for all."""
least_width, least_height = 640, 400
"""With less room, as in a narrow window, there is one chart at a time, with tabs over it."""
TABS = [
    ("loss", "Loss"),
    ("rate", "Learning rate"),
    ("gradient", "Gradient norm"),
    ("bands", "Held-out by noise"),
]


class Curves(QWidget):
    """The loss, large, and the small charts; what was chosen is kept for the next start."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.choice = Choice.kept(state.session)
        self._step: int | None = None
        self._losses = Losses()
        self.loss = LineChart("Loss", height=200, left=margin, zooms=True)
        self.small = SmallCurves()
        self.tabs = Segments(TABS)
        self.tabs.setMinimumWidth(1)
        bind(self.tabs.setAccessibleName, "Chart")
        self.tabs.set_value(self.choice.tab)
        self.tabs.changed.connect(lambda tab: self.choose(tab=tab))
        self.options = button("", "chevron-down", "quiet", on=self._open_options, dense=True)
        self._axis_text = bind(self.options.setText, dict(AXES)[self.choice.x_axis])
        bind(self.options.setAccessibleName, "What the loss chart shows")
        self.loss.add_head(self.options)
        self.loss.set_head(self._place)
        self._build()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(small_after_ms)
        self._later.timeout.connect(self._refresh_small)
        state.compared.changed.connect(self._refresh_loss)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.PAD)
        column.addWidget(self.tabs)
        column.addWidget(self.loss, 3)
        column.addWidget(self.small, 1)
        self._arrange()

    def mark(self, step: int | None) -> None:
        """Lay a band over a chosen checkpoint."""
        self._step = step
        self._place_band()

    def refresh(self) -> None:
        """Draw every curve again."""
        self._refresh_loss()
        self._refresh_small()

    def grow(self) -> None:
        """Draw what came since: the loss now, the small curves a little later."""
        self._refresh_loss()
        self._later.start()

    def choose(self, **changes: Any) -> None:
        """Show the charts in another way, and keep it."""
        self.choice = replace(self.choice, **changes)
        self.choice.keep(self.state.session)
        self._axis_text.say(dict(AXES)[self.choice.x_axis])
        self._arrange()
        self.refresh()

    def _open_options(self) -> None:
        choice_menu(self.options, self.choice, self.choose).below(self.options, right=True)

    # What is seen

    @property
    def _one_alone(self) -> bool:
        """Whether there is room for one chart only."""
        narrow = self.window().width() < metrics.NARROW
        return narrow or self.width() < least_width or self.height() < least_height

    def _arrange(self) -> None:
        tab = self.choice.tab
        alone = self._one_alone
        self.tabs.setVisible(alone)
        self.loss.set_titled(not alone)
        self.loss.setVisible(not alone or tab == "loss")
        self.small.arrange(tab if alone else None)
        story = self.state.story
        begun = story is not None and bool(story.step)
        self.small.setVisible(tab != "loss" if alone else begun)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._one_alone == self.tabs.isHidden():
            self._arrange()
            self._later.start()

    # The loss

    def _beside(self) -> list[tuple[Story, Manner]]:
        state = self.state
        pairs = [(one, state.compared.manner(one)) for one in state.runs if one is not state.story]
        return [(story, manner) for story, manner in pairs if manner is not None]

    def _refresh_loss(self) -> None:
        story = self.state.story
        if story is None or self.loss.isHidden():
            return
        beside = self._beside()
        lines = self._losses.lines(story, self.choice, beside)
        waits = tr("Waiting for the first step") if story.live else tr("It ended before a step.")
        self.loss.set_waiting(waits)
        scale = curve_lines.unit(story, self.choice)
        longest = max(length(one) / curve_lines.unit(one, self.choice) for one in
                      [story, *(other for other, _ in beside)])  # fmt: skip
        self.loss.set_log(self.choice.log)
        self.loss.set_range((0.0, longest), curve_lines.loss_range(lines, self.choice.log))
        self.loss.set_now(story.step / scale if story.live else None, length(story) / scale)
        by_epoch = self.choice.x_axis == "epochs" and story.steps_per_epoch
        self.loss.set_ticks(epoch_ticks(story, longest) if by_epoch else [])
        self.loss.set_x_name("Epoch" if by_epoch else "Step")
        self._place_band()
        self.loss.set_series(lines)

    def _place(self, x: float) -> tuple[str, str]:
        """What the read-out is about: a step, and where in the epochs it lies."""
        story = self.state.story
        if story is None or not story.steps_per_epoch:
            return tr("Step"), label_text(x)
        by_epoch = self.choice.x_axis == "epochs"
        step = x * story.steps_per_epoch if by_epoch else x
        epoch = x if by_epoch else x / story.steps_per_epoch
        return tr("Step {step}", step=number(round(step))), number(epoch, 1)

    def _place_band(self) -> None:
        story, step = self.state.story, self._step
        if story is None or not step:
            self.loss.set_chosen(None)
            return
        half = max(1.0, length(story) / 80)
        scale = curve_lines.unit(story, self.choice)
        self.loss.set_chosen((step - half) / scale, (step + half) / scale)

    # The small ones

    def _refresh_small(self) -> None:
        story = self.state.story
        if story is None:
            return
        self._arrange()
        if not self.small.isHidden():
            self.small.refresh(story)
