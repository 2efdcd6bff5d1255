"""The collage: which candidate the brush paints in, and what is seen of the masks.

What is painted are layers of a group (``engine/canvas/collage.py``). Its identifier is kept with
the document and those of its parts with the candidates, so that it goes on after a restart.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.canvas.document_state import to_qrect
from app.i18n import tr
from app.widgets.images import image_of
from engine.canvas.layer import Group, Layer, Mask, layer_of
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtGui import QImage

    from app.canvas.candidate import Candidate
    from app.canvas.model import CanvasState
    from engine.canvas.brush import Brush
    from engine.canvas.collage import CollageStroke
    from engine.canvas.document import Document

SETTING = "collage"
MaskLook = Literal["pattern", "outline", "off"]


class Part(NamedTuple):
    """A layer of the collage and the candidate that it shows, while that is there."""

    layer: Layer
    candidate: Candidate | None
    pattern: int


class Collage(QObject):
    """While it is on, brush and eraser paint candidates in and out instead of color."""

    changed = Signal()
    looks_changed = Signal()  # other marks or labels are on the picture

    def __init__(self, state: CanvasState) -> None:
        super().__init__(state)
        self._state = state
        self.active = False
        self.taking_out = False
        self.masks: MaskLook = "pattern"
        self.hidden = False  # while its key is held
        self._patterns: dict[str, int] = {}
        self._marked: list[str] = []
        self._without: tuple[QImage, QRect] | None = None
        state.opened.connect(self.leave)
        for signal in (state.layers_changed, state.candidates.reset):
            signal.connect(self._follow)
        state.candidates.shown_changed.connect(self._shown)

    # Beginning and ending

    @property
    def document(self) -> Document | None:
        """The open document."""
        return self._state.document

    @property
    def group_id(self) -> str:
        """The identifier of the group, also before it is made; empty when there never was one."""
        document = self.document
        kept = document.settings.get(SETTING) if document is not None else None
        return str(kept.get("group", "")) if isinstance(kept, dict) else ""

    @property
    def base(self) -> str:
        """The name of the layer that it was begun on."""
        document = self.document
        kept = document.settings.get(SETTING) if document is not None else None
        return str(kept.get("on", "")) if isinstance(kept, dict) else ""

    @property
    def can_start(self) -> bool:
        """Whether there is something to be painted in."""
        ready = any(item.state == "ready" for item in self._state.candidates.items)
        return self.document is not None and (ready or bool(self._active_group()))

    def start(self) -> None:
        """Begin one over the active layer, or go on with the one that these candidates are in."""
        document = self.document
        if document is None or not self.can_start:
            return
        group = self._active_group() or self._begun_group()
        if not group:
            node = self._state.node
            name = node.name if node is not None else ""
            document.settings[SETTING] = {"group": uuid.uuid4().hex[:12], "on": name}
        elif group != self.group_id:
            document.settings[SETTING] = {"group": group, "on": ""}
        self.active, self.taking_out, self.hidden = True, False, False
        if self._state.tool not in ("brush", "eraser"):
            self._state.set_tool("brush")
        candidates = self._state.candidates
        if candidates.ready_one is None and not self._active_group():
            candidates.step(1)
        self._tell()

    def leave(self) -> None:
        """Paint colors again. The group stays as it is."""
        if self.active:
            self._state.end_stroke()
            self.active = self.hidden = False
            self._patterns.clear()
            self._state.candidates.hide()
            self._tell()

    def _active_group(self) -> str:
        """The collage that the active layer belongs to, empty when it is in none."""
        document, node = self.document, self._state.node
        if document is None or node is None:
            return ""
        group = node if isinstance(node, Group) else document.group_of(node.id)
        parts = document.parts(group.id) if group is not document.root else []
        return group.id if any(part.recipe is not None for part in parts) else ""

    def _begun_group(self) -> str:
        """The collage that holds candidates of the strip."""
        here = {layer.id for layer in self.layers}
        begun = any(item.part in here for item in self._state.candidates.items)
        return self.group_id if begun else ""

    # Parts

    @property
    def layers(self) -> list[Layer]:
        """The layers of the group, the topmost first."""
        document, group = self.document, self.group_id
        return document.parts(group) if document is not None and group else []

    @property
    def parts(self) -> list[Part]:
        """The same with their candidates and patterns; a part keeps its pattern."""
        known = {item.part: item for item in self._state.candidates.items if item.part}
        return [Part(layer, known.get(layer.id), self._pattern(layer.id)) for layer in self.layers]

    def _pattern(self, layer_id: str) -> int:
        """The first that no other part has."""
        here = {layer.id for layer in self.layers}
        used = {number for one, number in self._patterns.items() if one in here}
        if layer_id not in self._patterns:
            free = next(number for number in range(len(used) + 1) if number not in used)
            self._patterns[layer_id] = free
        return self._patterns[layer_id]

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that is painted in next."""
        return self._state.candidates.ready_one if self.active else None

    @property
    def chosen_part(self) -> str:
        """The layer that is painted, empty before a candidate's first stroke."""
        wanted = self.chosen.part if self.chosen is not None else self._state.active
        return wanted if any(layer.id == wanted for layer in self.layers) else ""

    def choose(self, part: Part) -> None:
        """Paint this part from now on."""
        candidates = self._state.candidates
        if part.candidate is not None:
            candidates.show(candidates.items.index(part.candidate))
        else:
            candidates.hide()
            self._state.paint_on(part.layer.id, mask=True)

    def choose_number(self, number: int) -> bool:
        """Paint with the candidate of this number; False when there is none."""
        candidates = self._state.candidates
        for index, item in enumerate(candidates.items):
            if item.number == number and item.state == "ready":
                candidates.show(index)
                return True
        return False

    def _shown(self) -> None:
        """The layer of the candidate that was chosen becomes the active one."""
        if self.active and self.chosen is not None and self.chosen_part:
            self._state.paint_on(self.chosen_part, mask=True)
        if self.active:
            self._tell()

    # How it is painted and seen

    def set_taking_out(self, out: bool) -> None:
        """Let the brush take out instead of painting in."""
        self.taking_out = out
        self._tell()

    def set_masks(self, look: MaskLook) -> None:
        """Choose how the masks are marked on the picture."""
        self.masks = look
        self._tell()

    def set_hidden(self, hidden: bool) -> None:
        """Show the picture without marks while a key is held."""
        if hidden != self.hidden:
            self.hidden = hidden
            self._tell()

    @property
    def marked(self) -> bool:
        """Whether masks are marked on the picture now."""
        return self.active and self.masks != "off" and not self.hidden

    def begin(self, brush: Brush) -> CollageStroke | None:
        """Start a stroke of the chosen candidate. Raises BadInputError for locked layers."""
        document = self.document
        if document is None:
            return None
        out = brush.erase or self.taking_out
        part = self._layer_to_paint()
        if part is None:
            raise BadInputError(
                "No candidate is chosen.", remedy="Choose one in the strip, then paint it in."
            )
        if out and not self._has(part.id):
            return None
        brush = replace(brush, erase=out)
        name = tr("{name}, collage", name=self.base) if self.base else tr("Collage")
        stroke = document.begin_part(
            self.group_id, part, brush, name=name, above=self._state.active
        )
        if self.chosen is not None:
            self._state.candidates.note_part(self.chosen, part.id)
        self._state.paint_on(part.id, mask=True)
        return stroke

    def _has(self, layer_id: str) -> bool:
        return any(layer.id == layer_id for layer in self.layers)

    def _layer_to_paint(self) -> Layer | None:
        item = self.chosen
        document = self.document
        present = next((one for one in self.layers if one.id == self.chosen_part), None)
        if present is not None or item is None or item.pixels is None:
            return present
        left, top = item.rect.x(), item.rect.y()
        layer = layer_of(tr("Candidate {n}", n=item.number), item.pixels, left, top)
        layer.recipe, layer.mask = item.kept_recipe, Mask(Tiles(1))
        elsewhere = document is not None and any(one.id == item.part for one in document.nodes())
        layer.id = layer.id if elsewhere else item.part or layer.id  # one that was dragged out
        return layer

    # All of it

    def without(self) -> tuple[QImage, QRect] | None:
        """The picture where the collage is, without it."""
        document = self.document
        if document is None or not self.layers:
            return None
        if self._without is None:
            area = document.node(self.group_id).bounds.intersected(document.bounds)
            pixels = document.composite_without(self.group_id, area)
            self._without = image_of(pixels), to_qrect(area)
        return self._without

    def clear(self) -> None:
        """Take the chosen candidate out everywhere."""
        part = self.chosen_part
        if part:
            self._state.change(lambda it: it.clear_part(part))

    def set_opacity(self, layer_id: str, opacity: float, *, continuing: bool = False) -> None:
        """How much of a part is seen, 0 to 1."""
        self._state.change(lambda it: it.set_opacity(layer_id, opacity, continuing=continuing))

    def finish(self) -> None:
        """Make one layer of it; the candidates in it are accepted."""
        document, parts = self.document, self.parts
        if document is None or not parts:
            return
        self._state.end_stroke()
        prompts = [part.candidate.prompt.split(",")[0].strip() for part in parts if part.candidate]
        name = next((prompt[:40] for prompt in prompts if prompt), tr("Collage"))
        try:
            layer = document.finish_collage(self.group_id, name)
        except BadInputError as error:
            self._state.refused.emit(error)
            return
        used = [part.candidate for part in parts if part.candidate is not None]
        self._state.candidates.note_layers(used, layer.id)
        self._state.take_over(layer)
        self.leave()

    def _follow(self) -> None:
        """The document has changed; only other parts are marked in another way."""
        self._without = None
        if self.active:
            parts = [layer.id for layer in self.layers]
            if parts != self._marked:
                self._marked = parts
                self.looks_changed.emit()
            self.changed.emit()

    def _tell(self) -> None:
        self.looks_changed.emit()
        self.changed.emit()
