"""Repaint the region: what is asked for, with which models, and the requests made of it."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.canvas import repaint_files as files
from app.canvas.document_state import to_rect
from app.canvas.prompt_shelf import WILDCARDS
from app.canvas.repaint_asking import counting, images_of, next_images, once_more, plans_of
from app.canvas.repaint_jobs import RepaintJobs
from app.canvas.repaint_settings import RepaintMode, RepaintSettings
from app.models.at_hand import ModelsAtHand, read_models
from engine.canvas.cutting import hand_over, hand_over_again
from engine.canvas.repaint import RepaintRequest, request_of
from engine.models.family import STARTER
from engine.project.settings import data_dir
from engine.runtime.errors import BadInputError, StylekilnError
from engine.sampling.request import LARGEST_SEED, ImageRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.canvas.candidate import Batch, Candidate
    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.document import Document
    from engine.project.project import Project


class Repaint(QObject):
    """Asks for repaints, any number after each other. The canvas stays free: jobs work on copies of
    the picture.
    """

    settings_changed = Signal()
    models_changed = Signal()
    running_changed = Signal(bool)
    failed = Signal(object)
    asked = Signal()  # candidates are about to be painted with the settings

    def __init__(self, session: Session, state: CanvasState) -> None:
        super().__init__(state)
        self._session = session
        self._state = state
        self.settings = RepaintSettings()
        self.models = ModelsAtHand()
        self._project: Project | None = None
        self._preparing = False
        self.jobs = RepaintJobs(session, state)
        self.jobs.failed.connect(self.failed)
        self.jobs.changed.connect(lambda: self.running_changed.emit(self.running))
        state.opened.connect(self._read_document)

    @property
    def running(self) -> bool:
        """Whether candidates are being painted."""
        return self._preparing or bool(self.jobs)

    def change(self, **values: Any) -> None:
        """Change settings; they are kept with the document."""
        self.settings = replace(self.settings, **values)
        if self._state.document is not None:
            self._state.document.settings["repaint"] = self.settings.as_record()
        self._announce()

    def _announce(self) -> None:
        settings = self.settings
        self._state.set_rules(
            strength=settings.strength,
            grow=settings.grow,
            feather=settings.feather,
            surroundings=settings.surroundings,
        )
        self.settings_changed.emit()

    def choose_model(self, ref: str) -> None:
        """Paint with another base model. LoRAs stay; ``problem`` names one that does not fit."""
        self.change(model=ref)
        self._follow_size()

    def reload_models(self) -> None:
        """Look for models again."""
        self._session.start(self.load_models())

    async def load_models(self) -> None:
        """Read which models are at hand, off the UI thread."""
        paths = [path for path, _ in self.settings.loras]
        self.models = await self._session.bridge.io(
            read_models, self._session.project, self.settings.model, paths
        )
        self._follow_size()
        self.models_changed.emit()

    def _follow_size(self) -> None:
        """Tell the canvas at which size the model paints best."""
        base = self.models.base(self.settings.model)
        if base is not None:
            self._state.set_rules(native_size=base.size)

    @property
    def problem(self) -> StylekilnError | None:
        """Why nothing can be painted with the chosen model and LoRAs; None when it can."""
        base = self.models.base(self.settings.model)
        if base is None:
            return None
        if base.info.error is not None:
            return base.info.error
        found = (self.misfit(path) for path, _ in self.settings.loras)
        return next((error for error in found if error is not None), None)

    def misfit(self, path: str) -> StylekilnError | None:
        """Why the LoRA ``path`` cannot be used with the chosen model; None when it can."""
        base = self.models.base(self.settings.model)
        return self.models.lora(path).misfit(base) if base is not None else None

    def choose_mode(self, mode: RepaintMode) -> None:
        """Repaint what is selected, or take it away."""
        settings = self.settings.with_mode(mode)
        self.change(mode=mode, strength=settings.strength, other_strength=settings.other_strength)

    def reroll(self) -> None:
        """Take another seed."""
        self.change(seed=random.Random().randint(1, LARGEST_SEED))

    def add_lora(self, path: str, weight: float = 1.0) -> None:
        """Paint with one more LoRA; one that is there already keeps its weight."""
        if path not in [known for known, _ in self.settings.loras]:
            self.change(loras=(*self.settings.loras, (path, weight)))

    def remove_lora(self, path: str) -> None:
        """Paint without this LoRA."""
        self.change(loras=tuple(item for item in self.settings.loras if item[0] != path))

    def vary(self, path: str, versions: tuple[tuple[str, float], ...]) -> None:
        """Paint each candidate with ``versions`` (file, weight) of the LoRA ``path``; one takes its
        place for good.
        """
        if len(versions) == 1:
            loras = tuple(versions[0] if one[0] == path else one for one in self.settings.loras)
            self.change(loras=loras, varied="", versions=())
        else:
            self.change(varied=path, versions=versions)

    def take(self, settings: RepaintSettings) -> None:
        """Paint with other settings, as many candidates as now."""
        self.change(**{**settings.as_values(), "count": self.settings.count})
        self.reload_models()

    def set_weight(self, path: str, weight: float) -> None:
        """Let a LoRA act more or less."""
        self.change(
            loras=tuple(
                (known, weight if known == path else old) for known, old in self.settings.loras
            )
        )

    # Running

    @property
    def has_region(self) -> bool:
        """Whether it is drawn what to repaint."""
        return self._state.selection is not None or self._state.region is not None

    @property
    def can_start(self) -> bool:
        """Whether another repaint can be asked for now; it waits for those under way."""
        return not self._preparing and not self.jobs.following and self.problem is None

    def start(self) -> None:
        """Paint candidates for the region, after those under way. Without a region nothing is
        done.
        """
        if self.has_region:
            self.start_whole()
        elif self._state.document is not None:
            self.failed.emit(
                BadInputError(
                    "No region is drawn yet.",
                    remedy="Draw one with the selection tool, or choose Repaint the whole canvas.",
                )
            )

    def start_whole(self) -> None:
        """Paint candidates for the region, or for the whole canvas where none is drawn."""
        if self._state.document is None or self._preparing or self.jobs.following:
            return
        if self.problem is not None:
            self.failed.emit(self.problem)
        else:
            # Set here and not in the task, so that a second click finds it.
            self._preparing = True
            self.asked.emit()
            self._session.start(self._start(self.settings))

    def more(self, batch: Batch, like: Sequence[Candidate] = ()) -> None:
        """As many candidates again of a request, with the next seeds, at the same place; or as many
        that are ``like`` some of them.
        """
        if self._state.document is None or not self.can_start:
            return
        images = next_images(like or self._state.candidates.of(batch), drawn=bool(like))
        if like:
            images = [one.model_copy(update={"count": self.settings.count}) for one in images]
        if images:
            self._preparing = True
            self._session.start(self._paint(images, batch, request_of(batch.recipe)))

    def variations(self, item: Candidate, share: float) -> None:
        """As many candidates as are set that look much like ``item``: its noise goes ``share`` of
        the way to others.
        """
        if self._state.document is None or not self.can_start:
            return
        image = ImageRequest.model_validate(
            {
                **item.batch.image,
                **(item.recipe.get("image") or {}),
                "seed": item.seed,
                "variation": share,
                "variation_seed": random.Random().randint(1, LARGEST_SEED),
                "count": self.settings.count,
            }
        )
        self._preparing = True
        place = request_of(item.batch.recipe)
        self._session.start(self._paint([image], None, place, item.batch))

    def retry(self, items: Sequence[Candidate]) -> None:
        """Ask again, as it was, for what failed or was not painted of one request."""
        if self._state.document is None or not self.can_start or not items:
            return
        self._preparing = True
        batch = items[0].batch
        place = request_of(batch.recipe) if batch.recipe.get("picture") else None
        self._state.candidates.remove(items)
        self._session.start(self._paint([once_more(item) for item in items], batch, place))

    def stop(self, batch: Batch | None = None) -> None:
        """Stop within one step, all or one request; candidates that are ready stay."""
        self.jobs.stop(batch)

    def follow(self, job_id: str, seeds: Sequence[int], strength: float) -> None:
        """Show the candidates of a repaint that was started elsewhere, which also keeps them."""
        handle = self._session.bridge.job(job_id)
        if handle is None or handle.done() or self.running:
            return
        batch = self._state.new_batch({"image": {"strength": strength}})
        self._state.candidates.clear()
        self.jobs.watch(handle, self._state.candidates.begin(seeds, batch), followed=True)
        self._state.candidates.borrowed = True
        self.running_changed.emit(True)

    async def _start(self, settings: RepaintSettings) -> None:
        places = self._places()
        await self._paint([one.model_copy(update=places) for one in images_of(settings)])
        if not settings.seed_locked:
            name = counting(settings.as_values())
            following = getattr(settings, name) + settings.count
            self.change(**{name: following % (LARGEST_SEED + 1)})

    async def _paint(
        self,
        images: Sequence[ImageRequest],
        batch: Batch | None = None,
        place: RepaintRequest | None = None,
        like: Batch | None = None,
    ) -> None:
        """Ask for each of ``images``: more of a ``batch``, or a request of its own; for the region,
        or at the ``place`` of the request ``like`` it.
        """
        state, document = self._state, self._state.document
        assert document is not None
        state.end_stroke()
        plans = [plan for image in images for plan in plans_of(image)]
        batch = batch or state.new_batch(plans[0], place.frame if place else None, like)
        added = state.candidates.begin([plan["image"]["seed"] for plan in plans], batch, plans)
        self.running_changed.emit(True)
        try:
            asked = await self._asked(document, images[0], batch, place)
            if state.document is document:
                self._submit(asked, images, added)
        except BaseException:  # whatever it is, nothing comes of them
            state.candidates.stop(added)
            raise
        finally:
            self._preparing = False
            self.running_changed.emit(self.running)

    def _submit(
        self, asked: RepaintRequest, images: Sequence[ImageRequest], added: Sequence[Candidate]
    ) -> None:
        begun = 0
        for image in images:
            request = asked.model_copy(update={"image": image})
            handle = self._session.bridge.submit(request, interactive=True)
            self.jobs.watch(handle, added[begun : begun + image.count], asked.picture)
            begun += image.count

    async def _asked(
        self, document: Document, image: ImageRequest, batch: Batch, place: RepaintRequest | None
    ) -> RepaintRequest:
        """The request, with the frame's pixels written and its mask inside."""
        io, state = self._session.bridge.io, self._state
        snapshot, folder = document.frozen(), self._folder()
        picture = folder / f"{uuid.uuid4().hex}.png"
        await io(files.prune, folder)
        if place is None:
            asked = await io(hand_over, snapshot, self._region(image), picture)
        else:
            way = state.way_of(batch).toTuple()
            place = place.model_copy(update={"image": image})
            asked = await io(hand_over_again, snapshot, place, picture, way)
        if batch.veil is None:
            batch.veil = await io(files.veil_of, asked, state.rules.native_size)
        state.candidates.note_asked(batch, asked.model_dump(mode="json"))
        return asked

    def _region(self, image: ImageRequest) -> RepaintRequest:
        """The region as rectangles; its mask is added where it is not one of them."""
        state, settings = self._state, self.settings
        frame = state.region_frame()
        rect = state.selected
        if rect is None and not state.extends:
            rect = frame
        return RepaintRequest(
            picture="",
            image=image,
            rect=tuple(to_rect(rect)) if rect is not None else None,
            frame=tuple(to_rect(frame)) if frame is not None else None,
            grow=settings.grow,
            feather=settings.feather,
            fill=settings.fill_mode,
            match_color=settings.match_color,
        )

    def _places(self) -> dict[str, Any]:
        """Where words drawn by chance and LoRAs named by tags are found."""
        project = self._session.project
        root = project.root if project is not None else data_dir()
        runs = (str(project.runs),) if project is not None else ()
        return {"wildcards": str(root / WILDCARDS), "lora_folders": runs}

    def _folder(self) -> Path:
        project = self._session.project
        folder = (project.cache if project is not None else data_dir() / "cache") / "repaint"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # The document's own settings

    def _read_document(self) -> None:
        """Take the document's settings; another project starts from its own base model."""
        document, project = self._state.document, self._session.project
        stored = document.settings.get("repaint") if document is not None else None
        if isinstance(stored, dict):
            self.settings = RepaintSettings.from_record(stored)
        elif project is not self._project:
            self.settings = _first_settings(project)
        self._project = project
        self._announce()
        QTimer.singleShot(0, self, self.reload_models)


def _first_settings(project: Project | None) -> RepaintSettings:
    """What a canvas begins with that has no settings of its own."""
    if project is None:
        return RepaintSettings(model=STARTER)
    loras = tuple((use.path, use.weight) for use in project.file.painting_loras)
    return RepaintSettings(model=project.file.base_model, loras=loras)
