"""Masks that recipes refer to: 8-bit grey PNG files named by their content, never changed. The
pictures of fills lie in a folder beside them.

A mask has the size of its source picture as displayed. A recipe holds only the key, so undo never
has to bring back pixels.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.imaging.decode import encode_png, load_rgba
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import write_bytes

if TYPE_CHECKING:
    import numpy as np

PICTURES = "pictures"
"""The folder, among the masks, of the pictures that fills lay behind others."""
KEY = re.compile(r"[0-9a-f]{32}")


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
        path = self.path(key)
        if not path.is_file():
            write_bytes(path, encode_png(mask))
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
        path = self.picture_path(key)
        if not path.is_file():
            write_bytes(path, encode_png(rgb))
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

    def picture_path(self, key: str) -> Path:
        """Where the picture of ``key`` lies. Raises BadInputError for what is no key."""
        return self.path(key).parent / PICTURES / f"{key}.png"

    def path(self, key: str) -> Path:
        """Where the mask of ``key`` lies. Raises BadInputError for what is no key."""
        if not KEY.fullmatch(key):
            raise BadInputError("{key} does not name a mask.", key=key)
        return self.folder / f"{key}.png"
