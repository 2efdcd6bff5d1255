"""OpenRaster documents in. Untrusted input: whatever is wrong with a file becomes one sentence.

No entity of the XML is read, names lead nowhere but into the archive, and sizes are held against
the free memory before a pixel is decoded.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import PngImagePlugin

from engine.canvas.blending import MODES, NORMAL
from engine.canvas.blobs import DAMAGE, FARTHEST, head_of
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
from engine.canvas.ora import ATOP
from engine.imaging.decode import to_srgb
from engine.runtime.files import require_file

_LONGEST_STACK = 4 * 2**20
_MOST_LAYERS = 10_000
_OUR_MODES = {mode.svg: name for name, mode in MODES.items()}


def load_ora(path: Path) -> Incoming:
    """Read an OpenRaster file; MissingFileError when it is not there, PictureError when it is
    damaged, larger than a canvas or than the memory that is free.
    """
    path = require_file(Path(path))
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, path).read()
    except (*DAMAGE, MemoryError) as error:
        raise damaged_document(path, "OpenRaster") from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self._path = archive, path
        self._notes = Notes()

    def read(self) -> Incoming:
        """The document and what is different in it."""
        image = self._stack_xml()
        width, height = int(image.attrib["w"]), int(image.attrib["h"])
        check_canvas(self._path, width, height)
        names = [element.attrib["src"] for element in image.iter("layer")]
        if len(names) > _MOST_LAYERS:
            raise ValueError("no picture has so many layers")
        check_memory(self._needed(names), self._path)
        root = image.find("stack")
        if root is None:
            raise ValueError("no stack")
        document = Document(width, height, self._nodes(root, 0))
        for layer in document.layers:
            layer.tiles.shrink_ahead()
        return Incoming(document, self._notes.told())

    def _stack_xml(self) -> ElementTree.Element:
        if self._archive.getinfo("stack.xml").file_size > _LONGEST_STACK:
            raise ValueError("no stack has this size")
        # As text, so that no other encoding can hide what is looked for.
        text = self._archive.read("stack.xml").decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("a stack defines no entities")
        root = ElementTree.fromstring(text)
        if root.tag != "image":
            raise ValueError(root.tag)
        return root

    def _needed(self, names: list[str]) -> int:
        """Bytes that the layers take, with what decoding the largest needs beside.

        Raises ValueError for a picture whose packed bytes are more than it can have pixels.
        """
        total = largest = 0
        for name in names:
            with self._archive.open(name) as stream:
                width, height = head_of(stream)
            size = width * height * 4
            if self._archive.getinfo(name).file_size > 4 * size + 2**20:
                raise ValueError(name)
            total, largest = total + bytes_of(width, height), max(largest, size)
        return total + 4 * largest

    def _nodes(self, stack: ElementTree.Element, depth: int) -> list[Node]:
        """What a stack holds, the lowest first."""
        if depth > DEEPEST:
            raise ValueError("groups are nested too deep")
        nodes: list[Node] = []
        for element in reversed(stack):
            if element.tag not in ("layer", "stack"):
                continue
            node = self._node(element, depth)
            if node.clipping and not nodes:
                node.clipping = False
            if node.clipping and sum(not one.clipping for one in nodes) > 1:
                self._notes.add("Clipped only to the layer below: {names}.", node.name)
            nodes.append(node)
        return nodes

    def _node(self, element: ElementTree.Element, depth: int) -> Node:
        given = element.attrib
        name = given.get("name", "") or "Layer"
        operation = given.get("composite-op", MODES[NORMAL].svg)
        mode = _OUR_MODES.get(operation)
        if mode is None and operation != ATOP:
            kind = operation.rpartition(":")[2]
            self._notes.add("{kind} became Normal: {names}.", name, kind=kind)
        opacity = float(given.get("opacity", "1"))
        if not 0 <= opacity <= 1:
            raise ValueError(opacity)
        values: dict[str, Any] = {
            "name": name,
            "opacity": opacity,
            "visible": given.get("visibility", "visible") != "hidden",
            "locked": given.get("edit-locked", "false") == "true",
            "mode": mode or NORMAL,
            "clipping": operation == ATOP,
        }
        if element.tag == "stack":
            passes = given.get("isolation") == "auto" and opacity >= 1 and mode == NORMAL
            children = self._nodes(element, depth + 1)
            return Group(**values, passes_through=passes, children=children)
        x, y = round(float(given.get("x", "0"))), round(float(given.get("y", "0")))
        if max(abs(x), abs(y)) > FARTHEST:
            raise ValueError("a layer is too far away")
        pixels = self._picture(given["src"])
        if not pixels[..., 3].any():
            return Layer(**values, x=x, y=y)
        return layer_of(pixels=pixels, x=x, y=y, **values)

    def _picture(self, name: str) -> np.ndarray:
        """A layer's pixels as straight RGBA in sRGB."""
        # Not Image.open: its limit against bombs lies below the largest canvas. Ours is the memory.
        data = io.BytesIO(self._archive.read(name))
        with PngImagePlugin.PngImageFile(data) as image:
            image.load()
            return np.array(to_srgb(image))
