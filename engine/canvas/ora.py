"""OpenRaster documents out (``.ora``): a ZIP of ``stack.xml`` and a PNG for each layer.

After "OpenRaster File Layout and Stack specification" 0.0.6, baseline. It knows no masks and no
clipping: masks become part of what they mask, and clipped layers lie over their base in an isolated
group with ``svg:src-atop``. What cannot be said at all is merged, so that the picture stays as it
is. See :mod:`engine.canvas.ora_reading` for the way in.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from engine.canvas.blending import MODES, NORMAL
from engine.canvas.blobs import png
from engine.canvas.composite import composite
from engine.canvas.document import Document
from engine.canvas.layer import Group, Layer, Mask, Node
from engine.canvas.notes import Note, Notes
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.tiles import Tiles
from engine.runtime.files import atomic_file

ORA_SUFFIX = ".ora"
MIMETYPE = "image/openraster"
ATOP = "svg:src-atop"
_THUMBNAIL = 256
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def save_ora(document: Document, path: Path) -> Sequence[Note]:
    """Write ``document`` to ``path`` atomically; gives what is different in the file."""
    document.end_stroke()
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", MIMETYPE)
        writer = _Writer(archive)
        width, height = document.size
        image = ElementTree.Element("image", version="0.0.6", w=str(width), h=str(height))
        image.append(writer.stack(document.root.children))
        archive.writestr("stack.xml", _xml(image), zipfile.ZIP_DEFLATED)
        merged = document.composite()
        archive.writestr("mergedimage.png", png(merged))
        archive.writestr("Thumbnails/thumbnail.png", png(_small(merged)))
    return writer.notes.told()


class _Writer:
    """Makes the elements of nodes and puts their pixels into the archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._number = archive, 0
        self.notes = Notes()

    def stack(self, nodes: Sequence[Node], **values: str) -> ElementTree.Element:
        """A stack of ``nodes``; in the file the uppermost comes first."""
        element = ElementTree.Element("stack", values)
        for base, clipped in reversed(_with_clipped(nodes)):
            element.append(self._clip_group(base, clipped) if clipped else self._node(base))
        return element

    def _clip_group(self, base: Node, clipped: Sequence[Node]) -> ElementTree.Element:
        """A base and what is clipped to it, as a group of its own."""
        shown = [node for node in clipped if node.visible and node.opacity > 0]
        if any(node.mode != NORMAL for node in shown):
            return self._merged(base, [base, *clipped])
        self.notes.add("Clipped layers and their base became a group: {names}.", base.name)
        lower = replace(base, opacity=1.0, mode=NORMAL, visible=True, clipping=False)
        if isinstance(lower, Group):
            lower.passes_through = False
        element = ElementTree.Element("stack", _values(base, isolation="isolate"))
        for node in reversed(clipped):
            if isinstance(node, Group):
                node = replace(node, passes_through=False)
            above = self._node(node)
            above.set("composite-op", ATOP)
            element.append(above)
        element.append(self._node(lower))
        return element

    def _node(self, node: Node) -> ElementTree.Element:
        if isinstance(node, Group):
            return self._group(node)
        assert isinstance(node, Layer)
        pixels, area = node.pixels(node.bounds), node.bounds
        mask = _acting(node.mask)
        if mask is not None:
            self.notes.add("Masks became part of their layers: {names}.", node.name)
            pixels[..., 3] = _masked(pixels[..., 3], mask, area)
        return self._layer(node, pixels, area)

    def _group(self, group: Group) -> ElementTree.Element:
        mask, passes = _acting(group.mask), group.passes_through
        if passes and (mask or group.opacity < 1) and not _plain(group.children):
            # Put together first, its layers would no longer blend with what is below the group.
            self.notes.add("May look different where layers overlap: {names}.", group.name)
            children = _weakened(group.children, group.opacity, mask)
            group = replace(group, opacity=1.0, mask=None, children=children)
        elif mask is not None:
            return self._merged(group, [group])
        isolation = "auto" if passes else "isolate"
        return self.stack(group.children, **_values(group, isolation=isolation))

    def _merged(self, base: Node, nodes: Sequence[Node]) -> ElementTree.Element:
        """Several nodes as one layer that has the mode, opacity and visibility of ``base``."""
        self.notes.add(
            "Merged, as OpenRaster has no masks for groups and no clipping with a mode: {names}.",
            base.name,
        )
        lower = replace(base, opacity=1.0, mode=NORMAL, visible=True, clipping=False)
        area = EMPTY
        for node in nodes:
            area = area.united(node.bounds)
        pixels = composite([lower, *nodes[1:]], area)
        return self._layer(base, pixels, area)

    def _layer(self, node: Node, pixels: np.ndarray, area: Rect) -> ElementTree.Element:
        """A layer with the looks of ``node``; what is empty is one transparent pixel."""
        if area.empty:
            pixels = np.zeros((1, 1, 4), np.uint8)
        name = f"data/layer{self._number:03}.png"
        self._number += 1
        self._archive.writestr(name, png(pixels))
        return ElementTree.Element("layer", _values(node, src=name, x=str(area.x), y=str(area.y)))


def _with_clipped(nodes: Iterable[Node]) -> list[tuple[Node, list[Node]]]:
    """Each node that does not clip with those above that clip to it."""
    found: list[tuple[Node, list[Node]]] = []
    for node in nodes:
        if node.clipping and found:
            found[-1][1].append(node)
        else:
            found.append((node, []))
    return found


def _values(node: Node, **more: str) -> dict[str, str]:
    """The attributes that layers and groups have in common."""
    values = {
        "name": _NOT_IN_XML.sub("\ufffd", node.name),
        "opacity": f"{node.opacity:.6g}",
        "visibility": "visible" if node.visible else "hidden",
        "composite-op": MODES[node.mode].svg,
        **more,
    }
    return values | {"edit-locked": "true"} if node.locked else values


def _acting(mask: Mask | None) -> Mask | None:
    return mask if mask is not None and mask.enabled else None


def _masked(alpha: np.ndarray, mask: Mask, area: Rect) -> np.ndarray:
    """``alpha`` of ``area`` under a mask."""
    shown = mask.tiles.read(area.moved(-mask.x, -mask.y)).astype(np.uint16)
    return ((alpha * shown + 127) // 255).astype(np.uint8)


def _weakened(nodes: Iterable[Node], opacity: float, mask: Mask | None) -> list[Node]:
    """Copies of ``nodes`` that have the opacity and the mask of the group that held them."""
    result: list[Node] = []
    for base, clipped in _with_clipped(nodes):
        node = replace(base, opacity=base.opacity * opacity)
        if mask is not None and isinstance(node, Group):
            node.children = _weakened(node.children, 1.0, mask)
        elif mask is not None:
            node.mask = _together(mask, node)
        result += [node, *clipped]
    return result


def _together(mask: Mask, node: Node) -> Mask:
    """A mask of what both ``mask`` and that of ``node`` show."""
    area, own = node.bounds, _acting(node.mask)
    shown = mask.tiles.read(area.moved(-mask.x, -mask.y))
    if own is not None:
        shown = _masked(shown, own, area)
    return Mask(Tiles.from_array(shown, area.x, area.y))


def _plain(nodes: Iterable[Node]) -> bool:
    """Whether nothing among ``nodes`` looks at what lies below."""
    return all(
        node.mode == NORMAL and (not isinstance(node, Group) or _plain(node.children))
        for node in nodes
    )


def _small(pixels: np.ndarray) -> np.ndarray:
    """The picture for file managers."""
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return np.asarray(image)


def _xml(element: ElementTree.Element) -> bytes:
    return ElementTree.tostring(element, encoding="UTF-8", xml_declaration=True)
