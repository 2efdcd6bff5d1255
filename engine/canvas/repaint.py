"""The request to repaint a region, and the candidates that come back. Light: no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.canvas.fills import FillMode
from engine.canvas.rect import Rect
from engine.runtime.job import Request
from engine.runtime.schema import setting, validated
from engine.sampling.request import ImageRequest


class RepaintRequest(Request):
    """Paint a region of a picture again with a model.

    ``picture`` is a PNG of the composite, or of the part of it whose top left is ``origin`` in a
    document of size ``document``: a frame of a large canvas need not be written whole. ``mask`` is
    a gray PNG of the same size (white is selected), as a file or inside the request (see
    :mod:`engine.canvas.mask_text`), and ``rect`` (x, y, width, height) the rectangle around all
    that is selected; without a mask all of ``rect`` is selected; without both, the whole picture.
    Rectangles are in document pixels.
    ``image`` holds model, prompt, LoRAs, sampling, ``strength``, ``seed`` and ``count`` variants;
    its size, start picture and mask are chosen by the job. ``frame`` (x, y, width, height) is what
    the model sees, None for the automatic choice. One that reaches beyond the document extends it:
    all that is new is selected, and without ``mask`` and ``rect`` nothing else.
    With ``folder``, candidates are saved there too.

    Events: ``candidate.preview`` {index, step, total, array} and ``candidate.done`` {index, seed,
    array (RGBA), x, y, recipe, infotext, path}.
    """

    handler: ClassVar[str] = "engine.canvas.repaint_job:run"
    title_key: ClassVar[str] = "Repaint {name}"

    picture: str
    origin: tuple[int, int] = (0, 0)
    document: tuple[int, int] | None = None
    mask: str | None = None
    rect: tuple[int, int, int, int] | None = None
    frame: tuple[int, int, int, int] | None = None
    image: ImageRequest = ImageRequest()
    folder: str | None = None
    grow: int | None = setting(
        None,
        label="Grow",
        help="How far beyond the selection the model may paint; empty follows the strength.",
        group="Region",
        unit="px",
        ge=0,
        le=512,
    )
    feather: int | None = setting(
        None,
        label="Feather",
        help="Width of the soft transition at the edge; empty follows the strength.",
        group="Region",
        unit="px",
        ge=0,
        le=512,
    )
    fill: FillMode = setting(
        "auto",
        label="Start from",
        help="What the model starts from inside the selection.",
        group="Region",
    )
    match_color: float = setting(
        0.8,
        label="Match color",
        help="How far the result takes on the colors around it; not used at full strength.",
        group="Region",
        step=0.1,
        ge=0,
        le=1,
    )

    @property
    def subject(self) -> str:
        """The start of the prompt."""
        return self.image.subject

    def smaller(self) -> RepaintRequest | None:
        """Fewer candidates at once; None when it is one already."""
        image = self.image.smaller()
        return None if image is None else self.model_copy(update={"image": image})


def request_of(recipe: Mapping[str, Any]) -> RepaintRequest:
    """The request that makes a layer with this ``recipe`` again.

    Raises BadInputError when the recipe is from elsewhere.
    """
    known = {key: value for key, value in recipe.items() if key in RepaintRequest.model_fields}
    return validated(RepaintRequest, known, "recipe")


@dataclass(frozen=True)
class Candidate:
    """One result: straight RGBA uint8 [h, w, 4] whose top left lies at (x, y) of the document.

    ``recipe`` holds all that is needed to make it again, see :func:`request_of`.
    """

    pixels: np.ndarray
    x: int
    y: int
    seed: int
    recipe: dict[str, Any]
    infotext: str
    path: str = ""


@dataclass(frozen=True)
class RepaintResult:
    """All candidates, what the model saw, and the size at which it painted."""

    candidates: list[Candidate]
    frame: Rect
    work_size: tuple[int, int]
