"""The left column of Validate: what to compare, prompts, what to show, and the progress."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal

from app.i18n import bind, signals, tr
from app.models.options import base_options
from app.shell.menus import Menu
from app.theme import metrics
from app.validation.axes_box import AxesBox
from app.validation.axis_list import PROMPT
from app.validation.changed_dot import ChangedDot
from app.validation.choices import FILES
from app.validation.image_fields import ImageFields
from app.validation.model import NEAR_COPY
from app.validation.plan_words import PLANS, TITLES
from app.validation.prompt_section import PromptSection
from app.validation.setup_foot import SetupFoot
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Check, Choice, FieldRow
from app.widgets.panel import Column, Panel, padded

if TYPE_CHECKING:
    from app.validation.dry_run import DryRun
    from app.validation.model import GridState
    from app.validation.plans import Plans
    from app.validation.runner import GridRunner
    from app.validation.setup import GridSetup

WIDTH = 228
CHOOSE_FILES = "choose"


class SetupPanel(Column):
    """Plan, run, axes, prompts, what cells share; in the foot what it takes, and Start."""

    start_asked = Signal()
    files_asked = Signal()
    repeat_asked = Signal()

    def __init__(
        self,
        setup: GridSetup,
        state: GridState,
        runner: GridRunner,
        dry_run: DryRun,
        plans: Plans,
    ) -> None:
        super().__init__(WIDTH, "left")
        self._setup, self._state, self._runner, self._plans = setup, state, runner, plans
        self._build_source()
        self.axes = AxesBox(setup)
        self.add(self.axes, line=False)
        self.prompts = PromptSection(setup)
        self.prompts.side_menu_asked.connect(self._open_prompt_sides)
        self.add(self.prompts)
        self.image = ImageFields(setup)
        self.add(self.image)
        self._build_show()
        self._build_foot(dry_run)
        setup.changed.connect(self.refresh)
        plans.changed.connect(self.refresh)
        dry_run.changed.connect(self.refresh_progress)
        runner.changed.connect(self.refresh_progress)
        state.axes_changed.connect(self.refresh_progress)
        signals.changed.connect(self.refresh)
        self.refresh()

    def _build_source(self) -> None:
        self.source = Choice(plain=True)
        self.source.changed.connect(self._source_chosen)
        bind(self.source.setAccessibleName, "Run to check")
        self.head = Panel(TITLES[""], collapsible=False)
        self.plan = button("Plan", None, "quiet", on=self.open_plans, dense=True)
        bind(self.plan.setToolTip, "Set all axes at one click")
        self.more = tool_button("ellipsis", "More", self.open_more, dense=True)
        self.changed = ChangedDot(self.head.header)
        self.head.add_action(self.plan)
        self.head.add_action(self.more)
        self.head.body.setContentsMargins(0, 2, 0, 0)
        self.head.body.addWidget(padded(self.source))
        self.model = Choice(plain=True)
        self.model.changed.connect(lambda ref: self._setup.choose_model(str(ref)))
        self._model_row = FieldRow("Model", self.model, label_width=48)
        self.head.body.addSpacing(metrics.GAP)
        self.head.body.addWidget(self._model_row)
        self.add(self.head)

    def _build_show(self) -> None:
        panel, shown = Panel("Display"), self._state.shown
        self.base_row = Check("Base model row", on=True)
        self.base_row.changed.connect(self._setup.set_base_row)
        self.mark = Check("", on=True)
        self._mark_text = bind(self.mark.setText, "Mark copying above {limit}", limit="")
        self._mark_tip = bind(self.mark.setToolTip, "Amber from {near} on.", near="")
        self.mark.changed.connect(self._state.set_mark_copying)
        self.starred = Check("Only starred")
        self.starred.changed.connect(shown.set_only_starred)
        shown.changed.connect(self._follow_filter)
        self._state.choice_changed.connect(self._follow_limit)
        self._follow_limit()
        for check in (self.base_row, self.mark, self.starred):
            panel.body.addWidget(padded(check, bottom=3))
        self.add(panel)

    def _follow_filter(self) -> None:
        self.starred.set_value(self._state.shown.only_starred)

    def _follow_limit(self) -> None:
        limit = self._state.copy_limit
        self._mark_text.update(limit=f"{limit:.2f}")
        self._mark_tip.update(near=f"{limit * NEAR_COPY:.2f}")

    def _build_foot(self, dry_run: DryRun) -> None:
        self.counts = SetupFoot(self._setup, self._runner, dry_run)
        self.counts.start_asked.connect(self.start_asked)
        self.counts.extend_asked.connect(self.open_extensions)
        self.start, self.pause = self.counts.start, self.counts.pause
        self.cancel, self.count, self.cached = (
            self.counts.cancel, self.counts.count, self.counts.cached
        )  # fmt: skip
        self.add_foot(self.counts, 1)

    # Menus

    def open_plans(self) -> None:
        """Offer what sets all axes."""
        menu = Menu(self)
        for name, (words, icon) in PLANS.items():
            menu.add(words, partial(self._plans.apply, name), icon)
        menu.below(self.plan)

    def open_more(self) -> None:
        """What is done with the axes as a whole, and with the grid that is shown."""
        menu, sides = Menu(self), self._setup.axes.sides
        if sides.x and sides.y:
            swap = partial(self._setup.set_side, sides.x, "y")
            menu.add("Swap rows and columns", swap, "arrow-left-right")
        if self._state.request is not None:
            if not self._runner.running:
                menu.add("Repeat this grid", self.repeat_asked.emit, "rotate-cw")
            menu.add("Extend…", self.open_extensions, "plus")
        if self._plans.can_undo:
            menu.add("Undo", self._plans.undo, "undo-2", shortcut="Ctrl+Z")
        menu.below(self.more, right=True)

    def open_extensions(self) -> None:
        """What could be added to the grid that is shown."""
        menu = Menu(self)
        for addition in self._plans.to_extend():
            menu.add(addition.words, partial(self._plans.extend, addition), plain=True)
        menu.below(self.counts.extend)

    def _open_prompt_sides(self, place: QPoint) -> None:
        menu = Menu(self)
        self.axes.fill_side_entries(menu, PROMPT)
        menu.at(place)

    def _source_chosen(self, value: object) -> None:
        if value == CHOOSE_FILES:
            self.files_asked.emit()
            self.refresh()
        else:
            self._setup.choose(str(value))

    # Following

    def refresh(self) -> None:
        """Show what is to be compared."""
        setup, differing = self._setup, self._plans.differing()
        self.head.set_title(TITLES[self._plans.now.name])
        self.changed.setVisible(bool(differing))
        options: list[tuple[object, str]] = [
            (run.folder, tr("{name}, training", name=run.name) if run.is_training else run.name)
            for run in setup.runs
        ]
        if setup.files:
            options.append((FILES, tr("{n} LoRA file", "{n} LoRA files", n=len(setup.files))))
        options.append((CHOOSE_FILES, tr("Choose LoRA files…")))
        self.source.set_options(options)
        self.source.set_value(setup.source)
        self._follow_models()
        self.axes.follow(differing)
        self.prompts.follow()
        self.image.follow()
        self.base_row.set_value(setup.base_row)
        self.base_row.setEnabled(setup.axes.get("checkpoint") is not None)
        self.refresh_progress()

    def _follow_models(self) -> None:
        options, refused = base_options(self._setup.models)
        self.model.set_options(options, refused)
        self.model.set_value(self._setup.base_model)
        self._model_row.setVisible(self._setup.axes.get("model") is None)

    def refresh_progress(self) -> None:
        """Show what the draft amounts to, or how far the grid is."""
        self.counts.can_extend = self._state.request is not None
        self.counts.refresh()
