"""The Repaint region panel: prompt, LoRAs, strength in real steps, candidates, seed, Repaint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.canvas.prompt_box import PromptBox
from app.canvas.prompt_popups import PromptPopups
from app.canvas.prompt_shelf import PromptShelf
from app.canvas.repaint_hints import RepaintHints
from app.canvas.repaint_rows import LoraRow, SamplingRow, offered_name
from app.canvas.tag_rows import TagRows
from app.canvas.versions import VariationRow, VersionsChoice
from app.i18n import bind, signals, tr, tr_error
from app.models.options import base_options
from app.theme import icons, metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, FieldRow, NumberField, ValueSlider, row
from app.widgets.panel import Panel, padded
from app.widgets.text import label, restyle
from engine.sampling.request import LARGEST_SEED

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.models.at_hand import LoraChoice
    from app.session import Session


class RepaintPanel(Panel):
    """Everything a repaint is told. It edits the settings and follows them."""

    def __init__(self, session: Session, repaint: Repaint, state: CanvasState) -> None:
        super().__init__("Repaint region", collapsible=False)
        self._state = state
        candidates = self._candidates = state.candidates
        self._session = session
        self._repaint = repaint
        self._build_prompt()
        self._build_model()
        self._build_loras()
        self._build_numbers()
        self._build_sampling()
        self._build_foot()
        repaint.settings_changed.connect(self.refresh)
        repaint.running_changed.connect(lambda _: self.refresh())
        state.selection_changed.connect(self._allow)
        repaint.models_changed.connect(self._show_models)
        signals.changed.connect(self._show_models)
        candidates.reset.connect(self._show_rank)
        candidates.changed.connect(lambda _: self._show_rank())
        self._show_models()

    def _build_prompt(self) -> None:
        self.shelf = PromptShelf(self._session, self)
        self.box = PromptBox(self._session, self._repaint, self.shelf)
        self.prompt, self.negative = self.box.prompt, self.box.negative
        self.popups = PromptPopups(self._session, self._repaint, self.shelf, self.box)
        self.body.addWidget(self.box)
        self.earlier = tool_button(
            "history", "Earlier prompts", lambda: self.popups.open_history(self.earlier)
        )
        self.styles = tool_button(
            "bookmark", "Styles", lambda: self.popups.open_styles(self.styles)
        )
        self.add_action(self.earlier)
        self.add_action(self.styles)
        self._repaint.asked.connect(self._remember)
        self._session.project_changed.connect(lambda _: self._session.start(self.shelf.load()))
        self._session.start(self.shelf.load())

    def _remember(self) -> None:
        settings = self._repaint.settings
        self.shelf.remember(settings.prompt, settings.negative)

    def _build_model(self) -> None:
        self.model = Choice(plain=True)
        self.model.changed.connect(lambda ref: self._repaint.choose_model(str(ref)))
        self.body.addWidget(FieldRow("Model", self.model))

    def _build_loras(self) -> None:
        holder = QWidget()
        self._lora_rows = QVBoxLayout(holder)
        self._lora_rows.setContentsMargins(metrics.PAD, 2, metrics.PAD, 0)
        self._lora_rows.setSpacing(4)
        self.body.addWidget(holder)
        self.tags = TagRows(self._repaint)
        self.body.addWidget(self.tags)
        self.add_lora = button("Add LoRA", "plus", "link", on=self.offer_loras)
        line = QHBoxLayout()
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 8)
        line.addWidget(self.add_lora)
        line.addStretch(1)
        self.body.addLayout(line)
        self._shown_loras: dict[str, LoraRow] = {}

    def _build_numbers(self) -> None:
        self.strength = ValueSlider(0.05, 1.0, 0.01, 2)
        self.strength.set_default(0.6)
        self.strength.changed.connect(lambda value: self._repaint.change(strength=value))
        self.strength_row = FieldRow("Strength", self.strength, " ")
        self.body.addWidget(self.strength_row)
        self.count = NumberField(1, 16, 1, 0)
        self.count.changed.connect(lambda value: self._repaint.change(count=int(value)))
        self.count.setFixedWidth(52)
        self.versions = VersionsChoice(self._repaint)
        counted = row(self.count, self.versions, spacing=6)
        self.body.addWidget(FieldRow("Candidates", counted))
        bind(self.count.setAccessibleName, "Candidates")
        self.seed = NumberField(0, LARGEST_SEED, 1, 0)
        self.seed.changed.connect(lambda value: self._repaint.change(seed=int(value)))
        self.reroll = tool_button("dices", "Another seed", self._repaint.reroll)
        self.lock = tool_button("lock", "Keep this seed", self._toggle_lock, checkable=True)
        self.body.addWidget(FieldRow("Seed", row(self.seed, self.reroll, self.lock, spacing=4)))
        bind(self.seed.setAccessibleName, "Seed")
        self.variation = VariationRow(self._repaint)
        self.body.addWidget(self.variation)

    def _build_sampling(self) -> None:
        self.sampling = SamplingRow(self._repaint)
        self.body.addWidget(self.sampling)

    def _build_foot(self) -> None:
        self.start = button("Repaint", "sparkles", "primary", big=True, on=self._repaint.start)
        self.start.show_shortcut("Ctrl+Return")
        self.stop = button("Stop", "square", big=True, on=self._stop)
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, 8, metrics.PAD, 0)
        foot.setSpacing(metrics.GAP)
        foot.addWidget(self.start, 1)
        foot.addWidget(self.stop)
        self.body.addLayout(foot)
        self.problem = label(size=11, tone="error", wrap=True)
        self.body.addWidget(padded(self.problem, top=4))
        self.hints = RepaintHints(self._repaint, self._state)
        self.body.addWidget(self.hints)
        self._stop_text = bind(self.stop.setText, "Stop")

    def _show_rank(self) -> None:
        """While there are candidates, accepting one is the main action in view."""
        undecided = bool(self._candidates.items) and not self._candidates.decided
        restyle(self.start, "kind", "normal" if undecided else "primary")

    def _stop(self) -> None:
        self._stop_text.say("Stopping…")
        self.stop.setEnabled(False)
        self._repaint.stop()

    def _toggle_lock(self) -> None:
        self._repaint.change(seed_locked=self.lock.isChecked())

    # Models and LoRAs

    def _show_models(self) -> None:
        """Offer what is at hand; what cannot be used is there with its reason."""
        self.model.set_options(*base_options(self._repaint.models))
        self.refresh()

    def offer_loras(self) -> None:
        """Read the list anew, then offer it as a menu."""
        self._session.start(self._offer())

    async def _offer(self) -> None:
        await self._repaint.load_models()
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        used = {path for path, _ in self._repaint.settings.loras}
        for choice in self._repaint.models.loras:
            if not any(choice.is_at(path) for path in used):
                self._offer_lora(choice)
        if self.menu.isEmpty():
            self.menu.addAction(
                tr("Train a LoRA first, or put one into a model folder.")
            ).setEnabled(False)
        self.menu.aboutToHide.connect(self.menu.deleteLater)
        self.menu.popup(self.add_lora.mapToGlobal(QPoint(0, self.add_lora.height())))

    def _offer_lora(self, choice: LoraChoice) -> None:
        entry = self.menu.addAction(
            icons.icon("layers-2" if choice.approval is None else "badge-check", 14),
            offered_name(choice),
            lambda: self._repaint.add_lora(choice.path, choice.weight),
        )
        misfit = self._repaint.misfit(choice.path)
        if misfit is not None:
            entry.setEnabled(False)
            entry.setToolTip(tr_error(misfit))

    def _follow_loras(self) -> None:
        wanted = dict(self._repaint.settings.loras)
        for path in list(self._shown_loras):
            if path not in wanted:
                self._shown_loras.pop(path).deleteLater()
        for path, weight in wanted.items():
            if path not in self._shown_loras:
                made = self._shown_loras[path] = LoraRow(self._repaint, path)
                self._lora_rows.addWidget(made)
            shown = self._shown_loras[path]
            shown.weight.set_value(weight)
            shown.describe(self._repaint.models.lora(path), self._repaint.misfit(path))

    # Following

    def _allow(self) -> None:
        repaint = self._repaint
        ready = repaint.can_start
        self.start.setEnabled(ready and repaint.has_region)
        self.hints.whole.setEnabled(ready)

    def refresh(self) -> None:
        """Show the settings and whether a repaint is under way."""
        settings, running = self._repaint.settings, self._repaint.running
        self.box.refresh()
        self.tags.refresh()
        self.prompt.setEnabled(settings.mode != "remove")  # nothing is to be painted there
        self.strength.set_range(0.05, 1.0, settings.strength_stops)
        self.strength.set_value(settings.strength)
        done, total = settings.painted_steps
        self.strength_row.set_hint("{done} of {total} steps are painted", done=done, total=total)
        self.count.set_value(settings.count)
        self.seed.set_value(settings.seed)
        self.lock.setChecked(settings.seed_locked)
        self.sampling.refresh()
        self.model.set_value(settings.model)
        self._follow_loras()
        problem = self._repaint.problem
        self.problem.setText(tr_error(problem) if problem is not None else "")
        self.problem.setVisible(problem is not None)
        self._allow()
        self.stop.setEnabled(running)
        if not running:
            self._stop_text.say("Stop")
