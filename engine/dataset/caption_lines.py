"""A caption's lines and what stands between their commas; edits of one line.

:func:`split` takes a caption apart so that :func:`join` gives the same text back, byte for byte.
An edit changes the cells it is about; the spaces, empty parts and commas of the others stay.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.dataset.prose import looks_like_prose, prose_span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

_SPACED = ("", " ")
"""What stands before and after a comma where the line shows no habit of its own."""


class Line:
    """One line: ``cells`` are what stands between its commas, spaces and all, and
    ``cells[prose[0]:prose[1]]`` are sentences. The other cells that are not blank are tags.

    Most lines are tags with a comma and one space between them; those keep their tags as ``plain``
    and make no cells. Lines never change.
    """

    __slots__ = ("_cells", "plain", "prose")

    def __init__(
        self,
        cells: Sequence[str] = (),
        prose: tuple[int, int] = (0, 0),
        *,
        plain: Sequence[str] | None = None,
    ) -> None:
        self._cells, self.prose, self.plain = cells, prose, plain

    @property
    def cells(self) -> Sequence[str]:
        """What stands between the commas."""
        return self._cells if self.plain is None else self.text.split(",")

    @property
    def slots(self) -> list[int]:
        """The places of the tags among the cells."""
        if self.plain is not None:
            return list(range(len(self.plain)))
        start, end = self.prose
        return [n for n, cell in enumerate(self._cells) if cell.strip() and not start <= n < end]

    @property
    def tags(self) -> list[str]:
        """The tags, trimmed."""
        if self.plain is not None:
            return list(self.plain)
        return [self._cells[n].strip() for n in self.slots]

    @property
    def text(self) -> str:
        """The line as written."""
        return ",".join(self._cells) if self.plain is None else ", ".join(self.plain)

    @property
    def is_blank(self) -> bool:
        """Whether nothing but spaces and commas is there."""
        return not (any(cell.strip() for cell in self._cells) or self.plain)

    @property
    def is_prose(self) -> bool:
        """Whether it holds sentences."""
        return self.prose[0] < self.prose[1]

    def holds(self, tag: str) -> bool:
        """Whether ``tag`` stands between two commas, in prose too."""
        if self.plain is not None:
            return tag in self.plain
        return any(cell.strip() == tag for cell in self._cells)


def read_line(text: str) -> Line:
    """One line without its line end."""
    if looks_like_prose(text):
        cells = text.split(",")
        return Line(cells, prose_span(cells))
    plain = text.split(", ")
    return Line(plain=plain) if _is_plain(text, len(plain)) else Line(text.split(","))


def _is_plain(text: str, parts: int) -> bool:
    """Whether the ``parts`` between each comma with a space are trimmed and not empty."""
    return (
        text.count(",") == parts - 1
        and text.isprintable()  # of all white space, only a space is
        and "  " not in text
        and " ," not in text
        and text[:1] not in ("", " ", ",")
        and text[-1] not in " ,"
    )


def split(caption: str) -> list[Line]:
    """The lines of a caption; at least one."""
    if "\n" not in caption:
        return [read_line(caption)]
    return [read_line(text) for text in caption.split("\n")]


def join(lines: Iterable[Line]) -> str:
    """The caption of ``lines``."""
    return "\n".join(line.text for line in lines)


def dedupe(line: Line, key: Callable[[str], str] = str) -> Line:
    """``line`` with the first of equal tags."""
    keys = [key(tag) for tag in line.tags]
    if len(set(keys)) == len(keys):
        return line
    first = {known: n for n, known in reversed(list(enumerate(keys)))}
    slots = line.slots
    return without_cells(line, {slots[n] for n, known in enumerate(keys) if first[known] != n})


def reorder(line: Line, tags: Sequence[str]) -> Line:
    """``line`` with as many ``tags`` in the places of its own; the spaces stay where they are."""
    if line.plain is not None:
        return Line(plain=tags)
    cells = list(line.cells)
    for n, tag in zip(line.slots, tags, strict=True):
        cells[n] = _dressed(cells[n], tag)
    return Line(cells, line.prose)


def map_tags(line: Line, change: Callable[[str], Sequence[str]]) -> Line:
    """``line`` with every tag replaced by the tags ``change`` gives for it: itself to keep it,
    none to remove it.
    """
    if line.plain is not None:
        return Line(plain=[made for tag in line.plain for made in change(tag)])
    gone: set[int] = set()
    cells = list(line.cells)
    for n in line.slots:
        tag = cells[n].strip()
        made = change(tag)
        if not made:
            gone.add(n)
        elif len(made) > 1 or made[0] != tag:
            cells[n] = _dressed(cells[n], ",".join(_habit(line.cells)).join(made))
    changed = Line(cells, line.prose)
    return without_cells(changed, gone) if gone else changed


def insert(line: Line, tag: str, at: int | None = None) -> Line:
    """``line`` with ``tag`` behind its first ``at`` tags; 0 is the front of the line, before
    prose too, and None its end. A comma at the end stays at the end.
    """
    if line.plain is not None:
        at = len(line.plain) if at is None else at
        return Line(plain=[*line.plain[:at], tag, *line.plain[at:]])
    filled = [n for n, cell in enumerate(line.cells) if cell.strip()]
    if not filled:
        return Line(plain=[tag])
    slots = line.slots
    if at == 0:
        place = filled[0]
    else:
        place = (filled if at is None or at > len(slots) else slots[:at])[-1] + 1
    cells = list(line.cells)
    cells.insert(place, tag)
    _space(cells, place, _habit(line.cells))
    return Line(cells, _shifted(line.prose, place))


def _space(cells: list[str], place: int, habit: tuple[str, str]) -> None:
    """Give the new cell at ``place`` the spaces that the line is used to."""
    before, after = habit
    lead, trail = after, before
    if place == 0:
        lead, cells[1] = _lead(cells[1]), after + cells[1].lstrip()
    elif place == len(cells) - 1:
        trail, cells[-2] = _trail(cells[-2]), cells[-2].rstrip() + before
    cells[place] = lead + cells[place] + trail


def lead_with(line: Line, word: str, instead_of: str = "") -> Line:
    """``line`` with ``word`` as its first tag, in the place of ``instead_of`` or of itself; an
    empty word only removes the other. In prose only what stands first is replaced.
    """
    meant = {word, instead_of} - {""}
    if line.plain is not None:
        rest = [tag for tag in line.plain if tag not in meant]
        return Line(plain=[word, *rest] if word and line.plain else rest)
    filled = [n for n, cell in enumerate(line.cells) if cell.strip()]
    if not filled:
        return line
    first, found = filled[0], line.cells[filled[0]].strip()
    gone = {n for n, tag in zip(line.slots, line.tags, strict=True) if tag in meant}
    if word and found in meant:
        cells = list(line.cells)
        cells[first] = _dressed(cells[first], word)
        return without_cells(Line(cells, line.prose), gone - {first})
    if found in meant:
        gone.add(first)
    kept = without_cells(line, gone)
    return insert(kept, word, 0) if word else kept


def without_cells(line: Line, gone: Collection[int]) -> Line:
    """``line`` without some cells; what stood at its very start and end stays there."""
    if not gone:
        return line
    if line.plain is not None:
        return Line(plain=[tag for n, tag in enumerate(line.plain) if n not in gone])
    cells = [cell for n, cell in enumerate(line.cells) if n not in gone]
    if not any(cell.strip() for cell in cells):
        return Line(plain=())
    if 0 in gone and cells[0].strip():
        cells[0] = _lead(line.cells[0]) + cells[0].lstrip()
    if len(line.cells) - 1 in gone and cells[-1].strip():
        cells[-1] = cells[-1].rstrip() + _trail(line.cells[-1])
    return Line(cells, _cut(line.prose, gone))


def _habit(cells: Sequence[str]) -> tuple[str, str]:
    """What the line most often has before and after a comma."""
    filled = [cell for cell in cells if cell.strip()]
    pairs = Counter((_trail(a), _lead(b)) for a, b in pairwise(filled))
    return pairs.most_common(1)[0][0] if pairs else _SPACED


def _dressed(cell: str, tag: str) -> str:
    """``tag`` with the spaces around the text of ``cell``."""
    return cell.replace(cell.strip(), tag, 1)


def _lead(cell: str) -> str:
    return cell[: len(cell) - len(cell.lstrip())]


def _trail(cell: str) -> str:
    return cell[len(cell.rstrip()) :]


def _shifted(prose: tuple[int, int], place: int) -> tuple[int, int]:
    """Where prose is after a cell was put in at ``place``."""
    start, end = prose
    if start == end:
        return prose
    return start + (place <= start), end + (place < end)


def _cut(prose: tuple[int, int], gone: Collection[int]) -> tuple[int, int]:
    """Where prose is without the cells ``gone``."""
    start, end = prose
    return start - sum(n < start for n in gone), end - sum(n < end for n in gone)
