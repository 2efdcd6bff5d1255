"""A layer or a candidate painted again: its whole recipe on the panel, its region on the canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect

from app.canvas import repaint_files as files
from app.canvas.candidate_words import uses_of
from app.canvas.kept_candidates import frame_of
from app.canvas.layer_words import lora_words
from app.canvas.repaint_settings import RepaintSettings
from engine.canvas import selecting
from engine.canvas.document import Document
from engine.canvas.repaint import request_of
from engine.project.project import PaintingLora
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from app.canvas.candidate import Candidate
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.session import Session
    from engine.canvas.layer import Layer
    from engine.canvas.repaint import RepaintRequest
    from engine.canvas.tiles import Tiles

AT = "at"
"""Where the top left of a layer lay when it was made, so that one that was moved is followed."""


class Again:
    """Sets the panel and the region as they were; nothing is painted before it is asked for."""

    def __init__(self, session: Session, state: CanvasState, repainting: Repaint) -> None:
        self._session, self._state, self._repainting = session, state, repainting

    # Layers

    def can(self, layer: Layer | None) -> bool:
        """Whether a layer knows how it was made."""
        return layer is not None and recipe_of(layer) is not None

    def from_layer(self) -> None:
        """Take up the active layer's recipe. It is hidden meanwhile: what is painted starts from
        what lies under it, as then.
        """
        layer = self._state.layer
        recipe = recipe_of(layer) if layer is not None else None
        if layer is None or recipe is None:
            return
        at = recipe.get(AT)
        known = isinstance(at, list) and len(at) == 2
        moved = QPoint(layer.x - at[0], layer.y - at[1]) if known and at else QPoint()
        try:
            self._take_up(recipe, moved)
        except BadInputError as error:
            self._session.show_error(error)
            return
        if layer.visible:
            self._state.set_visible(layer.id, False)
            self._session.notify("{name} is hidden while it is painted again.", name=layer.name)

    # Candidates

    def from_candidate(self, item: Candidate) -> None:
        """Take up a candidate's recipe."""
        try:
            self._take_up(item.recipe, self._state.way_of(item.batch))
        except BadInputError as error:
            self._session.show_error(error)

    def use_loras(self, item: Candidate) -> None:
        """Paint with the LoRAs of a candidate from now on, on this canvas and on new ones."""
        uses = uses_of(item.recipe)
        before = self._repainting.settings
        self._repainting.change(loras=uses, versions=(), varied="")
        self._keep_with_project(uses)

        def back() -> None:
            self._repainting.change(
                loras=before.loras, versions=before.versions, varied=before.varied
            )
            self._keep_with_project(before.loras)

        self._session.notify(
            "Painting with {lora} from now on, also on new canvases.",
            action="Undo",
            on_action=back,
            lora=lambda: ", ".join(lora_words(*use) for use in uses),
        )

    def _keep_with_project(self, uses: tuple[tuple[str, float], ...]) -> None:
        project = self._session.project
        if project is None:
            return
        kept = tuple(PaintingLora(path=path, weight=weight) for path, weight in uses)
        project.refresh()
        project.save(project.file.model_copy(update={"painting_loras": kept}))

    # How it is taken up

    def _take_up(self, recipe: dict[str, Any], moved: QPoint) -> None:
        state, document = self._state, self._state.document
        if document is None:
            return
        request = request_of(recipe)
        chosen = _selection(request, document, moved)
        frame = frame_of(recipe)
        self._repainting.take(_settings_of(request))
        state.change(lambda it: it.select(chosen))
        whole = QRect(QPoint(0, 0), state.size)
        state.set_region(frame.translated(moved) if frame is not None and frame != whole else None)
        state.set_tool("region")


def recipe_of(layer: Layer) -> dict[str, Any] | None:
    """How a layer was made; of a collage, its largest part."""
    recipe = layer.recipe
    parts = (recipe or {}).get("collage")
    if isinstance(parts, list):
        recipe = next((part for part in parts if isinstance(part, dict)), None)
    return recipe if recipe and isinstance(recipe.get("image"), dict) else None


def _settings_of(request: RepaintRequest) -> RepaintSettings:
    return replace(
        RepaintSettings.of(request.image),
        fill=request.fill,
        grow=request.grow,
        feather=request.feather,
        match_color=request.match_color,
    )


def _selection(request: RepaintRequest, document: Document, moved: QPoint) -> Tiles:
    chosen = files.selection_of(request, document.size)
    if moved.isNull():
        return chosen
    return selecting.moved(chosen, moved.x(), moved.y(), document.bounds)
