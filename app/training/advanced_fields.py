"""The next run in full: every setting by group, and a search over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import bind
from app.i18n import signals as language_signals
from app.theme import metrics
from app.training.base_choice import BaseModelChoice
from app.training.problems import located
from app.widgets.fields import TextField
from app.widgets.form import SchemaForm
from app.widgets.text import label
from engine.training.config import TrainRequest

if TYPE_CHECKING:
    from app.training.model import TrainState


FOR_FOLDERS = (
    "train_data_dir", "output_dir", "dataset_config", "in_json", "dataset_repeats",
    "caption_extension",
)  # fmt: skip
"""What has an effect only where no project is trained; the window always trains one."""


class AdvancedFields(QWidget):
    """Every setting by group, with a search over names, help and kohya's names."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.search = TextField("Search settings")
        self.search.setClearButtonEnabled(True)
        self.none = label("No setting matches.", tone="quiet")
        self.base = BaseModelChoice(state)
        self.form = SchemaForm(
            TrainRequest,
            "advanced",
            skip=FOR_FOLDERS,
            controls={"base_model": self.base},
        )
        self.none.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, metrics.GAP, 0, 0)
        box.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        top.addWidget(self.search)
        top.addWidget(self.none)
        box.addLayout(top)
        box.addWidget(self.form)
        bind(self.search.setAccessibleName, "Search settings")
        self.search.textChanged.connect(self._find)
        self.form.changed.connect(self._changed)
        state.draft_changed.connect(self.refresh)
        state.plan_changed.connect(self._show_problem)
        state.models_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the draft."""
        if self.state.values:
            self.form.set_values(self.state.values)

    def _changed(self, name: str) -> None:
        if name == "base_model":
            self.state.choose_base(str(self.base.value))
        else:
            self.state.change(**{name: self.form.values()[name]})

    def _find(self, text: str) -> None:
        self.none.setVisible(self.form.search(text) == 0)

    def _show_problem(self) -> None:
        self.form.clear_errors()
        self.form.set_error(*located(self.state.problem))
