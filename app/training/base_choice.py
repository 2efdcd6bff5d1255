"""The choice of the base model, offered among the few fields and among all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.i18n import signals as language_signals
from app.i18n import tr
from app.training import draft
from app.widgets.fields import Choice

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from app.training.model import TrainState

ADD = "add"
"""Stands in the list for a model that is still to be brought in; no model is called so."""


class BaseModelChoice(Choice):
    """Offers the models that are at hand; which one is chosen is for the form around it to say.
    ``add_asked`` wants another one to be brought in.
    """

    add_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__([], plain=True)
        self._state = state
        self._by_key = False
        state.models_changed.connect(self._offer)
        language_signals.changed.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        self.set_options(
            [
                (model.ref, tr("Starter model") if model is draft.starter else model.label)
                for model in self._state.models
            ]
            + [(ADD, tr("Add a model file…"))]
        )

    def _tell(self) -> None:
        if self.value != ADD:
            super()._tell()
            return
        self.set_value(self._state.base.ref)
        if not self._by_key:
            self.add_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Keys walk through the shut list; walking past its end must open no dialog.
        self._by_key = True
        super().keyPressEvent(event)
        self._by_key = False
