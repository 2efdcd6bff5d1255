"""Make the two interface fonts from Inter and Noto Sans SC, under names of our own.

Usage: python make_fonts.py latin Inter-Regular.ttf Regular (then Medium, SemiBold)
       python make_fonts.py chinese NotoSansSC-Regular.ttf Regular (then Medium)
Needs fonttools.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

LATIN = "Stylekiln Sans"
CHINESE = "Stylekiln Sans SC"
EXTRA = "×·…—–“”‘’→←"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def make_latin(source: Path, style: str) -> Path:
    """Inter whose tabular figures are figures only.

    Inter's ``tnum`` widens hyphens, spaces, commas and brackets too, which tears words such as
    "built-in" apart in an interface where every number is tabular.
    """
    font = TTFont(source)
    table = font["GSUB"].table
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                _keep_digits(table.LookupList.Lookup[index])
    return _save(font, LATIN, style)


def make_chinese(source: Path, style: str) -> Path:
    """The GB 2312 characters of Noto Sans SC, without hinting."""
    font = TTFont(source)
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["ccmp", "locl", "kern", "vert"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 16, 17]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=gb2312() + "".join(map(chr, range(32, 127))) + EXTRA)
    subsetter.subset(font)
    return _save(font, CHINESE, style)


def gb2312() -> str:
    """Every character of GB 2312, both levels and the signs."""
    found: list[str] = []
    for high in (*range(0xA1, 0xAA), *range(0xB0, 0xF8)):
        cells = (bytes((high, low)) for low in range(0xA1, 0xFF))
        found += [cell.decode("gb2312", errors="ignore") for cell in cells]
    return "".join(found)


def _keep_digits(lookup: object) -> None:
    for table in lookup.SubTable:
        real = getattr(table, "ExtSubTable", table)
        real.mapping = {key: value for key, value in real.mapping.items() if key in DIGITS}


def _save(font: TTFont, family: str, style: str) -> Path:
    full = f"{family} {style}"
    file_name = f"{family.replace(' ', '')}-{style}"
    names = {1: family if style == "Regular" else full, 2: "Regular", 3: full, 4: full}
    names |= {6: file_name, 16: family, 17: style}
    table = font["name"]
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
        table.setName(text, number, 1, 0, 0)
    target = Path(__file__).parent / f"{file_name}.ttf"
    font.save(target)
    return target


if __name__ == "__main__":
    {"latin": make_latin, "chinese": make_chinese}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
