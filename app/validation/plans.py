"""Plans: all axes set at one click, and taken back at another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.validation.asked import grown
from app.validation.extending import Addition, additions
from app.validation.plan_words import DONE, EXTENDED, TAGS, TITLES
from engine.runtime.errors import BadInputError
from engine.validation.axes import expanded
from engine.validation.learned import learned_by
from engine.validation.plans import (
    check_prompts,
    combine_styles,
    on_sketches,
    over_fit_check,
    weight_sweep,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.session import Session
    from app.validation.asked import Snapshot
    from app.validation.model import GridState
    from app.validation.setup import GridSetup
    from engine.sampling.request import ImageRequest
    from engine.validation.request import GridRequest

MOST_STEPS = 20


@dataclass(frozen=True)
class Plan:
    """A plan by name, with the axes as it typed them; no name where the user set all."""

    name: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Step:
    """What was before, what was done then, and when (seconds)."""

    before: Snapshot
    plan: Plan
    about: str
    when: float


class Plans(QObject):
    """What was set last is ``now``; what the user changed after it is :meth:`differing`."""

    changed = Signal()
    extended = Signal()
    folder_asked = Signal()  # a plan wants a folder of sketches: :meth:`on_sketches` takes it

    def __init__(self, session: Session, setup: GridSetup, state: GridState) -> None:
        super().__init__(setup)
        self._session, self._setup, self._state = session, setup, state
        self.now = Plan()
        self._steps: list[_Step] = []
        setup.grown.connect(self._grown)

    def _grown(self, before: str) -> None:
        """All checkpoints are as much what the plan has set as those were that there were."""
        draft = self._setup.axes.get("checkpoint")
        if draft is not None and self.now.texts.get("checkpoint") == before:
            self.now = Plan(self.now.name, {**self.now.texts, "checkpoint": draft.text})

    def differing(self) -> set[str]:
        """The axes that are not as the plan has set them."""
        if not self.now.name:
            return set()
        texts = {draft.setting: draft.text for draft in self._setup.axes}
        names = texts.keys() | self.now.texts.keys()
        return {name for name in names if texts.get(name) != self.now.texts.get(name)}

    def apply(self, name: str) -> None:
        """Set the axes of a plan."""
        self._session.start(self._apply(name))

    async def _apply(self, name: str) -> None:
        if name == "over_fit":
            await self._over_fit()
        elif name == "combine":
            self._combine()
        elif name == "weights":
            files = [self._need_checkpoint()]
            self._show(name, weight_sweep(files, self._prompts(), "", image=self._image))
        else:
            self._need_checkpoint()
            self.folder_asked.emit()

    async def check(self) -> None:
        """Set the over-fit check of the run, unless the grid shown holds all of it."""
        request, tags = await self._over_fit_check()
        shown = self._state.request
        if shown is None or not grown(request, shown):
            self._show("over_fit", request, tags)

    async def _over_fit(self) -> None:
        self._show("over_fit", *await self._over_fit_check())

    async def _over_fit_check(self) -> tuple[GridRequest, dict[str, str]]:
        run = self._setup.run
        if run is None:
            raise BadInputError(
                "An over-fit check compares the checkpoints of a run.",
                remedy="Choose a run first.",
            )
        learned = await self._session.bridge.io(learned_by, Path(run.folder))
        request = over_fit_check(learned, "", image=self._image)
        known = check_prompts(learned)
        tags = {text: TAGS[kind] for text, kind in known.items() if kind is not None}
        return request, tags

    def _combine(self) -> None:
        first = self._need_checkpoint()
        own = {item.path for item in self._setup.available}
        others = [lora.path for lora in self._setup.models.loras
                  if not any(lora.is_at(path) for path in own)]  # fmt: skip
        base = self._setup.models.base(self._setup.base_model)
        fits = [path for path in others
                if base is None or self._setup.models.lora(path).misfit(base) is None]  # fmt: skip
        if not fits:
            raise BadInputError(
                "There is no second LoRA that fits this base model.",
                remedy="Train another style, or add its file in Models.",
            )
        request = combine_styles(first, fits[0], self._prompts()[:2], "", image=self._image)
        self._show("combine", request)

    async def on_sketches(self, folder: str) -> None:
        """Paint over the pictures in ``folder``."""
        pictures = await self._session.bridge.io(_pictures_in, folder)
        self._setup.learn_folders({folder: pictures})
        checkpoint = self._need_checkpoint()
        request = on_sketches(Path(folder), checkpoint, self._prompts()[:1], "", image=self._image)
        self._show("sketches", request)

    @property
    def _image(self) -> ImageRequest:
        return self._setup.image.model_copy(update={"model": self._setup.base_model})

    def _need_checkpoint(self) -> str:
        """The one that the evidence speaks for, or the last."""
        files = [item.path for item in self._setup.available]
        if not files:
            raise BadInputError("Choose a run with checkpoints, or LoRA files.")
        picked = self._state.pick_checkpoint
        return picked if picked in files else files[-1]

    def _prompts(self) -> tuple[str, ...]:
        prompts = self._setup.prompts
        return prompts.chosen or tuple(prompts.offers()) or ("",)

    # Steps

    def _show(self, name: str, request: GridRequest, tags: Mapping[str, str] | None = None) -> None:
        def deed() -> None:
            self._setup.show(request, tags or {})
            texts = {draft.setting: draft.text for draft in self._setup.axes}
            self.now = Plan(name, texts)

        self._do(deed, TITLES[name], DONE[name])

    def _do(self, deed: Callable[[], object], about: str, words: str) -> None:
        """Do ``deed`` such that it can be taken back; the toast says ``words``."""
        step = _Step(self._setup.snapshot(), self.now, about, time.monotonic())
        self._steps = [*self._steps[1 - MOST_STEPS :], step]
        deed()
        self.changed.emit()
        self._session.notify(words, action="Undo", on_action=lambda: self._take_back(step))

    @property
    def can_undo(self) -> bool:
        """Whether there is a plan to take back."""
        return bool(self._steps)

    @property
    def newest(self) -> float:
        """When the step was made that undo would take back, in seconds; 0 without one."""
        return self._steps[-1].when if self._steps else 0.0

    def about_undo(self) -> str:
        """The key of what would be taken back."""
        return self._steps[-1].about if self._steps else ""

    def undo(self) -> None:
        """Take back the last plan, and what was typed since."""
        if self._steps:
            self._take_back(self._steps[-1])

    def _take_back(self, step: _Step) -> None:
        if step not in self._steps:
            return
        self._steps = self._steps[: self._steps.index(step)]
        self.now = step.plan
        self._setup.restore(step.before)
        self.changed.emit()
        self._session.undone.emit()

    def forget(self) -> None:
        """Another project: there is nothing to take back."""
        self._steps, self.now = [], Plan()
        self.changed.emit()

    # The grid that is shown

    def to_extend(self) -> list[Addition]:
        """What could be added to the grid that is shown."""
        return additions(self._setup) if self._state.request is not None else []

    def extend(self, addition: Addition) -> None:
        """Add values to the grid that is shown; cells that are there stay."""

        def deed() -> None:
            request = self._state.request
            if request is not None and not self._setup.goes_on_with(request):
                self._setup.adopt(request)
            addition.add(self._setup)

        self._do(deed, EXTENDED, "What was drawn before stays; only the new cells are drawn.")
        self.extended.emit()


def _pictures_in(folder: str) -> tuple[str, ...]:
    return tuple(map(str, expanded("picture", [folder])))
