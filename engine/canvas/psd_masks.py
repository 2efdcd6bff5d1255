"""Layer masks of Photoshop documents."""

from __future__ import annotations

from psd_tools.constants import ChannelID, Tag
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList, LayerRecord

from engine.canvas.layer import Mask
from engine.canvas.notes import Notes
from engine.canvas.psd_pixels import DAMAGE, Pixels, check_place
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles

_VECTOR_MASKS = (Tag.VECTOR_MASK_SETTING1, Tag.VECTOR_MASK_SETTING2)
_DENSE = (None, 255)


def read_mask(
    record: LayerRecord, channels: ChannelDataList, pixels: Pixels, notes: Notes, name: str
) -> Mask | None:
    """The mask of a layer or group called ``name``; None where it has none.

    Where there is one of pixels and curves together, that one. What is lost goes to ``notes``.
    """
    data = record.mask_data
    kinds = [info.id for info in record.channel_info]
    together = ChannelID.REAL_USER_LAYER_MASK in kinds
    if not together and any(key in record.tagged_blocks for key in _VECTOR_MASKS):
        notes.add("Vector masks were left out: {names}.", name)
    kind = ChannelID.REAL_USER_LAYER_MASK if together else ChannelID.USER_LAYER_MASK
    if data is None or kind not in kinds:
        return None
    if together:
        area = Rect.edges(
            data.real_left or 0,
            data.real_top or 0,
            data.real_right or 0,
            data.real_bottom or 0,
        )
        empty, flags = data.real_background_color, data.real_flags or data.flags
    else:
        area = Rect.edges(data.left, data.top, data.right, data.bottom)
        empty, flags = data.background_color, data.flags
    tiles = Tiles(1, 255 if empty else 0)
    try:
        if not area.empty:
            _read(tiles, area, channels[kinds.index(kind)], pixels)
    except DAMAGE:
        notes.add("Damaged masks were left out: {names}.", name)
        return None
    soft = data.parameters
    if soft is not None and (soft.user_mask_feather or soft.user_mask_density not in _DENSE):
        notes.add("Softness and density of masks were left out: {names}.", name)
    return Mask(tiles, enabled=not flags.mask_disabled)


def _read(tiles: Tiles, area: Rect, channel: ChannelData, pixels: Pixels) -> None:
    check_place(area.x, area.y)
    plane = pixels.plane(channel.compression, channel.data, area.width, area.height, color=False)
    tiles.write(area, plane)
