"""What a canvas can be exported as: one table of formats for the dialog and the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict

from engine.canvas.document import Document
from engine.canvas.layer import Group, Node
from engine.canvas.notes import Note, Notes
from engine.canvas.raster import flattened
from engine.imaging.srgb import srgb_profile
from engine.runtime.errors import BadInputError
from engine.runtime.files import atomic_file
from engine.runtime.schema import setting
from engine.sampling.picture_text import save_picture

_LARGEST_WEBP = 16383


class ExportSettings(BaseModel):
    """What of an export can be chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    quality: int = setting(
        95,
        label="Quality",
        help="of JPEG and WebP; 100 is the best and largest",
        ge=1,
        le=100,
    )
    recipe: bool = setting(
        True,
        label="Recipe",
        help="write how the picture was made into PNG, JPEG and WebP",
    )


Write = Callable[[Document, Path, ExportSettings], Sequence[Note]]


@dataclass(frozen=True)
class Format:
    """One kind of file: its name, its suffixes (the first is the usual one), what it keeps."""

    label: str
    suffixes: tuple[str, ...]
    write: Write
    layers: bool = False
    transparency: bool = True
    recipe: bool = False


def export_document(
    document: Document, path: Path, settings: ExportSettings | None = None
) -> Sequence[Note]:
    """Write ``document`` atomically as what the suffix of ``path`` says, marked as sRGB.

    Gives what is different in the file. Raises BadInputError for a suffix that no format has and
    for what a format cannot hold, else StorageError.
    """
    document.end_stroke()
    return format_of(path).write(document, Path(path), settings or ExportSettings())


def format_of(path: Path) -> Format:
    """The format that the suffix of ``path`` says; BadInputError for none."""
    suffix = Path(path).suffix.lower()
    for one in FORMATS:
        if suffix in one.suffixes:
            return one
    raise BadInputError(
        "{name} is no format that a canvas can be exported as.",
        name=Path(path).name,
        remedy="Use .png, .jpg, .webp, .tif, .psd, .psb or .ora.",
    )


def recipe_text(document: Document) -> str:
    """How the topmost generated layer that is seen was made, as infotext; empty for none."""

    def seen(nodes: Sequence[Node]) -> str:
        for node in reversed(nodes):
            if not node.visible or node.opacity <= 0:
                continue
            if isinstance(node, Group):
                text = seen(node.children)
            else:
                text = str((getattr(node, "recipe", None) or {}).get("infotext") or "")
            if text:
                return text
        return ""

    return seen(document.root.children)


def _picture(document: Document, path: Path, settings: ExportSettings) -> Sequence[Note]:
    """PNG, JPEG and WebP; a JPEG is on white."""
    if path.suffix.lower() == ".webp" and max(document.size) > _LARGEST_WEBP:
        raise BadInputError(
            "A WebP holds at most 16,383 pixels a side.", remedy="Export it as PNG."
        )
    pixels, notes = document.composite(), Notes()
    if not format_of(path).transparency:
        if not _opaque(pixels):
            notes.add("Transparency became white.")
        pixels = flattened(pixels)
    text = recipe_text(document) if settings.recipe else ""
    save_picture(path, pixels, text, quality=settings.quality)
    return notes.told()


def _tiff(document: Document, path: Path, settings: ExportSettings) -> Sequence[Note]:
    image = Image.fromarray(document.composite())
    with atomic_file(path) as stream:
        image.save(stream, "TIFF", compression="tiff_adobe_deflate", icc_profile=srgb_profile())
    return ()


def _psd(document: Document, path: Path, settings: ExportSettings) -> Sequence[Note]:
    from engine.canvas.psd_file import save_psd  # slow to import

    return save_psd(document, path)


def _ora(document: Document, path: Path, settings: ExportSettings) -> Sequence[Note]:
    from engine.canvas.ora import save_ora

    return save_ora(document, path)


def _opaque(pixels: np.ndarray) -> bool:
    return bool(pixels[..., 3].min() == 255)


FORMATS = (
    Format("PNG picture", (".png",), _picture, recipe=True),
    Format("Photoshop document", (".psd",), _psd, layers=True),
    Format("OpenRaster document", (".ora",), _ora, layers=True),
    Format("JPEG picture", (".jpg", ".jpeg"), _picture, transparency=False, recipe=True),
    Format("WebP picture", (".webp",), _picture, recipe=True),
    Format("TIFF picture", (".tif", ".tiff"), _tiff),
    Format("Large Photoshop document", (".psb",), _psd, layers=True),
)
"""All formats in the order of a menu."""
