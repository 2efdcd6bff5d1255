"""Very many tags in a few arrays, found by the beginning of any of their words or by any part.

All keys (names and aliases, folded) lie in one text in the order of their rank, so that the first
hits are the best. The places where words begin are sorted by their first four bytes.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from engine.dataset.query_text import fold

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

Hit = tuple[int, int]
"""The number of a tag, and the number of the key by which it was found."""

MOST = 50
"""Tags that one search gives at most."""

_BETWEEN = np.zeros(256, bool)
_BETWEEN[np.frombuffer(b"\n (-/:.'\"[&+~,", np.uint8)] = True
_END = 10  # the byte between two keys


def folded_text(text: str) -> str:
    """Names between line ends as they are compared: in any case, with spaces for underscores."""
    return fold(text).replace("_", " ")


def folded_all(names: Iterable[str]) -> list[str]:
    """Each of ``names`` as it is compared. They must not hold line ends."""
    text = "\n".join(names)
    return folded_text(text).split("\n") if text else []


def needle_of(text: str) -> str:
    """What a user typed as it is compared; a space at its end means that a word is over."""
    folded = folded_text(text)
    words = " ".join(folded.split())
    return words + " " if words and folded[-1].isspace() else words


class TagWords:
    """Tags by rank: ``names`` as written, ``aliases`` of each in one text between commas.

    Names must not hold line ends.
    """

    def __init__(self, names: Sequence[str], aliases: Sequence[str] = ()) -> None:
        written = "\n".join(names)
        self._names = _Lines(written)
        folded = folded_all(names)
        self.hashes = np.fromiter(map(hash, folded), np.int64, len(folded))
        self._by_hash = np.argsort(self.hashes, kind="stable").astype(np.uint32)
        lines, sizes = list(names), np.ones(len(names), np.uint32)
        for n, text in enumerate(aliases):
            if text:
                lines[n] = f"{names[n]}\n" + text.replace(", ", ",").replace(",", "\n")
                sizes[n] = 2 + text.count(",")
        self._keys = _Lines(folded_text("\n".join(lines)))
        self._owners = np.repeat(np.arange(len(names), dtype=np.uint32), sizes)
        self._places, self._codes = _word_starts(self._keys.data)

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        arrays = (self.hashes, self._by_hash, self._owners, self._places, self._codes)
        texts = (self._names, self._keys)
        return sum(part.nbytes for part in arrays) + sum(part.nbytes for part in texts)

    def name(self, tag: int) -> str:
        """The tag as written."""
        return self._names[tag]

    def key(self, number: int) -> str:
        """A name or an alias as it is compared."""
        return self._keys[number]

    def number(self, name: str) -> int | None:
        """The number of the tag that is ``name`` in any spelling."""
        wanted, found = hash(name), self._by_hash
        place = int(np.searchsorted(self.hashes, wanted, sorter=found))
        if place < len(found) and self.hashes[found[place]] == wanted:
            return int(found[place])
        return None

    def beginning(self, needle: str) -> tuple[list[Hit], list[Hit]]:
        """Tags of which a key begins with ``needle``, and those of which another word does; by
        rank. At most :data:`MOST` of each.
        """
        data = needle.encode("utf-8", "replace")
        low, high = (int.from_bytes(data[:4].ljust(4, fill)) for fill in (b"\0", b"\xff"))
        first = np.searchsorted(self._codes, low, "left")
        last = np.searchsorted(self._codes, high, "right")
        places = np.sort(self._places[first:last])
        at_start = self._keys.bytes[places - 1] == _END
        return (
            self._hits(self._matching(places[at_start], data)),
            self._hits(self._matching(places[~at_start], data)),
        )

    def containing(self, needle: str, without: Container[int]) -> list[Hit]:
        """Tags of which a key has ``needle`` anywhere, by rank, other than ``without``."""
        data, text = needle.encode("utf-8", "replace"), self._keys.data
        found: dict[int, int] = {}
        place = text.find(data)
        while place >= 0 and len(found) < MOST:
            key = self._keys.at(place)
            owner = int(self._owners[key])
            if owner not in without:
                found.setdefault(owner, key)
            place = text.find(data, self._keys.end(key))
        return list(found.items())

    def _matching(self, places: np.ndarray, data: bytes) -> np.ndarray:
        """The first of ``places`` where ``data`` stands; their first four bytes fit already."""
        for n, byte in enumerate(data[4:], 4):
            here = np.take(self._keys.bytes, places + np.uint32(n), mode="clip")
            places = places[here == byte]
        return places[: 4 * MOST]

    def _hits(self, places: np.ndarray) -> list[Hit]:
        keys = self._keys.at_all(places)
        found: dict[int, int] = {}
        for owner, key in zip(self._owners[keys].tolist(), keys.tolist(), strict=True):
            found.setdefault(owner, key)
        return list(islice(found.items(), MOST))


class _Lines:
    """Many short texts in one piece of memory, between line ends."""

    def __init__(self, text: str) -> None:
        self.data = f"\n{text}\n".encode("utf-8", "replace")
        self.bytes = np.frombuffer(self.data, np.uint8)
        self._ends = np.flatnonzero(self.bytes == _END).astype(np.uint32)

    def __getitem__(self, number: int) -> str:
        return self.data[int(self._ends[number]) + 1 : self.end(number)].decode()

    @property
    def nbytes(self) -> int:
        return len(self.data) + self._ends.nbytes

    def end(self, number: int) -> int:
        """Where the line ends in ``data``."""
        return int(self._ends[number + 1])

    def at(self, place: int) -> int:
        """The line in which ``place`` lies."""
        return int(np.searchsorted(self._ends, np.uint32(place), "left")) - 1

    def at_all(self, places: np.ndarray) -> np.ndarray:
        """The lines in which ``places`` lie."""
        return np.searchsorted(self._ends, places.astype(np.uint32), "left") - 1


def _word_starts(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Where words begin, and their first four bytes as numbers, sorted by those."""
    text = np.frombuffer(data + b"\0\0\0\0", np.uint8)
    before, here = text[: len(data) - 1], text[1 : len(data)]
    begins = (_BETWEEN[before] & ~_BETWEEN[here]) | ((before == _END) & (here != _END))
    places = (np.flatnonzero(begins) + 1).astype(np.uint32)
    codes = np.zeros(len(places), np.uint32)
    for n in range(4):
        codes = codes << np.uint32(8) | text[places + np.uint32(n)]
    order = np.argsort(codes, kind="stable")
    return places[order], codes[order]
