"""Masks that recipes refer to: 8-bit grey PNG files named by their content, never changed. The
pictures of fills lie in a folder beside them.

A mask has the size of its source picture as displayed. A recipe holds only the key, so undo never
has to bring back pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.imaging.decode import encode_png, load_rgba
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import numpy as np

log = logging.getLogger(__name__)

PICTURES = "pictures"
"""The folder, among the masks, of the pictures that fills lay behind others."""
KEY = re.compile(r"[0-9a-f]{32}")
DAY = 24 * 3600.0


class MaskStore:
    """The masks of one project, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def add(self, mask: np.ndarray) -> str:
        """Store ``mask`` uint8 ``[H, W]`` (255 is inside) and return its key.

        Raises StorageError.
        """
        height, width = mask.shape
        digest = hashlib.sha256(f"{width}x{height}|".encode() + mask.tobytes())
        key = digest.hexdigest()[:32]
        _store(self.path(key), mask)
        return key

    def load(self, key: str) -> np.ndarray:
        """The mask of ``key``, uint8 ``[H, W]``. Raises PictureError when it is lost."""
        try:
            return load_rgba(self.path(key))[..., 0].copy()
        except MissingFileError as error:
            raise PictureError(
                "A mask of this picture is lost.", remedy="Paint it again, or remove that edit."
            ) from error

    def add_picture(self, rgb: np.ndarray) -> str:
        """Store a picture ``rgb`` uint8 ``[H, W, 3]`` that fills lay behind others; its key.

        Raises StorageError.
        """
        height, width = rgb.shape[:2]
        digest = hashlib.sha256(f"{width}x{height}x3|".encode() + rgb.tobytes())
        key = digest.hexdigest()[:32]
        _store(self.picture_path(key), rgb)
        return key

    def picture(self, key: str) -> np.ndarray:
        """The picture of ``key``, uint8 ``[H, W, 3]``. Raises PictureError when it is lost."""
        try:
            return load_rgba(self.picture_path(key))[..., :3].copy()
        except MissingFileError as error:
            raise PictureError(
                "The picture behind this one is lost.",
                remedy="Choose it again, or take another fill.",
            ) from error

    def collect(self, in_use: Callable[[], Collection[str]], *, younger: float = DAY) -> int:
        """Remove what none of the keys of ``in_use`` names; how many files that were. What was
        stored less than ``younger`` seconds ago stays: the edit that it belongs to may not be
        stored yet.
        """
        end = time.time() - younger
        old = [(key, path) for key, path in self._files() if _is_older(path, end)]
        if not old:
            return 0
        kept = in_use()
        return sum(_removed(path, end) for key, path in old if key not in kept)

    def _files(self) -> Iterator[tuple[str, str]]:
        for folder in (self.folder, self.folder / PICTURES):
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    key, suffix = os.path.splitext(entry.name)
                    if suffix == ".png" and KEY.fullmatch(key):
                        yield key, entry.path

    def picture_path(self, key: str) -> Path:
        """Where the picture of ``key`` lies. Raises BadInputError for what is no key."""
        return self.path(key).parent / PICTURES / f"{key}.png"

    def path(self, key: str) -> Path:
        """Where the mask of ``key`` lies. Raises BadInputError for what is no key."""
        if not KEY.fullmatch(key):
            raise BadInputError("{key} does not name a mask.", key=key)
        return self.folder / f"{key}.png"


def _store(path: Path, pixels: np.ndarray) -> None:
    if path.is_file():
        with contextlib.suppress(OSError):
            os.utime(path)  # it is new to whoever stores it now
    else:
        write_bytes(path, encode_png(pixels))


def _is_older(path: str, end: float) -> bool:
    try:
        return os.stat(path).st_mtime < end
    except OSError:
        return False


def _removed(path: str, end: float) -> bool:
    """Remove a file, unless it was stored once more since ``end``, or cannot be removed."""
    try:
        if _is_older(path, end):
            os.unlink(path)
            return True
    except OSError as error:
        log.info("%s stays: %s", path, error)
    return False
