"""Make the Simplified Chinese interface font: GB 2312 out of Noto Sans SC, under its own name.

Usage: python make_subset.py NotoSansSC-Regular.ttf Regular, and again for Medium. Needs fonttools.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "Stylekiln Sans SC"
EXTRA = "×·…—–“”‘’→←"


def gb2312() -> str:
    """Every character of GB 2312, both levels and the signs."""
    found: list[str] = []
    for high in (*range(0xA1, 0xAA), *range(0xB0, 0xF8)):
        cells = (bytes((high, low)) for low in range(0xA1, 0xFF))
        found += [cell.decode("gb2312", errors="ignore") for cell in cells]
    return "".join(found)


def make(source: Path, style: str) -> Path:
    """Write ``StylekilnSansSC-<style>.ttf`` beside this script and return its path."""
    font = TTFont(source)
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["ccmp", "locl", "kern", "vert"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 16, 17]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=gb2312() + "".join(map(chr, range(32, 127))) + EXTRA)
    subsetter.subset(font)
    _rename(font, style)
    target = Path(__file__).parent / f"StylekilnSansSC-{style}.ttf"
    font.save(target)
    return target


def _rename(font: TTFont, style: str) -> None:
    family = FAMILY if style == "Regular" else f"{FAMILY} {style}"
    names = {1: family, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}", 16: FAMILY}
    names[6] = f"{FAMILY.replace(' ', '')}-{style}"
    table = font["name"]
    for record in list(table.names):
        if record.nameID in names:
            place = (record.platformID, record.platEncID, record.langID)
            table.setName(names[record.nameID], record.nameID, *place)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
