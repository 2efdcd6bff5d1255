"""The next run: its settings, what is suggested for it, and what will happen with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.training import draft
from app.training.counting import Counting
from app.training.differences import OF_ONE_RUN
from app.training.draft import BaseModel, Plan
from app.training.lacking import Lacking, with_lacks
from app.training.reason_words import reason_words
from app.training.start_files import StartFiles
from app.training.suggestions import Suggestions
from engine.runtime.errors import StylekilnError
from engine.runtime.refusals import Refusal
from engine.training.categories import chosen as of_categories
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.pictures import bucket_spec
from engine.training.reasons import Reason
from engine.training.traits import refuse_what_does_not_fit

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.library import Picture

    _Choice = tuple[list[Picture], tuple[str, ...]]

MOST_STEPS = 20
"""So many sets of settings can be taken back, one after the other."""


@dataclass(frozen=True, eq=False)
class _Before:
    """What the settings were before a whole set of them was put: to take that back."""

    values: Mapping[str, Any]
    touched: frozenset[str]
    missing_model: Refusal | None
    undone: Callable[[], object]


def _nothing() -> None:
    """What most sets of settings do when they are taken back."""


class NextRun(QObject):
    """Settings of the next run, the plan that follows from them, and what stands in its way."""

    draft_changed = Signal()
    plan_changed = Signal()
    models_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.pictures: list[Picture] = []
        self._chosen: tuple[_Choice, list[Picture]] = (([], ()), [])
        self._captions: list[str] = []
        self.models: list[BaseModel] = [draft.starter]
        self.values: dict[str, Any] = {}
        self.plan: Plan | None = None
        self.problem: StylekilnError | None = None
        self._suggested: dict[str, Any] = {}
        self._steps: list[_Before] = []
        self._counting = Counting(session, self)
        self._counting.counted.connect(self._suggest_again)
        self.suggestions = Suggestions(self, self._counting)
        self.suggestions.counting.counted.connect(self._suggest_again)
        self._lacking = Lacking(session, self)
        self._lacking.seen.connect(self._tell)
        self._start_files = StartFiles(session, self)
        self._start_files.seen.connect(self._tell)

    @property
    def _touched(self) -> set[str]:
        """What was set by hand, here or on another page."""
        return self.session.run_settings.by_hand

    @_touched.setter
    def _touched(self, names: set[str]) -> None:
        self.session.run_settings.by_hand = names

    @property
    def can_start(self) -> bool:
        """Whether the draft is sound and there are pictures for it."""
        return self.problem is None and self.plan is not None and self.plan.steps > 0

    @property
    def base(self) -> BaseModel:
        """The base model of the draft."""
        ref = self.values.get("base_model", draft.starter.ref)
        return next((model for model in self.models if model.ref == ref), self.models[0])

    def request(self) -> TrainRequest:
        """The frozen request of the draft. Raises BadInputError."""
        return draft.request_of(self.values)

    def earlier(self) -> list[TrainRequest]:
        """The settings of the runs that were, newest first."""
        raise NotImplementedError

    # Changing it

    def change(self, **values: Any) -> None:
        """Change settings of the next run; what was set by hand is no longer suggested."""
        self._touched |= values.keys()
        if "base_model" in values:
            self._lacking.model = None
        self._put(values)

    def ask_for_model(self, refusal: Refusal | None) -> None:
        """Have a base model chosen before a start: what an import names is not here."""
        self._lacking.model = refusal
        self._tell()

    def replace(
        self, values: Mapping[str, Any], label: str, undone: Callable[[], object] = _nothing
    ) -> object:
        """Put a whole set of settings (a preset, an import, the start values) as one step. The
        toast says ``label``, a sentence, and offers :meth:`undo_replace`, which calls ``undone``.
        What is returned stands for the step.
        """
        changed = {name: value for name, value in values.items() if self.values[name] != value}
        missing = self._lacking.model
        step = _Before(dict(self.values), frozenset(self._touched), missing, undone)
        self._steps = [*self._steps[1 - MOST_STEPS :], step]
        self.change(**changed)
        self.session.notify(label, action="Undo", on_action=partial(self._take_back, step))
        return step

    @property
    def can_undo_replace(self) -> bool:
        """Whether there is a set of settings to take back."""
        return bool(self._steps)

    def is_last(self, step: object) -> bool:
        """Whether ``step``, of :meth:`replace`, is the one that would be taken back."""
        return bool(self._steps) and step is self._steps[-1]

    def undo_replace(self) -> None:
        """Take back the last :meth:`replace`, and what was changed since."""
        if self._steps:
            self._take_back(self._steps[-1])

    def _take_back(self, step: _Before) -> None:
        """Take back ``step`` and all that was put since, once."""
        if step not in self._steps:
            return
        place = self._steps.index(step)
        gone, self._steps = self._steps[place:], self._steps[:place]
        self._touched = set(step.touched)
        self._lacking.model = step.missing_model
        self._put({n: v for n, v in step.values.items() if self.values.get(n) != v})
        for one in reversed(gone):
            one.undone()
        self.session.undone.emit()

    def choose_base(self, ref: str) -> None:
        """Train on another model, with the usual values of its family and the same wishes. One
        that an import waits for leaves what the import has set.
        """
        if self._lacking.model is not None:
            self.change(base_model=ref)
            return
        before, model = self.base, next(item for item in self.models if item.ref == ref)
        quality = draft.quality_of(before, self.values) or "good"
        detail = draft.detail_of(self.values)
        if detail == before.detail:
            detail = model.detail
        rank = int(self.values["network_dim"])
        self.change(**draft.base_values(model, quality, rank, detail))
        self._suggest_again()

    def set_epochs(self, epochs: int) -> None:
        """Make the run ``epochs`` long; how often it saves follows, unless that was set by hand."""
        rhythm = {n: v for n, v in draft.rhythm(epochs).items() if n not in self._touched}
        self._touched |= {"max_train_epochs", "max_train_steps"}
        self._put({**rhythm, "max_train_epochs": epochs, "max_train_steps": 0})

    @property
    def keeps_all(self) -> bool:
        """Whether every epoch is kept, with samples."""
        return all(int(self.values[name]) == 1 for name in draft.rhythm(1))

    def keep_all(self, wanted: bool) -> None:
        """Keep every epoch and its samples, or about six of a run."""
        if wanted:
            self.change(**draft.rhythm(1))
        else:
            rhythm = draft.rhythm(int(self.values["max_train_epochs"]))
            self._touched -= rhythm.keys()
            self._put(rhythm)

    def set_trigger_word(self, word: str) -> None:
        """Use ``word`` in captions and sample prompts."""
        self.values["trigger_word"] = word
        self._touched |= {"trigger_word"}
        self._suggest()
        self.change(trigger_word=word)

    @property
    def chosen(self) -> list[Picture]:
        """The pictures of the chosen categories; the same list until pictures or choice change."""
        question = self.pictures, tuple(self.values.get("categories", ()))
        if question[0] is not self._chosen[0][0] or question[1] != self._chosen[0][1]:
            self._chosen = question, of_categories(*question)
        return self._chosen[1]

    def choose_categories(self, names: tuple[str, ...]) -> None:
        """Train only pictures of these categories, with sample prompts of their captions; none
        stands for all.
        """
        self.values["categories"] = names
        self._captions = draft.told(self.chosen)
        self._suggest()
        self.change(categories=names)

    def _put(self, values: dict[str, Any]) -> None:
        self.values |= values
        self.session.run_settings.share(self, values)
        self._tell()

    # What differs, and what is in vain

    def start_values(self) -> dict[str, Any]:
        """What a new run of this project on this base model begins with."""
        project = self.session.project
        if project is None:
            return {}
        name = str(self.values["output_name"])
        first = draft.first_values(project.root, name, project.file.trigger_word, self.base)
        return first | self._suggested

    def changed_names(self) -> set[str]:
        """The settings that differ from their start value."""
        start = self.start_values()
        return {n for n, v in self.values.items() if n not in _NO_CHANGE and start.get(n) != v}

    def idle(self) -> list[tuple[str, str]]:
        """The settings that change nothing in this run, each with the sentence why."""
        try:
            found = without_effect(self.request(), two_encoders=self.base.two_encoders)
        except StylekilnError:
            return []  # nothing can be said before the draft is sound
        return [(item.name, reason_words(Reason(item.sentence, **item.facts))) for item in found]

    # Suggesting and planning

    def _suggest(self) -> None:
        """Fill in what follows from pictures and runs, where nothing was set by hand."""
        if not self.values:
            return
        word = self.suggestions.word
        fixed = set(self._touched)
        trigger = str(self.values["trigger_word"]) if "trigger_word" in fixed else word
        prompts = tuple(draft.sample_prompts(self._captions, trigger))
        self._suggested = {
            "trigger_word": word, "sample_prompts": prompts, **self.suggestions.length(),
            **self.suggestions.chosen(),
        }  # fmt: skip
        if "max_train_epochs" in fixed:
            fixed |= draft.rhythm(1).keys()
        self.values |= {n: value for n, value in self._suggested.items() if n not in fixed}

    def _suggest_again(self) -> None:
        self._suggest()
        self._tell()

    def _plan_quietly(self) -> None:
        self.plan, self.problem = None, None
        if not self.values:
            return
        lacks = self._lacking.of(self.values)
        try:
            request = self.request()
            if self.base.traits is not None:
                files = self._start_files.of(request)
                refuse_what_does_not_fit(request, self.base.traits, files)
            spec = bucket_spec(request, self.base.size)
            counted = self._counting.look(self.chosen, spec, request)
        except StylekilnError as error:
            self.problem = with_lacks(error, lacks)
        else:
            self.problem = with_lacks(None, lacks)
            if counted is not None:
                self.plan = draft.plan(request, *counted)

    def _tell(self) -> None:
        """Plan again before anybody hears of a change: settings and plan belong together."""
        self._plan_quietly()
        if self.values:
            settings, kept = self.session.run_settings, self.changed_names() | _ALSO_KEPT
            settings.missing = self._lacking.model
            settings.follow(self, self.values, self.base.size, kept & self._touched)
        self.draft_changed.emit()
        self.plan_changed.emit()


_NO_CHANGE = OF_ONE_RUN | {"base_model"}
_ALSO_KEPT = {"base_model", "output_name"}
