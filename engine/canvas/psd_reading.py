"""Photoshop documents in: what a canvas has is taken over, the rest is told in notes.

Untrusted input: whatever is wrong with a file becomes one sentence, and its sizes are held against
the free memory before a pixel is decoded. A layer that is damaged is left out, not the document.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from psd_tools import PSDImage
from psd_tools.api import layers as api
from psd_tools.api.adjustments import SolidColorFill
from psd_tools.constants import BlendMode, Clipping, ColorMode, Resource, Tag
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.layer_and_mask import ChannelDataList, LayerRecord

from engine.canvas.blending import MODES, NORMAL
from engine.canvas.document import Document
from engine.canvas.incoming import (
    DEEPEST,
    Incoming,
    bytes_of,
    check_canvas,
    check_memory,
    damaged_document,
)
from engine.canvas.layer import Group, Layer, Node, layer_of
from engine.canvas.notes import Notes
from engine.canvas.psd_file import LOCKED_ALL, LOCKED_ALPHA
from engine.canvas.psd_masks import read_mask
from engine.canvas.psd_pixels import COLORS, DAMAGE, TRANSPARENT, Pixels, check_place
from engine.canvas.rect import Rect
from engine.canvas.tiles import TILE
from engine.imaging.srgb import is_srgb, profile_name
from engine.runtime.errors import PictureError, StylekilnError
from engine.runtime.files import require_file

log = logging.getLogger(__name__)

_HEADER = 26
_LOCKED_EACH = 0x7  # transparency, pixels and position: how earlier versions lock all
_OUR_MODES = {mode.psd.encode(): name for name, mode in MODES.items()}
_OTHER_MODE_LABELS = {
    BlendMode.DISSOLVE: "Dissolve",
    BlendMode.LINEAR_BURN: "Linear burn",
    BlendMode.DARKER_COLOR: "Darker color",
    BlendMode.LIGHTER_COLOR: "Lighter color",
    BlendMode.VIVID_LIGHT: "Vivid light",
    BlendMode.LINEAR_LIGHT: "Linear light",
    BlendMode.PIN_LIGHT: "Pin light",
    BlendMode.HARD_MIX: "Hard mix",
    BlendMode.EXCLUSION: "Exclusion",
    BlendMode.SUBTRACT: "Subtract",
    BlendMode.DIVIDE: "Divide",
}
_EFFECTS = (
    Tag.EFFECTS_LAYER,
    Tag.OBJECT_BASED_EFFECTS_LAYER_INFO,
    Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V0,
    Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V1,
)


def load_psd(path: Path) -> Incoming:
    """Read a PSD or PSB; MissingFileError when it is not there, PictureError when it is damaged,
    larger than a canvas or than the memory that is free.
    """
    path = require_file(Path(path))
    try:
        with open(path, "rb") as stream:
            header = FileHeader.read(io.BytesIO(stream.read(_HEADER)))
            check_canvas(path, header.width, header.height)
            check_memory(path.stat().st_size, path)
            stream.seek(0)
            psd = PSD.read(stream)
        return _Reader(PSDImage(psd), psd, path).read()
    except StylekilnError:
        raise
    except MemoryError as error:
        raise PictureError(
            "{name} does not fit in memory.",
            name=path.name,
            remedy="Close other programs or make the picture smaller.",
        ) from error
    except Exception as error:  # a parser of hostile bytes raises almost anything
        log.info("%s cannot be read: %r", path, error)
        raise damaged_document(path, "PSD") from error


class _Reader:
    """One file on its way to a document."""

    def __init__(self, image: PSDImage, psd: PSD, path: Path) -> None:
        self._image, self._psd, self._path = image, psd, path
        self._notes = Notes()
        header = psd.header
        if header.color_mode not in COLORS:
            raise PictureError(
                "{name} has separate color channels, which cannot be shown.",
                name=path.name,
                remedy="Convert it to RGB in an image editor.",
            )
        profile = psd.image_resources.get_data(Resource.ICC_PROFILE) or b""
        self._pixels = Pixels(header, bytes(profile), _palette(psd))

    def read(self) -> Incoming:
        """The document and what is different in it."""
        header = self._psd.header
        check_memory(self._needed(), self._path)
        self._tell_of_colors()
        nodes = self._nodes(self._image)
        if not nodes:
            nodes = [self._merged()]
        document = Document(header.width, header.height, nodes)
        for layer in document.layers:
            layer.tiles.shrink_ahead()
        return Incoming(document, self._notes.told())

    def _needed(self) -> int:
        """Bytes that the layers take at most, with what decoding the largest needs beside."""
        header = self._psd.header
        deep = max(1, header.depth // 8)
        total = 0
        largest = header.width * header.height
        for record, _ in self._psd._iter_layers():
            width, height = record.width, record.height
            masks = record.channel_sizes[4:]
            total += bytes_of(width, height)
            # A mask may begin anywhere in a tile.
            total += sum(bytes_of(wide + TILE, high + TILE, 1) for wide, high in masks)
            largest = max(largest, width * height, *(wide * high for wide, high in masks))
        return total + largest * (12 + 4 * deep)

    def _tell_of_colors(self) -> None:
        header, profile = self._psd.header, self._pixels.profile
        if header.depth > 8:
            self._notes.add("It was reduced from {bits} bits to 8.", bits=str(header.depth))
        if header.color_mode in (ColorMode.CMYK, ColorMode.LAB):
            kind = header.color_mode.name
            self._notes.add("Its colors were converted from {kind} to sRGB.", kind=kind)
        elif header.color_mode != ColorMode.RGB:
            self._notes.add("It was converted to RGB.")
        elif not is_srgb(profile):
            kind = profile_name(profile) or "ICC"
            self._notes.add("Its colors were converted from {kind} to sRGB.", kind=kind)

    # Layers

    def _nodes(self, layers: Iterable[api.Layer], depth: int = 0) -> list[Node]:
        if depth > DEEPEST:
            raise ValueError("groups are nested too deep")
        nodes: list[Node] = []
        base_is_gone = False
        for layer in layers:
            node = self._node(layer, depth)
            if layer._record.clipping == Clipping.BASE:
                base_is_gone = node is None
            if node is not None:
                node.clipping = node.clipping and not base_is_gone and bool(nodes)
                nodes.append(node)
        return nodes

    def _node(self, layer: api.Layer, depth: int) -> Node | None:
        values = self._values(layer)
        if isinstance(layer, api.Group):
            passes = layer.blend_mode == BlendMode.PASS_THROUGH
            children = self._nodes(layer, depth + 1)
            return Group(**values, passes_through=passes, children=children)
        name = values["name"]
        if isinstance(layer, api.AdjustmentLayer):
            self._notes.add("Adjustment layers were left out: {names}.", name)
            return None
        if isinstance(layer, api.TypeLayer | api.SmartObjectLayer):
            self._notes.add("Text and smart objects became pixels: {names}.", name)
        try:
            pixels = self._rgba(layer._record, layer._channels)
        except DAMAGE:
            self._notes.add("Damaged layers were left out: {names}.", name)
            return None
        if pixels is None and isinstance(layer, api.FillLayer | api.ShapeLayer):
            return self._filled(layer, values)
        record = layer._record
        locks = _locks(record)
        alpha_locked = bool(locks & LOCKED_ALPHA) and locks & _LOCKED_EACH != _LOCKED_EACH
        values["alpha_locked"] = alpha_locked or record.flags.transparency_protected
        if pixels is None:
            return Layer(**values)
        return layer_of(pixels=pixels, x=record.left, y=record.top, **values)

    def _filled(self, layer: api.Layer, values: dict[str, Any]) -> Node | None:
        """A layer that is one color all over; shapes, patterns and gradients have no pixels."""
        try:
            data = layer.data if isinstance(layer, SolidColorFill) else None
            if data is None or layer.has_vector_mask():
                raise ValueError("no pixels")
            color = [round(float(data[key])) for key in (b"Rd  ", b"Grn ", b"Bl  ")]
        except DAMAGE:
            name = values["name"]
            self._notes.add("Shapes and fills without pixels were left out: {names}.", name)
            return None
        node = Layer(**values)
        red, green, blue = (min(255, max(0, value)) for value in color)
        node.tiles.fill(Rect(0, 0, *self._image.size), (red, green, blue, 255))
        return node

    def _values(self, layer: api.Layer) -> dict[str, Any]:
        """What layers and groups have in common."""
        record = layer._record
        name = " ".join(layer.name.replace("\0", "").split()) or "Layer"
        blocks = record.tagged_blocks
        if any(key in blocks for key in _EFFECTS):
            self._notes.add("Layer effects are not shown: {names}.", name)
        fill = blocks.get_data(Tag.BLEND_FILL_OPACITY)
        opacity = record.opacity / 255 * (1.0 if fill is None else int(fill) / 255)
        locks = _locks(record)
        return {
            "name": name,
            "opacity": min(1.0, max(0.0, opacity)),
            "visible": record.flags.visible,
            "locked": bool(locks & LOCKED_ALL) or locks & _LOCKED_EACH == _LOCKED_EACH,
            "mode": self._mode(layer.blend_mode, name),
            "clipping": record.clipping == Clipping.NON_BASE,
            "mask": read_mask(record, layer._channels, self._pixels, self._notes, name),
        }

    def _mode(self, mode: BlendMode, name: str) -> str:
        if mode == BlendMode.PASS_THROUGH:
            return NORMAL
        known = _OUR_MODES.get(mode.value)
        if known is None:
            kind = _OTHER_MODE_LABELS.get(mode, mode.name)
            self._notes.add("{kind} became Normal: {names}.", name, kind=kind)
        return known or NORMAL

    # Pixels

    def _rgba(self, record: LayerRecord, channels: ChannelDataList) -> np.ndarray | None:
        """The pixels of a layer; None where it has none."""
        width, height = record.width, record.height
        if not width or not height:
            return None
        check_place(record.left, record.top)
        wanted = {TRANSPARENT, *range(self._pixels.colors)}
        planes = {
            int(info.id): self._pixels.plane(
                channel.compression, channel.data, width, height, color=int(info.id) >= 0
            )
            for info, channel in zip(record.channel_info, channels, strict=True)
            if int(info.id) in wanted
        }
        return self._pixels.rgba(planes)

    def _merged(self) -> Node:
        """The merged picture as a layer, of a file without layers."""
        header, merged = self._psd.header, self._psd.image_data
        height = header.height * header.channels
        stack = self._pixels.plane(
            merged.compression, merged.data, header.width, height, color=header.depth == 32
        ).reshape(header.channels, header.height, header.width)
        planes = {number: stack[number] for number in range(self._pixels.colors)}
        info = self._psd.layer_and_mask_information.layer_info
        if info is not None and info.layer_count < 0 and header.channels > self._pixels.colors:
            planes[TRANSPARENT] = stack[self._pixels.colors]
        return layer_of("Background", self._pixels.rgba(planes))


def _locks(record: LayerRecord) -> int:
    setting = record.tagged_blocks.get_data(Tag.PROTECTED_SETTING)
    return 0 if setting is None else int(setting)


def _palette(psd: PSD) -> np.ndarray | None:
    """The colors of an indexed document."""
    if psd.header.color_mode != ColorMode.INDEXED:
        return None
    data = np.frombuffer(bytes(psd.color_mode_data.value)[:768], np.uint8)
    return np.ascontiguousarray(data.reshape(3, 256).T)
