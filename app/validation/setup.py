"""What is to be compared: sources, axes, prompts, and what all cells share, as one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.i18n import tr
from app.models.words import title_of
from app.validation.asked import Snapshot, grown, same, without_base
from app.validation.axis_list import PROMPT, AxisDraft
from app.validation.prompt_list import NO_TAGS
from app.validation.runner import grid_folder
from app.validation.source_setup import Sources
from app.validation.typed import text_of
from app.widgets.choice_names import choice_text
from engine.runtime.errors import BadInputError, StylekilnError
from engine.runtime.schema import validated
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis, Value, axis_setting
from engine.validation.request import GridRequest

if TYPE_CHECKING:
    from engine.project.project import Project
    from engine.validation.survey import Problem

AT_ONCE = 8
"""Cells that are drawn together where memory allows it."""


class GridSetup(Sources):
    """The left column's state: the draft of one GridRequest, which :meth:`built` makes of it and
    :meth:`adopt` takes it from. ``found`` is what a dry run of the draft has found to be wrong,
    ``image_refusal`` why the settings that all cells share cannot be as they were last changed.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.base_row, self.awaited = True, False
        self.image = ImageRequest(batch_size=AT_ONCE)
        self.shared: dict[str, Any] = self.image.model_dump()
        self.found: tuple[Problem, ...] = ()
        self.image_refusal: StylekilnError | None = None
        self._before: GridRequest | None = None
        self._built: GridRequest | StylekilnError | None = None
        self.prompts.changed.connect(self.tell)

    def tell(self) -> None:
        self._built = None
        self.axes.prompts = self.prompts.chosen
        super().tell()

    # Editing

    def type(self, setting: str, text: str, *, every: bool = False) -> None:
        """Take the values of an axis as typed; an axis that is not there is added. ``every`` says
        that nobody typed it: it names all there is.
        """
        self.axes.type(setting, text, every=every)
        self.found = tuple(one for one in self.found if one.setting != setting)
        self.tell()

    def add_axis(self, setting: str) -> None:
        """Vary another setting, over the values that are usual for it."""
        if setting == "checkpoint":
            self.axes.type(setting, self.every_checkpoint(), every=True)
        elif setting == "model":
            self.axes.type(setting, self._name_of_base())
        else:
            self.axes.add(setting)
        self.tell()

    def _name_of_base(self) -> str:
        base = self.models.base(self.base_model)
        return title_of(base.info) if base is not None else self.base_model

    def options(self, setting: str) -> list[tuple[Value, str]]:
        """What an axis can be chosen from, each with its words; empty where all is typed."""
        known = axis_setting(setting)
        if setting == "checkpoint":
            return [(item.path, item.title) for item in self.available]
        if known.kind in ("model", "lora"):
            names = self.axes.hand.names(setting)
            return [(value, name if value else tr(name)) for value, name in names]
        if known.kind == "switch":
            return [(True, tr("on")), (False, tr("off"))]
        return [(choice, tr(choice_text(choice))) for choice in known.choices]

    def put(self, setting: str, values: Sequence[Value]) -> None:
        """Take values as if they were typed."""
        axis = Axis.model_construct(setting=setting, values=tuple(values))
        self.type(setting, text_of(axis, self.axes.hand) if values else "")

    def remove_axis(self, setting: str) -> None:
        """Leave an axis out."""
        self.axes.remove(setting)
        self.tell()

    def swap_axes(self, first: str, second: str) -> None:
        """Let two axes change place and side."""
        self.axes.swap(first, second)
        self.tell()

    def set_side(self, setting: str, side: str) -> None:
        """Show an axis on another side."""
        self.axes.set_side(setting, side)
        self.tell()

    def fill_in(self, setting: str) -> None:
        """Compare all that an axis can be."""
        if setting == "checkpoint":
            self.type(setting, self.every_checkpoint(), every=True)
        else:
            self.put(setting, [value for value, _ in self.options(setting)])

    def set_apart(self, apart: bool) -> None:
        """Vary the weight of UNet and text encoder each for itself, or tied."""
        self.axes.set_apart(apart)
        self.tell()

    def set_base_row(self, on: bool) -> None:
        """Compare with the base model alone, or not."""
        self.base_row = on
        self.tell()

    def change_image(self, **values: Any) -> None:
        """Change what all cells share. ``shared`` is as typed, ``image`` as it last could be."""
        self.shared |= values
        try:
            self.image = validated(ImageRequest, self.shared)
            self.image_refusal = None
        except StylekilnError as error:
            self.image_refusal = error
        self.tell()

    # The request

    def set_found(self, problems: tuple[Problem, ...]) -> None:
        """What a dry run found to be wrong with the request as it is."""
        if problems != self.found:
            self.found = problems
            self.changed.emit()

    def problem_at(self, setting: str) -> StylekilnError | None:
        """What is wrong with one axis, as typed or as a dry run found."""
        draft = self.axes.get(setting)
        if draft is not None and draft.error is not None:
            return draft.error
        return next((one.error for one in self.found if one.setting == setting), None)

    def problem(self) -> StylekilnError | None:
        """Why no grid can be made of what is asked for."""
        if self.awaited:
            return BadInputError("The check of this run is being planned.")
        self._try()
        if isinstance(self._built, StylekilnError):
            return self._built
        return next((one.error for one in self.found), None)

    def _try(self) -> None:
        if self._built is None:
            try:
                self._built = self._build()
            except StylekilnError as error:
                self._built = error

    def set_awaited(self, awaited: bool) -> None:
        """Whether another plan is on its way: until it is there, nothing can be drawn."""
        self.awaited = awaited
        self.changed.emit()

    def built(self) -> GridRequest:
        """The request without a folder; raises what is wrong with it as far as that is known
        without looking at files.
        """
        self._try()
        if isinstance(self._built, GridRequest):
            return self._built
        assert self._built is not None
        raise self._built

    def _build(self) -> GridRequest:
        if self.unread():
            raise BadInputError("The folder of pictures is being read.")
        error = self._source_problem()
        error = error or next((draft.error for draft in self.axes if draft.error is not None), None)
        error = error or self._prompt_problem() or self.image_refusal or self._model_problem()
        if error is not None:
            raise error
        return GridRequest(
            folder="",
            image=self.image.model_copy(update={"model": self.base_model}),
            axes=tuple(self._axes()),
            trigger=self.trigger if self.axes.get("trigger") is not None else "",
            shown=self.axes.chosen,
        )

    def _source_problem(self) -> StylekilnError | None:
        """Why nothing can be drawn yet of a run that has just begun."""
        run = self.run
        if run is None or run.checkpoints or self.axes.get("checkpoint") is None:
            return None
        return BadInputError(
            "{name} has saved no checkpoint yet.", name=run.name, remedy="It comes in by itself."
        )

    def _prompt_problem(self) -> StylekilnError | None:
        if not self.prompts.rows:
            return BadInputError("Add a prompt with +.")
        if not self.prompts.chosen:
            return BadInputError("Tick at least one prompt.")
        return None

    def _axes(self) -> list[Axis]:
        made = [Axis(setting=draft.setting, values=self._values(draft)) for draft in self.axes]
        names = [axis.setting for axis in made]
        place = names.index("seed") if "seed" in names else len(names)
        made.insert(place, Axis(setting=PROMPT, values=self.prompts.chosen))
        return made

    def _values(self, draft: AxisDraft) -> tuple[Any, ...]:
        first = ("",) if draft.setting == "checkpoint" and self.base_row else ()
        return (*first, *draft.values)

    def request(self, project: Project | None, fallback: Path) -> GridRequest:
        """The grid asked for; raises what :meth:`problem` tells."""
        problem = self.problem()
        if problem is not None:
            raise problem
        return self.placed(self.built(), project, fallback)

    def placed(self, built: GridRequest, project: Project | None, fallback: Path) -> GridRequest:
        """``built`` with its folders: that of the grid before, where it only goes on with it."""
        root = project.grids if project is not None else fallback / "grids"
        cache = project.cache if project is not None else fallback / "cache"
        name = self.run.name if self.run is not None else "files"
        folder = self._folder_of(built) or str(grid_folder(root, name))
        return built.model_copy(update={"folder": folder, "cells": str(cache / "cells")})

    def _folder_of(self, built: GridRequest) -> str:
        """The folder of the grid before, where this one only goes on with it."""
        before = self._before
        return before.folder if before is not None and grown(before, built) else ""

    def goes_on_with(self, request: GridRequest) -> bool:
        """Whether the draft asks for all that ``request`` does, and maybe for more."""
        try:
            return grown(request, self.built())
        except StylekilnError:
            return False

    def asks_for(self, request: GridRequest) -> bool:
        """Whether the draft asks for just what ``request`` does."""
        try:
            return same(request, self.built())
        except StylekilnError:
            return False

    # Grids that were asked for before

    def find_source(self, request: GridRequest) -> None:
        """Choose the run that a grid's checkpoints come from, if it is another one."""
        wanted = set(request.checkpoints)
        sources = [run for run in self.runs if wanted & {item.path for item in run.checkpoints}]
        if sources and self.run not in sources:
            self.choose(sources[0].folder)

    def adopt(self, request: GridRequest) -> None:
        """Ask for what a grid, drawn before or by another job, has asked for, and go on with it."""
        self._before = request
        self.show(request)

    def go_on_with(self, request: GridRequest | None) -> None:
        """What is added to ``request``, which is being drawn, belongs to its grid, if any."""
        self._before = request
        self.changed.emit()

    @property
    def is_sent(self) -> bool:
        """Whether the draft is a grid that was drawn, and nothing was changed since."""
        return self._before is not None and self.asks_for(self._before)

    def show(self, request: GridRequest, tags: Mapping[str, str] = NO_TAGS) -> None:
        """Ask for what ``request`` does; ``tags`` tells what its prompts show."""
        self.chosen_model = "" if request.image.model == self.base_model else request.image.model
        self.image, self.image_refusal = request.image, None
        self.shared = request.image.model_dump()
        if request.trigger and request.trigger != self.trigger:
            self.own_trigger = request.trigger
        self.base_row = "" in request.checkpoints
        axes = [without_base(axis) for axis in request.axes if axis.setting != PROMPT]
        self.axes.give([axis for axis in axes if axis.values], request.shown)
        self.found = ()
        self.prompts.use_only(request.prompts, tags)
        self.tell()

    def snapshot(self) -> Snapshot:
        """All that is asked for, to come back to."""
        return Snapshot(
            (self.source, self.files, self.chosen_model, self.own_trigger),
            (self.base_row, self._before),
            (tuple(self.axes.drafts), self.axes.chosen),
            (dict(self.shared), self.image, self.image_refusal),
            self.prompts.record(),
        )

    def restore(self, before: Snapshot) -> None:
        """Ask again for what was asked for then."""
        self.source, self.files, self.chosen_model, self.own_trigger = before.source
        self.base_row, self._before = before.grid
        self.axes.drafts, self.axes.chosen = list(before.axes[0]), before.axes[1]
        self.shared, self.image, self.image_refusal = before.image
        self.found = ()
        self.prompts.recall(before.prompts)
        self._follow_source()
