"""Repaint the region: what is asked for, the job under way, and its candidates coming in."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QRect, QTimer, Signal

from app.canvas.document_state import to_rect
from app.canvas.repaint_settings import RepaintSettings
from app.models.at_hand import ModelsAtHand, read_models
from app.widgets.images import image_of
from engine.canvas import selection
from engine.canvas.export import export_document
from engine.canvas.repaint import RepaintRequest
from engine.models.family import STARTER
from engine.project.settings import data_dir
from engine.runtime.errors import BadInputError, JobCancelled, StylekilnError
from engine.sampling.request import LARGEST_SEED, ImageRequest, LoraUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.document import Document
    from engine.project.project import Project
    from engine.runtime.events import Event
    from engine.runtime.job import JobHandle


class Repaint(QObject):
    """Runs one repaint at a time. The canvas stays free: the job works on a copy of the picture."""

    settings_changed = Signal()
    models_changed = Signal()
    running_changed = Signal(bool)
    failed = Signal(object)
    crowded_out = Signal(object)  # list of the Candidates that had to make room

    def __init__(self, session: Session, state: CanvasState) -> None:
        super().__init__(state)
        self._session = session
        self._state = state
        self.settings = RepaintSettings()
        self.models = ModelsAtHand()
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._preparing = False
        session.engine_event.connect(self._hear)
        session.job_finished.connect(self._ended)
        state.opened.connect(self._read_document)

    @property
    def running(self) -> bool:
        """Whether candidates are being painted."""
        return self._preparing or self._handle is not None

    def change(self, **values: Any) -> None:
        """Change settings; they are kept with the document."""
        self.settings = replace(self.settings, **values)
        if self._state.document is not None:
            self._state.document.settings["repaint"] = self.settings.as_record()
        self._announce()

    def _announce(self) -> None:
        self._state.set_strength(self.settings.strength)
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
            self._state.set_native_size(base.size)

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

    def start(self) -> None:
        """Paint candidates for the region; one run at a time. Without a region nothing is done."""
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
        if self._state.document is None or self.running:
            return
        if self.problem is not None:
            self.failed.emit(self.problem)
        else:
            # Set here and not in the task, so that a second click finds it.
            self._preparing = True
            self._session.start(self._start())

    def stop(self) -> None:
        """Stop within one step; candidates that are ready stay."""
        if self._handle is not None:
            self._handle.cancel()

    def follow(self, job_id: str, seeds: Sequence[int], strength: float) -> None:
        """Show the candidates of a repaint that was started elsewhere, which also keeps them."""
        handle = self._session.bridge.job(job_id)
        if handle is None or handle.done() or self.running:
            return
        self._handle = handle
        self._state.candidates.clear()
        self._state.candidates.begin(seeds, strength)
        self._state.candidates.borrowed = True
        self.running_changed.emit(True)

    async def _start(self) -> None:
        state, settings = self._state, self.settings
        state.end_stroke()
        seeds = [(settings.seed + number) % (LARGEST_SEED + 1) for number in range(settings.count)]
        gone = state.candidates.begin(seeds, settings.strength)
        self.running_changed.emit(True)
        if gone:
            self.crowded_out.emit(gone)
        try:
            folder = self._folder()
            assert state.document is not None
            snapshot = state.document.frozen()
            picture = folder / "picture.png"
            await self._session.bridge.io(export_document, snapshot, picture)
            mask = await self._write_mask(snapshot, folder)
            request = self._request(picture, mask)
            self._handle = self._session.bridge.submit(request, interactive=True)
        except StylekilnError:
            state.candidates.stop()
            self.running_changed.emit(False)
            raise
        finally:
            self._preparing = False
        if not settings.seed_locked:
            self.change(seed=(settings.seed + settings.count) % (LARGEST_SEED + 1))

    async def _write_mask(self, document: Document, folder: Path) -> Path | None:
        """The selection as a file; a whole rectangle needs none."""
        if document.selection is None or self._state.is_rectangle:
            return None
        path = folder / "mask.png"
        selected = document.selection
        await self._session.bridge.io(selection.export_png, selected, document.size, path)
        return path

    def _request(self, picture: Path, mask: Path | None) -> RepaintRequest:
        state, settings = self._state, self.settings
        frame = state.region_frame()
        rect = state.selected if state.selected is not None else frame
        image = ImageRequest(
            model=settings.model,
            prompt=settings.prompt,
            negative_prompt=settings.negative,
            loras=tuple(LoraUse(path=path, weight=weight) for path, weight in settings.loras),
            steps=settings.steps,
            guidance_scale=settings.guidance,
            sampler=settings.sampler,
            schedule=settings.schedule,
            seed=settings.seed,
            count=settings.count,
            strength=settings.strength,
        )
        return RepaintRequest(
            picture=str(picture),
            image=image,
            mask=str(mask) if mask is not None else None,
            rect=tuple(to_rect(rect)) if rect is not None else None,
            frame=tuple(to_rect(frame)) if frame is not None else None,
        )

    def _folder(self) -> Path:
        project = self._session.project
        folder = (project.cache if project is not None else data_dir() / "cache") / "repaint"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _hear(self, event: Event) -> None:
        if self._handle is None or event.job_id != self._handle.id:
            return
        data, candidates = event.data, self._state.candidates
        if event.kind == "candidate.preview":
            candidates.progress(data["index"], data["step"], data["total"], image_of(data["array"]))
        elif event.kind == "candidate.done":
            pixels = data["array"]
            rect = QRect(data["x"], data["y"], pixels.shape[1], pixels.shape[0])
            recipe = dict(data.get("recipe") or {}) | {"seed": data["seed"]}
            image = image_of(pixels)
            card = self._state.on_picture(image, rect)
            candidates.ready(data["index"], image, card, pixels, rect, recipe)

    def _ended(self, handle: JobHandle) -> None:
        if handle is not self._handle:
            return
        self._handle = None
        error = None if handle.cancelled() else handle.exception()
        if handle.cancelled() or error is not None:
            # What came in of it is nowhere else.
            self._state.candidates.borrowed = False
        if error is not None and not isinstance(error, JobCancelled):
            self._state.candidates.stop(str(error))
            self.failed.emit(error)
        else:
            self._state.candidates.stop()
        self.running_changed.emit(False)

    # The document's own settings

    def _read_document(self) -> None:
        """Take the document's settings; another project starts from its own base model."""
        document, project = self._state.document, self._session.project
        stored = document.settings.get("repaint") if document is not None else None
        if isinstance(stored, dict):
            self.settings = RepaintSettings.from_record(stored)
        elif project is not self._project:
            model = project.file.base_model if project is not None else STARTER
            self.settings = RepaintSettings(model=model)
        self._project = project
        self._announce()
        QTimer.singleShot(0, self, self.reload_models)
