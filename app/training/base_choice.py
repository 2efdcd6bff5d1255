"""The choice of the base model, offered among the few fields and among all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import signals as language_signals
from app.i18n import tr
from app.training import draft
from app.widgets.fields import Choice

if TYPE_CHECKING:
    from app.training.model import TrainState


class BaseModelChoice(Choice):
    """Offers the models that are at hand; which one is chosen is for the form around it to say."""

    def __init__(self, state: TrainState) -> None:
        super().__init__([], plain=True)
        self._state = state
        state.models_changed.connect(self._offer)
        language_signals.changed.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        self.set_options(
            [
                (model.ref, tr("Starter model") if model is draft.starter else model.label)
                for model in self._state.models
            ]
        )
