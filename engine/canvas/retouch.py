"""Strokes that take what they lay down from the picture: clone, smudge, push.

Each is a :class:`engine.canvas.brush.Stroke`, so that pressure, symmetry, selection and undo are
the same. They work on layers and on masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.canvas.brush import Brush, Stroke, blend, brightness
from engine.canvas.layer import Layer, Mask, Node
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect
from engine.imaging.dabs import Dab, coverage, reach
from engine.imaging.softness import premultiplied, straight

Array = np.ndarray
CLONE_LABEL = "Clone"
SMUDGE_LABEL = "Smudge"
PUSH_LABEL = "Push"
# From dab to dab in diameters: what is smeared or pushed must not come in steps.
_FINE = 0.05


class CloneStroke(Stroke):
    """Paints what lies ``offset`` (document pixels) away, as it was before the stroke.

    ``source`` gives straight RGBA uint8 [h, w, 4] of a document rectangle.
    """

    def __init__(
        self,
        node: Node,
        on: Layer | Mask,
        brush: Brush,
        within: Rect,
        clip: Tiles | None,
        *,
        offset: tuple[int, int],
        source: Callable[[Rect], Array],
    ) -> None:
        super().__init__(node, on, brush, within, clip)
        self._offset, self._source = offset, source

    @property
    def what(self) -> str:
        """The name of the step."""
        return CLONE_LABEL

    def _blend(self, key: tuple[int, int], part: Rect) -> None:
        alpha = self.alpha(key, part)
        from_there = self._source(part.moved(self.on.x, self.on.y).moved(*self._offset))
        alpha = alpha * (from_there[..., 3] * np.float32(1 / 255))
        original = self.before.read(part)
        color = from_there[..., :3]
        if isinstance(self.on, Mask):
            made = np.rint(original + (brightness(color) - original) * alpha).astype(np.uint8)
        else:
            made = blend(original, alpha, color, alpha_locked=self.on.alpha_locked)
        self.on.tiles.write(part, made)


class _Moving(Stroke):
    """What changes the pixels dab by dab, each from what the one before has left."""

    def __init__(
        self, node: Node, on: Layer | Mask, brush: Brush, within: Rect, clip: Tiles | None = None
    ) -> None:
        super().__init__(node, on, brush, within, clip)
        for trail in self._trails:
            trail.set_spacing(2 * _FINE)

    def to(self, x: float, y: float, pressure: float = 1.0) -> Rect:
        """Draw on to document point (x, y); gives the document rectangle that changed."""
        dirty = EMPTY
        pressure = min(1.0, max(0.0, pressure))
        images = self.brush.symmetry.images(x, y)
        for number, (trail, (across, down)) in enumerate(zip(self._trails, images, strict=True)):
            dabs = trail.to((across - self.on.x, down - self.on.y, pressure))
            dirty = dirty.united(self._go(number, dabs))
        for key in keys_in(dirty):
            self.touched.add(key)
        if not dirty.empty:
            self.node.touch()
        return dirty.moved(self.on.x, self.on.y)

    def _go(self, number: int, dabs: Iterator[Dab]) -> Rect:
        """Follow the image ``number`` of the path; gives the rectangle changed."""
        raise NotImplementedError

    def _share(self, rect: Rect, dab: Dab) -> Array:
        """How much a dab acts on each pixel of ``rect``, 0..1, float32."""
        x, y, pressure = dab
        strength = self.brush.opacity * (pressure if self.brush.pressure_opacity else 1.0)
        tip = coverage(rect, x, y, self._radius(pressure), self.brush.hardness, self._lean)
        return tip * np.float32(strength)

    def _clipped(self, rect: Rect, made: Array) -> Array:
        """``made`` where the selection lets it, else what was before the stroke."""
        keeps_alpha = isinstance(self.on, Layer) and self.on.alpha_locked
        if self._clip is None and not keeps_alpha:
            return made
        before = self.before.read(rect)
        if keeps_alpha:
            made = np.dstack([made[..., :3], before[..., 3]])
            made[before[..., 3] == 0] = before[before[..., 3] == 0]
        if self._clip is None:
            return made
        let = self._clip.read(rect.moved(self.on.x, self.on.y)) * np.float32(1 / 255)
        mixed = _bytes(_mixed(_weighed(before), _weighed(made), let))
        shown = let if made.ndim == 2 else let[..., None]
        return np.where(shown <= 0, before, np.where(shown >= 1, made, mixed))


class SmudgeStroke(_Moving):
    """A finger: it takes up what is under it and smears it along. Opacity is how much it keeps."""

    @property
    def what(self) -> str:
        """The name of the step."""
        return SMUDGE_LABEL

    def __init__(
        self, node: Node, on: Layer | Mask, brush: Brush, within: Rect, clip: Tiles | None = None
    ) -> None:
        super().__init__(node, on, brush, within, clip)
        # What each image of the finger holds, with its middle in the middle.
        self._held: list[Array | None] = [None] * len(self._trails)
        self._side = 2 * int(np.ceil(brush.radius * 3 + 2)) if brush.tilts else 0
        self._side = max(self._side, 2 * int(np.ceil(brush.radius + 2)))

    def _go(self, number: int, dabs: Iterator[Dab]) -> Rect:
        dirty = EMPTY
        for dab in dabs:
            place = self._place(dab)
            under = _weighed(self.on.tiles.read(place))
            held = self._held[number]
            if held is None:
                self._held[number] = under
                continue
            mixed = _mixed(under, held, self._share(place, dab))
            self._held[number] = mixed
            inside = place.intersected(self._frame)
            if inside.empty:
                continue
            made = _bytes(mixed[inside.moved(-place.x, -place.y).slices])
            self.on.tiles.write(inside, self._clipped(inside, made))
            dirty = dirty.united(inside)
        return dirty

    def _place(self, dab: Dab) -> Rect:
        half = self._side // 2
        return Rect(round(dab[0]) - half, round(dab[1]) - half, self._side, self._side)


class PushStroke(_Moving):
    """Pushes pixels along, as in wet paint. What is seen is made anew from before the stroke, so
    that it does not blur however often it is pushed. Opacity is how far pixels follow.
    """

    @property
    def what(self) -> str:
        """The name of the step."""
        return PUSH_LABEL

    def __init__(
        self, node: Node, on: Layer | Mask, brush: Brush, within: Rect, clip: Tiles | None = None
    ) -> None:
        super().__init__(node, on, brush, within, clip)
        self._last: list[Dab | None] = [None] * len(self._trails)
        self._field: dict[tuple[int, int], Array] = {}  # where pixels come from, [256, 256, 2]

    def _go(self, number: int, dabs: Iterator[Dab]) -> Rect:
        dirty = EMPTY
        for dab in dabs:
            last, self._last[number] = self._last[number], dab
            if last is None:
                continue
            reached = Rect.edges(*reach(dab[0], dab[1], self._radius(dab[2]) * self._lean.stretch))
            rect = reached.intersected(self._frame)
            if not rect.empty:
                self._push(rect, dab, (dab[0] - last[0], dab[1] - last[1]))
                dirty = dirty.united(rect)
        for key in keys_in(dirty):
            self._render(tile_rect(key).intersected(dirty))
        return dirty

    def _push(self, rect: Rect, dab: Dab, step: tuple[float, float]) -> None:
        """Let the pixels of ``rect`` come from where those lie that are pushed here."""
        import cv2

        share = self._share(rect, dab)
        rows, columns = np.mgrid[0 : rect.height, 0 : rect.width].astype(np.float32)
        field = self._read(rect.grown(int(max(abs(step[0]), abs(step[1]))) + 2))
        margin = (field.shape[1] - rect.width) // 2
        x = columns + margin - share * np.float32(step[0])
        y = rows + margin - share * np.float32(step[1])
        moved = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._write(rect, moved - share[..., None] * np.array(step, np.float32))

    def _render(self, rect: Rect) -> None:
        import cv2

        field = self._read(rect)
        x = field[..., 0] + np.arange(rect.width, dtype=np.float32)[None, :]
        y = field[..., 1] + np.arange(rect.height, dtype=np.float32)[:, None]
        left, top = int(np.floor(x.min())) - 1, int(np.floor(y.min())) - 1
        right, bottom = int(np.ceil(x.max())) + 2, int(np.ceil(y.max())) + 2
        source = Rect.edges(left, top, right, bottom).moved(rect.x, rect.y)
        pixels = _weighed(self.before.read(source))
        made = cv2.remap(
            pixels, x - left, y - top, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        still = (field == 0).all(axis=2)
        result = _bytes(made)
        result[still] = self.before.read(rect)[still]
        self.on.tiles.write(rect, self._clipped(rect, result))

    def _read(self, rect: Rect) -> Array:
        result = np.zeros((rect.height, rect.width, 2), np.float32)
        for key in keys_in(rect):
            tile, place = self._field.get(key), tile_rect(key)
            if tile is not None:
                part = place.intersected(rect)
                result[part.moved(-rect.x, -rect.y).slices] = tile[
                    part.moved(-place.x, -place.y).slices
                ]
        return result

    def _write(self, rect: Rect, values: Array) -> None:
        for key in keys_in(rect):
            place = tile_rect(key)
            tile = self._field.setdefault(key, np.zeros((place.height, place.width, 2), np.float32))
            part = place.intersected(rect)
            tile[part.moved(-place.x, -place.y).slices] = values[
                part.moved(-rect.x, -rect.y).slices
            ]


def _weighed(pixels: Array) -> Array:
    return premultiplied(pixels) if pixels.ndim == 3 else pixels.astype(np.float32)


def _bytes(weighed: Array) -> Array:
    if weighed.ndim == 3:
        return straight(weighed)
    return np.rint(np.clip(weighed, 0, 255)).astype(np.uint8)


def _mixed(old: Array, new: Array, share: Array) -> Array:
    """From ``old`` to ``new`` by ``share`` [h, w], both premultiplied."""
    part = share if old.ndim == 2 else share[..., None]
    result: Array = old + (new - old) * part
    return result
