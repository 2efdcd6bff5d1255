"""The records of a canvas file: ``project.json`` and what it says of layers, groups and masks."""

from __future__ import annotations

import re
import zipfile
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.canvas.blending import MODES, NORMAL
from engine.canvas.blobs import FARTHEST, keep_blob, png, read_picture, size_of
from engine.canvas.core import LARGEST_SIDE
from engine.canvas.layer import Group, Layer, Mask, Node, layer_of
from engine.canvas.snapshots import PREVIEW, Snapshot
from engine.canvas.tiles import TILE, Tiles

_PLACE = re.compile(r"(-?\d{1,6}),(-?\d{1,6})")
_LARGEST_TREE = 64

Blobs = dict[str, bytes]


class Record(BaseModel):
    """What all records have in common: values that a later version adds are ignored."""

    model_config = ConfigDict(extra="ignore")


class TilesRecord(Record):
    """A raster: the blob of each tile by its place, ``"column,row"``."""

    empty: Literal[0, 255] = 0
    tiles: dict[str, str] = {}


class MaskRecord(TilesRecord):
    """A mask and where it lies."""

    x: int = Field(0, ge=-FARTHEST, le=FARTHEST)
    y: int = Field(0, ge=-FARTHEST, le=FARTHEST)
    enabled: bool = True


class NodeRecord(Record):
    """What layers and groups have in common."""

    id: str = Field(min_length=1)
    name: str
    opacity: float = Field(1.0, ge=0, le=1)
    visible: bool = True
    locked: bool = False
    mode: str = NORMAL
    clipping: bool = False
    mask: MaskRecord | None = None


class LayerRecord(NodeRecord):
    """One layer. ``pixels`` is its only blob in files of format 1, empty in later ones."""

    kind: Literal["layer"] = "layer"
    pixels: str = ""
    tiles: dict[str, str] = {}
    x: int = Field(0, ge=-FARTHEST, le=FARTHEST)
    y: int = Field(0, ge=-FARTHEST, le=FARTHEST)
    alpha_locked: bool = False
    recipe: dict[str, Any] | None = None
    source: str = ""


class GroupRecord(NodeRecord):
    """A group; ``children`` bottom first."""

    kind: Literal["group"]
    passes_through: bool = True
    children: list[AnyRecord] = []


AnyRecord = Annotated[GroupRecord | LayerRecord, Field(union_mode="left_to_right")]


class GuideRecord(Record):
    """A guide, see :class:`engine.canvas.core.Guide`."""

    axis: Literal["x", "y"]
    at: int = Field(ge=-FARTHEST, le=FARTHEST)


class SnapshotRecord(Record):
    """A named state. Its layers have the identifiers they had in the document."""

    name: str
    width: int = Field(ge=1, le=LARGEST_SIDE)
    height: int = Field(ge=1, le=LARGEST_SIDE)
    layers: list[AnyRecord]
    selection: TilesRecord | None = None
    preview: str
    taken: float = 0.0


class FileRecord(Record):
    """``project.json``. Layers are bottom first.

    ``selection`` names a blob of the document's size in files of format 1. ``saved`` is when the
    file was written, in unix seconds, 0 when it does not say: a copy of the file keeps it, other
    than the time of the file itself.
    """

    format_version: int
    width: int
    height: int
    layers: list[AnyRecord]
    selection: str | TilesRecord | None = None
    guides: list[GuideRecord] = []
    settings: dict[str, Any] = {}
    saved: float = 0.0
    snapshots: list[SnapshotRecord] = []

    def walk(self, *, snapshots: bool = False) -> list[LayerRecord | GroupRecord]:
        """All records, each group before what it holds; with ``snapshots`` also theirs."""
        found: list[LayerRecord | GroupRecord] = []
        waiting: list[LayerRecord | GroupRecord] = list(self.layers)
        if snapshots:
            waiting += [layer for one in self.snapshots for layer in one.layers]
        while waiting:
            one = waiting.pop(0)
            found.append(one)
            if isinstance(one, GroupRecord):
                waiting[:0] = one.children
        return found


class Writer:
    """Makes records of nodes, and gathers the blobs they name.

    ``encoded`` keeps PNGs by the stamp of their tile, so that saving again encodes only what
    changed. What it no longer needs is dropped.
    """

    def __init__(self, encoded: dict[int, bytes]) -> None:
        self.blobs: Blobs = {}
        self._encoded = encoded
        self._used: dict[int, bytes] = {}
        self._names: dict[int, str] = {}

    def close(self) -> None:
        """Let go of PNGs that nothing names any more."""
        self._encoded.clear()
        self._encoded.update(self._used)

    def node(self, node: Node) -> dict[str, Any]:
        """The record of a node and of all it holds."""
        values = {name: getattr(node, name) for name in _COMMON}
        values["mask"] = self.mask(node.mask)
        if isinstance(node, Group):
            children = [self.node(child) for child in node.children]
            return values | {
                "kind": "group",
                "passes_through": node.passes_through,
                "children": children,
            }
        assert isinstance(node, Layer)
        own = {name: getattr(node, name) for name in _OF_LAYERS}
        return values | {"kind": "layer", "tiles": self._tiles(node.tiles)} | own

    def snapshot(self, kept: Snapshot) -> dict[str, Any]:
        """The record of a named state."""
        return {
            "name": kept.name,
            "width": kept.size[0],
            "height": kept.size[1],
            "layers": [self.node(child) for child in kept.root.children],
            "selection": None if kept.selection is None else self.tiles(kept.selection),
            "preview": keep_blob(png(kept.preview), self.blobs),
            "taken": kept.taken,
        }

    def mask(self, mask: Mask | None) -> dict[str, Any] | None:
        """The record of a mask."""
        if mask is None:
            return None
        place = {"x": mask.x, "y": mask.y, "enabled": mask.enabled}
        return self.tiles(mask.tiles) | place

    def tiles(self, tiles: Tiles) -> dict[str, Any]:
        """The record of a raster."""
        return {"empty": tiles.empty, "tiles": self._tiles(tiles)}

    def _tiles(self, tiles: Tiles) -> dict[str, str]:
        return {f"{key[0]},{key[1]}": self._tile(tiles, key) for key in sorted(tiles)}

    def _tile(self, tiles: Tiles, key: tuple[int, int]) -> str:
        tile, stamp = tiles.get(key), tiles.stamp(key)
        assert tile is not None
        name = self._names.get(id(tile))
        if name is None:
            data = self._encoded.get(stamp)
            if data is None:
                data = png(tile)
            self._used[stamp] = data
            name = self._names[id(tile)] = keep_blob(data, self.blobs)
        return name


_COMMON = ("id", "name", "opacity", "visible", "locked", "mode", "clipping")
_OF_LAYERS = ("x", "y", "alpha_locked", "recipe", "source")


class Reader:
    """Makes nodes of records; what is not right raises one of the errors of a damaged file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._pictures: dict[tuple[str, str], np.ndarray] = {}

    def bytes_of(self, record: FileRecord) -> int:
        """Memory that the layers of a file will take, before one is decoded."""
        total = largest = 0
        tiles: set[str] = set()
        for one in record.walk(snapshots=True):
            if isinstance(one, LayerRecord) and one.pixels:
                width, height = size_of(self._archive, one.pixels)
                total, largest = total + width * height * 4, max(largest, width * height * 4)
            elif isinstance(one, LayerRecord):
                tiles |= set(one.tiles.values())
        return total + 2 * largest + len(tiles) * TILE * TILE * 4  # decoding holds it three times

    def node(self, record: LayerRecord | GroupRecord, depth: int = 0) -> Node:
        """The node of a record, with all it holds."""
        if depth > _LARGEST_TREE or record.mode not in MODES:
            raise ValueError(record.mode)
        values = {name: getattr(record, name) for name in _COMMON}
        values["mask"] = self._mask(record.mask)
        if isinstance(record, GroupRecord):
            children = [self.node(child, depth + 1) for child in record.children]
            return Group(**values, passes_through=record.passes_through, children=children)
        values |= {name: getattr(record, name) for name in _OF_LAYERS}
        if record.pixels:
            return layer_of(pixels=read_picture(self._archive, record.pixels, "RGBA"), **values)
        return Layer(**values, tiles=self.tiles(TilesRecord(tiles=record.tiles), "RGBA"))

    def tiles(self, record: TilesRecord, mode: str) -> Tiles:
        """The raster of a record; ``mode`` is RGBA or L."""
        tiles = Tiles(4 if mode == "RGBA" else 1, record.empty)
        for place, name in record.tiles.items():
            match = _PLACE.fullmatch(place)
            if match is None:
                raise ValueError(place)
            tiles.exchange({(int(match[1]), int(match[2])): self._tile(name, mode)})
        return tiles

    def snapshot(self, record: SnapshotRecord) -> Snapshot:
        """The named state of a record."""
        root = Group(name="", children=[self.node(one) for one in record.layers])
        selection = None if record.selection is None else self.tiles(record.selection, "L")
        preview = read_picture(self._archive, record.preview, "RGBA", PREVIEW)
        size = record.width, record.height
        return Snapshot(record.name, size, root, selection, preview, record.taken)

    def selection(self, record: FileRecord) -> Tiles | None:
        """The selection of a file, None for none."""
        if not record.selection:
            return None
        if isinstance(record.selection, TilesRecord):
            return self.tiles(record.selection, "L")
        mask = read_picture(self._archive, record.selection, "L")
        if mask.shape != (record.height, record.width):
            raise ValueError(record.selection)
        return Tiles.from_array(mask)

    def _mask(self, record: MaskRecord | None) -> Mask | None:
        if record is None:
            return None
        return Mask(self.tiles(record, "L"), record.x, record.y, record.enabled)

    def _tile(self, name: str, mode: str) -> np.ndarray:
        kept = self._pictures.get((name, mode))
        if kept is None:
            kept = read_picture(self._archive, name, mode, TILE)
            if kept.shape[:2] != (TILE, TILE):
                raise ValueError(name)
            self._pictures[name, mode] = kept
        return kept
