"""What a next run is suggested to be, and why it is to be as long as that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.training import draft
from app.training.counting import Counting
from engine.runtime.errors import StylekilnError
from engine.training.pictures import bucket_spec

if TYPE_CHECKING:
    from app.training.next_run import NextRun
    from engine.training.config import TrainRequest

wanted_steps = 1500
wanted_steps_starter = 120
"""Length of a first run in steps, for full-size models and for the starter."""
LONGEST = 60
"""Epochs that are suggested at most."""


class Suggestions(QObject):
    """What follows from pictures, earlier runs and the base model alone: what is set by hand has no
    part in it. ``like`` is the run that the length is taken from, ``steps`` the length of a first
    run otherwise, 0 while it is not known.
    """

    def __init__(self, state: NextRun, counting: Counting) -> None:
        super().__init__(state)
        self._state = state
        self.counting = Counting(state.session, self, beside=counting)
        self.like = ""
        self.steps = 0

    @property
    def word(self) -> str:
        """The trigger word of the project, else that of the newest run that had one."""
        project = self._state.session.project
        words = [project.file.trigger_word] if project is not None else []
        words += [one.trigger_word for one in self._state.earlier()]
        return next(filter(None, words), "")

    def chosen(self) -> dict[str, Any]:
        """What was chosen for the project itself."""
        project = self._state.session.project
        return draft.project_values(project.file, self._state.base) if project is not None else {}

    def length(self) -> dict[str, Any]:
        """As long as the newest run on this model, else as long as a first one should be."""
        ref = self._state.base.ref
        alike = [one for one in self._state.earlier() if one.base_model == ref]
        self.like, self.steps = "", 0
        if alike and alike[0].max_train_epochs:
            self.like = alike[0].output_name
            return {n: getattr(alike[0], n) for n in ("max_train_epochs", *draft.rhythm(1))}
        per_epoch = self._steps_per_epoch()
        if not per_epoch:
            return {}
        starter = self._state.base == draft.starter
        self.steps = wanted_steps_starter if starter else wanted_steps
        epochs = min(LONGEST, max(1, round(self.steps / per_epoch)))
        return {"max_train_epochs": epochs, **draft.rhythm(epochs)}

    def _steps_per_epoch(self) -> int:
        """Of a run with its start values: 0 while the pictures are counted, or without any."""
        state = self._state
        try:
            request = self._first_request()
            spec = bucket_spec(request, state.base.size)
            counted = self.counting.look(state.chosen, spec, request)
        except StylekilnError:
            return 0
        return draft.plan(request, *counted).steps_per_epoch if counted is not None else 0

    def _first_request(self) -> TrainRequest:
        root = Path(self._state.values["project"])
        return draft.request_of(draft.first_values(root, "first", "", self._state.base))
