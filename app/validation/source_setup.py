"""Where the checkpoints of a grid come from, and the base model that they are tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.models.at_hand import ModelsAtHand
from app.models.words import title_of
from app.validation.axis_list import AxisDraft, AxisList
from app.validation.cell import Checkpoint
from app.validation.choices import FILES, RunChoice
from app.validation.prompt_list import PromptList
from app.validation.typed import AtHand, epochs_of, places_of, text_of
from engine.models.family import STARTER
from engine.validation.axes import Axis

if TYPE_CHECKING:
    from app.models.at_hand import BaseChoice
    from engine.runtime.errors import StylekilnError


class Sources(QObject):
    """``source`` is a run's folder, or FILES for chosen LoRA files; the axes read names by it."""

    changed = Signal()
    grown = Signal(str)  # the text before: more checkpoints came to the axis that takes all

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunChoice] = []
        self.source = ""
        self.files: tuple[str, ...] = ()
        self.axes = AxisList()
        self.prompts = PromptList(self)
        self.models = ModelsAtHand()
        self.chosen_model = ""  # empty: as follows from what is compared
        self.project_trigger = ""
        self.own_trigger: str | None = None
        self._folders: dict[str, tuple[str, ...]] = {}

    def tell(self) -> None:
        """Something was changed."""
        self.changed.emit()

    def set_runs(self, runs: list[RunChoice]) -> None:
        """The runs of the project, newest first; keeps what is chosen if it is still there."""
        self.runs = runs
        if self.source != FILES and self.source not in [run.folder for run in runs]:
            first = next((run for run in runs if run.checkpoints), runs[0] if runs else None)
            self.choose(first.folder if first is not None else "")
            return
        self._follow_source()

    def choose(self, source: str) -> None:
        """Check another run, or the chosen files: all of their checkpoints."""
        self.source, self.chosen_model, self.own_trigger = source, "", None
        if self.axes.get("checkpoint") is not None:
            self.axes.type("checkpoint", "")
        self._follow_source()

    def choose_files(self, paths: Sequence[str]) -> None:
        """Check LoRA files."""
        self.files = tuple(dict.fromkeys(paths))
        self.choose(FILES)

    def _follow_source(self) -> None:
        before = self.axes.get("checkpoint")
        self._know()
        if before is not None:
            self._take_all(before)
        self.prompts.set_trigger(self.trigger)
        self.tell()
        self._tell_growth(before, self.axes.get("checkpoint"))

    def _tell_growth(self, before: AxisDraft | None, now: AxisDraft | None) -> None:
        if before is None or now is None or not before.text:
            return
        if set() < set(before.values) < set(now.values):
            self.grown.emit(before.text)

    def _take_all(self, before: AxisDraft) -> None:
        """Take what has come where all checkpoints are asked for."""
        there = {item.path for item in self.available}
        if there and (not before.text or (before.every and set(before.values) < there)):
            self.axes.type("checkpoint", self.every_checkpoint(), every=True)

    def _know(self) -> None:
        """Tell the axes what names stand for."""
        models = tuple((base.ref, title_of(base.info)) for base in self.models.bases)
        loras = tuple((lora.path, Path(lora.path).stem) for lora in self.models.loras)
        by_epoch = self.run is not None
        self.axes.know(AtHand(self.available, by_epoch, models, loras, dict(self._folders)))

    def every_checkpoint(self) -> str:
        """All checkpoints of the source, as one would type them."""
        if self.run is not None:
            return epochs_of(self.available)
        files = tuple(item.path for item in self.available)
        axis = Axis.model_construct(setting="checkpoint", values=files)
        return text_of(axis, self.axes.hand)

    @property
    def run(self) -> RunChoice | None:
        """The run that is chosen."""
        return next((run for run in self.runs if run.folder == self.source), None)

    @property
    def available(self) -> tuple[Checkpoint, ...]:
        """Everything the checkpoint axis can take, in order."""
        if self.source == FILES:
            return tuple(Checkpoint(path, Path(path).stem) for path in self.files)
        return self.run.checkpoints if self.run is not None else ()

    @property
    def trigger(self) -> str:
        """The trigger word that was typed, else that of what is compared; the project's where that
        does not tell.
        """
        if self.own_trigger is not None:
            return self.own_trigger
        if self.run is not None:
            return self.run.trigger or self.project_trigger
        words = (self.models.lora(path).trigger for path in self.files)
        return next(filter(None, words), self.project_trigger)

    # Folders of pictures

    def unread(self) -> list[str]:
        """What axes of pictures name that was not looked at: it may be a folder."""
        texts = [self.axes.get(setting) for setting in ("init_image", "mask")]
        places = (place for draft in texts if draft is not None for place in places_of(draft.text))
        return [place for place in places if place not in self._folders]

    def learn_folders(self, found: Mapping[str, tuple[str, ...]]) -> None:
        """The pictures at these places: of a folder all, of a file itself."""
        self._folders |= found
        self._know()
        self.tell()

    # Base model

    @property
    def base_model(self) -> str:
        """The base model that the LoRAs are tried on: the one chosen, the run's, or one that fits.

        LoRA files do not name their base: it is the first model at hand that takes all of them.
        """
        if self.chosen_model:
            return self.chosen_model
        if self.run is not None:
            return self.run.base_model
        for base in self.models.bases:
            if base.info.error is None and self._misfit(base) is None:
                return base.ref
        return STARTER

    def set_project_trigger(self, word: str) -> None:
        """The trigger word of the project, for what does not tell its own."""
        self.project_trigger = word
        self._follow_source()

    def set_trigger(self, word: str) -> None:
        """Type the trigger word of what is compared."""
        self.own_trigger = word.strip()
        self._follow_source()

    def set_models(self, models: ModelsAtHand) -> None:
        """Which base models there are, and what the LoRA files are."""
        self.models = models
        self._follow_source()

    def choose_model(self, ref: str) -> None:
        """Try the LoRAs on another base model."""
        self.chosen_model = ref
        self.tell()

    def _misfit(self, base: BaseChoice) -> StylekilnError | None:
        found = (self.models.lora(item.path).misfit(base) for item in self.available)
        return next((error for error in found if error is not None), None)

    def _model_problem(self) -> StylekilnError | None:
        """Why the base model cannot be used, or not with these LoRAs."""
        base = self.models.base(self.base_model)
        if base is None or self.axes.get("model") is not None:
            return None
        wanted = self.axes.get("checkpoint") is not None
        return base.info.error or (self._misfit(base) if wanted else None)
