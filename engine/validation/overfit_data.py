"""What is measured of pictures before they are compared: read once, described once, kept.

A picture that cannot be read is left out and named; the others are measured without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.imaging.adjust import resize
from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.runtime.errors import MissingFileError, PictureError
from engine.validation import style
from engine.validation.copying import LAYOUT, layout
from engine.validation.features import Extractor
from engine.validation.features_cache import FeatureCache, content_key

Read = Callable[[Path], np.ndarray]
_LARGEST = 512  # pixels of the longer side
_MEASURES = "1"  # raise it when style or layout of the same picture would come out otherwise


@dataclass(frozen=True)
class Described:
    """Pictures as numbers, row by row: ``features`` ``[n, d]``, ``styles`` ``[n, measures]``,
    ``layouts`` ``[n, 64]``; ``views`` ``[n, k, e]`` of training pictures, else empty.
    """

    paths: tuple[Path, ...]
    features: np.ndarray
    styles: np.ndarray
    layouts: np.ndarray
    views: np.ndarray


class _Row(NamedTuple):
    path: Path
    key: str
    picture: np.ndarray | None  # None when it need not be opened


@dataclass
class Describing:
    """Describes pictures through a cache. ``unread`` collects those that cannot be read."""

    extractor: Extractor
    cache: FeatureCache
    unread: list[Path] = field(default_factory=list)

    def pictures(self, paths: Sequence[Path], read: Read, *, views: bool = False) -> Described:
        """Pictures by their content, so that a moved, renamed or edited one is told apart."""
        rows: list[_Row] = []
        for path in paths:
            picture = self._try(path, read)
            if picture is not None:
                rows.append(_Row(path, content_key(picture), picture))
        return self._described(rows, read, views=views)

    def cells(
        self, paths: Mapping[str, Path], told: Callable[[int], None]
    ) -> tuple[tuple[str, ...], Described]:
        """Drawn cells by identifier, known by the bytes of their files: one that was described
        before is not decoded. ``told`` hears how many are done.
        """
        keys = {cell: _file_key(path) for cell, path in paths.items()}
        missing = self.cache.missing(list(keys.values()), self._maker)
        rows: dict[str, _Row] = {}
        for done, (cell, path) in enumerate(paths.items(), 1):
            key = keys[cell]
            picture = self._try(path, read_plain) if key in missing else None
            if picture is not None or key not in missing:
                rows[cell] = _Row(path, key, picture)
            told(done)
        return tuple(rows), self._described(list(rows.values()), read_plain)

    def _described(self, rows: Sequence[_Row], read: Read, *, views: bool = False) -> Described:
        def picture(place: int) -> np.ndarray:
            found = rows[place].picture
            return _reduced(read(rows[place].path)) if found is None else found

        keys = [row.key for row in rows]
        table = self.cache.get(keys, self._maker, picture, self._numbers)
        looked = np.zeros((0, 0, 0), np.float32)
        if views and keys:
            maker = f"{self.extractor.name} {self.extractor.version} views"
            looked = self.cache.get(keys, maker, picture, self.extractor.describe_views)
        start = len(style.NAMES) + LAYOUT
        return Described(
            paths=tuple(row.path for row in rows),
            features=table[:, start:],
            styles=table[:, : len(style.NAMES)].astype(np.float64),
            layouts=table[:, len(style.NAMES) : start],
            views=looked,
        )

    @property
    def _maker(self) -> str:
        return f"{self.extractor.name} {self.extractor.version} {_MEASURES}"

    def _numbers(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Style, layout and features of each picture, side by side."""
        styles = style.measure_all(pictures).astype(np.float32)
        layouts = np.stack([layout(picture) for picture in pictures])
        return np.concatenate([styles, layouts, self.extractor.describe(pictures)], axis=1)

    def _try(self, path: Path, read: Read) -> np.ndarray | None:
        """The picture, no larger than anybody looks at it: all of a set are held at once."""
        try:
            return _reduced(read(path))
        except (PictureError, MissingFileError):
            self.unread.append(path)
            return None


def _reduced(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = _LARGEST / max(height, width)
    if scale >= 1.0:
        return picture
    return resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))


def _file_key(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits; of one that cannot be read its name, which nothing has."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return str(path)


def read_plain(path: Path) -> np.ndarray:
    """A picture file with its transparent parts on white, uint8 ``[H, W, 3]``."""
    return fill_color(load_rgba(path), "#FFFFFF")
