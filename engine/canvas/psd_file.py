"""Photoshop documents out: layers, groups, masks, clipping and modes as they are, in sRGB.

The format is that of "Adobe Photoshop File Formats Specification". Channels wait on the disk,
packed strip by strip, so that memory does not grow with the document. A PSD ends at 30,000 pixels
a side and at 2 GB, a PSB does not. See :mod:`engine.canvas.psd_reading` for the way in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from psd_tools.constants import BlendMode, Clipping, ColorMode, Resource, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_resources import ImageResource, ImageResources
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    GlobalLayerMaskInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerRecord,
    LayerRecords,
    MaskData,
    MaskFlags,
)
from psd_tools.psd.tagged_blocks import TaggedBlocks

from engine.canvas.blending import MODES
from engine.canvas.document import Document
from engine.canvas.layer import Group, Layer, Mask, Node
from engine.canvas.notes import Note, Notes
from engine.canvas.raster import flattened
from engine.canvas.rect import EMPTY, Rect
from engine.imaging.psd_spool import (
    STRIP,
    KeptChannel,
    MergedPicture,
    Packed,
    Spool,
    packed,
    spool_beside,
)
from engine.imaging.srgb import srgb_profile
from engine.runtime.errors import BadInputError
from engine.runtime.files import atomic_file

PSD_SUFFIX, PSB_SUFFIX = ".psd", ".psb"
LARGEST_PSD_SIDE = 30_000
_LARGEST_PSD = 2**31 - 2**24  # bytes, with room for what is not pixels
_LONGEST_NAME = 200
_TRANSPARENT, _RED, _MASK = -1, 0, -2
LOCKED_ALPHA, LOCKED_ALL = 0x1, 0x80000000
_END_OF_GROUP = "</Layer group>"


def save_psd(document: Document, path: Path) -> Sequence[Note]:
    """Write ``document`` to ``path`` atomically: as a PSB under that suffix, else as a PSD.

    Gives what other programs may show differently. Raises StorageError, or BadInputError for what
    is too large for a PSD.
    """
    document.end_stroke()
    version = 2 if path.suffix.lower() == PSB_SUFFIX else 1
    if version == 1 and max(document.size) > LARGEST_PSD_SIDE:
        raise _too_large(path)
    with spool_beside(path) as spool:
        writer = _Writer(document, spool, version)
        psd = writer.psd()
        if version == 1 and spool.size > _LARGEST_PSD:
            raise _too_large(path)
        with atomic_file(path) as stream:
            psd.write(stream)
    return writer.notes.told()


class _Writer:
    """Makes the records of a file from the bottom up, as they stand in it."""

    def __init__(self, document: Document, spool: Spool, version: int) -> None:
        self._document, self._spool, self._version = document, spool, version
        self._records = LayerRecords()
        self._channels = ChannelImageData()
        self.notes = Notes()

    def psd(self) -> PSD:
        """The whole file, its pixels in the spool."""
        self._nodes(self._document.root.children)
        merged = self._merged()
        width, height = self._document.size
        header = FileHeader(
            version=self._version,
            width=width,
            height=height,
            channels=len(merged),
            color_mode=ColorMode.RGB,
        )
        # A count below 0 says that the fourth channel of the merged picture is its transparency.
        count = len(self._records) * (-1 if len(merged) > 3 else 1)
        layers = LayerInfo(count, self._records, self._channels)
        return PSD(
            header=header,
            image_resources=_resources(),
            layer_and_mask_information=LayerAndMaskInformation(
                layers, GlobalLayerMaskInfo(), TaggedBlocks()
            ),
            image_data=MergedPicture(merged, self._spool),
        )

    def _merged(self) -> list[Packed]:
        """What other programs show: on white under the transparency, as Photoshop has it."""
        opaque = True

        def strips() -> Iterator[np.ndarray]:
            nonlocal opaque
            for strip in _strips(self._document.bounds):
                shown = self._document.composite(strip)
                opaque = opaque and bool(shown[..., 3].min() == 255)
                yield np.dstack([flattened(shown), shown[..., 3]])

        channels = packed(strips(), self._spool, self._version)
        return channels[:3] if opaque else channels

    def _nodes(self, nodes: Sequence[Node]) -> None:
        for place, node in enumerate(nodes):
            clips = node.clipping and place > 0
            if isinstance(node, Group):
                followed = place + 1 < len(nodes) and nodes[place + 1].clipping
                self._group(node, clips, passes=node.passes_through and not followed)
            elif isinstance(node, Layer):
                self._layer(node, clips)

    def _group(self, group: Group, clips: bool, *, passes: bool) -> None:
        ending = LayerRecord(name=_END_OF_GROUP)
        ending.tagged_blocks.set_data(
            Tag.SECTION_DIVIDER_SETTING, SectionDivider.BOUNDING_SECTION_DIVIDER
        )
        self._put(ending, EMPTY, [])
        self._nodes(group.children)
        record = self._record(group, clips)
        mode = BlendMode.PASS_THROUGH if passes else record.blend_mode
        record.tagged_blocks.set_data(
            Tag.SECTION_DIVIDER_SETTING, SectionDivider.OPEN_FOLDER, blend_mode=mode
        )
        if clips:
            self.notes.add("Some programs do not clip groups: {names}.", group.name)
        self._put(record, EMPTY, [], group.mask)

    def _layer(self, layer: Layer, clips: bool) -> None:
        area = layer.bounds
        strips = (layer.pixels(strip) for strip in _strips(area))
        channels = packed(strips, self._spool, self._version)
        record = self._record(layer, clips)
        record.flags.transparency_protected = layer.alpha_locked
        self._put(record, area, channels, layer.mask)

    def _record(self, node: Node, clips: bool) -> LayerRecord:
        """What layers and groups have in common."""
        name = node.name.encode("utf-8", "replace").decode()
        short = name.encode("mac_roman", "replace").decode("mac_roman")
        record = LayerRecord(
            blend_mode=BlendMode(MODES[node.mode].psd.encode()),
            opacity=round(node.opacity * 255),
            clipping=Clipping.NON_BASE if clips else Clipping.BASE,
            flags=LayerFlags(visible=node.visible),
            name=short[:_LONGEST_NAME],
        )
        locks = LOCKED_ALL if node.locked else 0
        if isinstance(node, Layer) and node.alpha_locked:
            locks |= LOCKED_ALPHA
        record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, name)
        record.tagged_blocks.set_data(Tag.LAYER_ID, len(self._records) + 1)
        record.tagged_blocks.set_data(Tag.PROTECTED_SETTING, locks)
        return record

    def _put(
        self, record: LayerRecord, area: Rect, channels: Sequence[Packed], mask: Mask | None = None
    ) -> None:
        """Add a record with its ``channels`` red, green, blue, alpha of ``area``; none is empty."""
        record.left, record.top, record.right, record.bottom = (
            area.x,
            area.y,
            area.right,
            area.bottom,
        )
        data: list[ChannelData] = [KeptChannel(one, self._spool) for one in channels]
        data = data or [ChannelData() for _ in range(4)]
        data = [data[3], *data[:3]]
        kinds = [_TRANSPARENT, _RED, 1, 2]
        if mask is not None:
            place = mask.tiles.bounds()
            place = Rect(0, 0, 1, 1) if place.empty else place
            there = place.moved(mask.x, mask.y)
            strips = (mask.tiles.read(strip)[..., None] for strip in _strips(place))
            record.mask_data = MaskData(
                top=there.y,
                left=there.x,
                bottom=there.bottom,
                right=there.right,
                background_color=mask.tiles.empty,
                flags=MaskFlags(mask_disabled=not mask.enabled),
            )
            data.append(KeptChannel(packed(strips, self._spool, self._version)[0], self._spool))
            kinds.append(_MASK)
        record.channel_info = [ChannelInfo(id=kind) for kind in kinds]
        self._records.append(record)
        kept = ChannelDataList()
        kept.extend(data)
        self._channels.append(kept)


def _strips(area: Rect) -> Iterator[Rect]:
    """``area`` from top to bottom in pieces that are packed at once."""
    for top in range(area.y, area.bottom, STRIP):
        yield Rect(area.x, top, area.width, min(STRIP, area.bottom - top))


def _resources() -> ImageResources:
    resources = ImageResources.new()
    profile = ImageResource(key=Resource.ICC_PROFILE, data=srgb_profile())
    resources[Resource.ICC_PROFILE] = profile
    return resources


def _too_large(path: Path) -> BadInputError:
    return BadInputError(
        "{name} would be larger than a PSD can be.", name=path.name, remedy="Export it as PSB."
    )
