"""One page that shows a grid in any browser: pictures inside, nothing asked of any network.

The page carries its pictures as WebP of at most the cell's size, smaller where all of them would
pass :data:`LARGEST_PICTURES`, so that the file can still be sent by mail. A policy in its head
forbids every request.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from engine.runtime.files import write_text
from engine.runtime.job import Job
from engine.runtime.resources import resource
from engine.runtime.words import Words
from engine.validation.evidence import Evidence
from engine.validation.export.arrangement import Arrangement, Group, groups
from engine.validation.export.pictures import fitted, picture_of, webp
from engine.validation.manifest import GridCell

LARGEST_PICTURES = 18_000_000
"""Bytes of all pictures of a page as they are written; mail takes 25 MB."""

SIDES = (1024, 768, 512, 384, 256, 192, 128, 96, 64)
SAMPLES = 12
SHOWN = (96, 200)
"""How large a cell is on the page, at least and at most: half its pixels, so that it is sharp on
fine screens too. It opens as large as the window.
"""

Recipe = list[tuple[str, str]]
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def head_of(title: str, language: str, *styles: str) -> str:
    """Everything up to the body of a page of ours."""
    css = "".join(resource("export", f"{name}.css").read_text("utf-8") for name in styles)
    return (
        f'<!doctype html><html lang="{language.replace("_", "-")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{css}</style></head>"
    )


def data_uri(data: bytes, kind: str) -> str:
    """``data`` as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


class GridPage:
    """A page of ``arrangement``. ``recipes`` are by row and column, ``facts`` what all share."""

    def __init__(
        self,
        title: str,
        arrangement: Arrangement,
        recipes: dict[tuple[int, int], Recipe],
        facts: Recipe,
        words: Words,
        evidence: Evidence | None,
    ) -> None:
        self._title, self._arrangement = title, arrangement
        self._recipes, self._facts, self.words = recipes, facts, words
        self._evidence = evidence

    def write(self, path: Path, side: int, job: Job) -> int:
        """Write the page with pictures of ``side`` pixels, 0 for as they were drawn; gives how many
        places have none.
        """
        drawn = {cell.id: cell for cell in self._arrangement.places() if cell.path is not None}
        pictures, shape = _encoded(list(drawn.values()), side, job)
        numbers = {identifier: number for number, identifier in enumerate(pictures)}
        write_text(path, "".join(self._parts(pictures, numbers, shape, side)))
        return sum(cell.id not in numbers for cell in self._arrangement.places())

    def _parts(
        self, pictures: dict[str, bytes], numbers: dict[str, int], shape: float, side: int
    ) -> Iterator[str]:
        yield head_of(self._title, self.words.language, "page", "grid")
        shown = min(max(SHOWN[0], side // 2), SHOWN[1]) if side else SHOWN[1]
        yield f'<body style="--cell:{shown}px;--shape:{shape:.4f}"><header>'
        yield f"<h1>{escape(self._title)}</h1>"
        told = " · ".join(f"<b>{escape(name)}</b> {escape(value)}" for name, value in self._facts)
        yield f'<p class="facts">{told}</p></header><table>'
        yield from self._heads()
        yield from self._rows(numbers)
        yield '</table><dialog><div class="large" role="img"></div><div class="words"></div>'
        yield "</dialog><style>"
        for identifier, data in pictures.items():
            yield f".p{numbers[identifier]}{{background-image:url({data_uri(data, 'webp')})}}"
        yield f"</style><script>{resource('export', 'grid.js').read_text('utf-8')}</script>"
        yield "</body></html>\n"

    def _heads(self) -> Iterator[str]:
        columns = self._arrangement.columns
        yield '<thead><tr><th class="side"></th>'
        for number, group in enumerate(groups(columns)):
            first = ' class="first"' if number else ""
            yield f'<th colspan="{group.stop - group.start}"{first} title="{escape(group.title)}">'
            yield f"<div>{escape(group.title)}</div></th>"
        yield f'</tr><tr><th class="side">{escape(self._arrangement.corner)}</th>'
        firsts = _firsts(groups(columns))
        for number, column in enumerate(columns):
            yield f'<th class="{"first" if number in firsts else ""}">{escape(column.label)}</th>'
        yield "</tr></thead>"

    def _rows(self, numbers: dict[str, int]) -> Iterator[str]:
        arrangement = self._arrangement
        starts = {group.start for group in groups(arrangement.rows)}
        firsts = _firsts(groups(arrangement.rows)), _firsts(groups(arrangement.columns))
        for row, head in enumerate(arrangement.rows):
            title = escape(head.title) if row in starts else ""
            yield f'<tr class="{"first" if row in firsts[0] else ""}"><th class="side">{title}'
            yield f"<small>{escape(head.label)}</small></th>"
            for column, cell in enumerate(arrangement.cells[row]):
                yield f'<td class="{"first" if column in firsts[1] else ""}">'
                yield self._cell(cell, self._recipes.get((row, column), []), numbers)
                yield "</td>"
            yield "</tr>"

    def _cell(self, cell: GridCell | None, recipe: Recipe, numbers: dict[str, int]) -> str:
        if cell is None:
            return '<div class="c left"></div>'
        told = list(recipe)
        flag = ""
        measured = self._evidence.cells.get(cell.id) if self._evidence is not None else None
        if self._evidence is not None and measured is not None and measured.copying is not None:
            told.append((self.words("Copying"), f"{measured.copying:.2f}"))
            if measured.copying > self._evidence.threshold and cell.position.uses_lora:
                flag = f'<span class="flag">{measured.copying:.2f}</span>'
        label = escape(", ".join(value for _, value in told))
        number = numbers.get(cell.id)
        if number is None:
            word = self.words("failed") if cell.error else self.words("not drawn")
            told += [(self.words("failed"), cell.error)] if cell.error else []
            return (
                f'<div class="c none" data-told="{_attribute(told)}" aria-label="{label}">'
                f"{escape(word)}</div>"
            )
        return (
            f'<button class="c p{number}" data-picture="p{number}" '
            f'data-told="{_attribute(told)}" aria-label="{label}">{flag}</button>'
        )


def _firsts(found: Sequence[Group]) -> set[int]:
    """Where a group begins after another."""
    return {group.start for group in found[1:]}


def _attribute(told: Recipe) -> str:
    return escape(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _encoded(cells: Sequence[GridCell], side: int, job: Job) -> tuple[dict[str, bytes], float]:
    """Every picture as WebP by identifier, and the height of the first against its width."""
    sides = [side, *(smaller for smaller in SIDES if not side or smaller < side)]
    for wanted in sides[_fitting(cells, sides) : -1]:
        with contextlib.suppress(_TooMuchError):
            return _encoded_at(cells, wanted, job, LARGEST_PICTURES)
    return _encoded_at(cells, sides[-1], job)


class _TooMuchError(Exception):
    """The pictures are larger together than their sample made believe."""


def _encoded_at(
    cells: Sequence[GridCell], side: int, job: Job, limit: int = 0
) -> tuple[dict[str, bytes], float]:
    found: dict[str, bytes] = {}
    shape, total = 0.0, 0
    for number, cell in enumerate(cells):
        job.breathe()
        job.progress(number, len(cells), "Exporting {n} of {all}", n=number + 1, all=len(cells))
        picture = picture_of(cell, side)
        if picture is None:
            continue
        shape = shape or picture.height / picture.width
        found[cell.id] = webp(picture)
        total += len(found[cell.id]) * 4 // 3
        if limit and total > limit:
            raise _TooMuchError
    return found, shape or 1.0


def _fitting(cells: Sequence[GridCell], sides: Sequence[int]) -> int:
    """The number of the first side at which, by a sample, all pictures fit."""
    every = max(1, len(cells) // SAMPLES)
    sample = [picture for cell in cells[::every] if (picture := picture_of(cell, sides[0]))]
    for number, side in enumerate(sides[:-1]):
        sample = [fitted(picture, side) for picture in sample]
        mean = sum(len(webp(picture)) for picture in sample) / max(1, len(sample))
        if mean * len(cells) * 4 / 3 <= LARGEST_PICTURES * 0.95:
            return number
    return len(sides) - 1
