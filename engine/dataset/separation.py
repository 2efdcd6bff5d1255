"""The request to tell pictures' subjects from their backgrounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from engine.runtime.errors import BadInputError
from engine.runtime.job import Request
from engine.runtime.schema import setting

Method = Literal["grabcut", "plain", "model", "file"]
Family = Literal["auto", "u2net", "isnet", "anime", "birefnet", "rmbg", "modnet", "plain"]


class SeparateRequest(Request):
    """Find the subject of each picture and keep it as an edit: a cut-out, or a training mask.

    Emits ``separation.done`` {id, mask} for each picture, where ``mask`` is the key of the stored
    mask. The edits of one job are one undo step, also when it is cancelled on the way.
    """

    handler: ClassVar[str] = "engine.dataset.separation_job:run"
    title_key: ClassVar[str] = "Separate backgrounds"
    project: str = setting(..., label="Project", help="The project folder.", level="simple")
    pictures: tuple[int, ...] = Field((), description="Ids; none means all that are not rejected.")
    method: Method = setting(
        "grabcut",
        label="Method",
        level="simple",
        help="By the colors of subject and background (GrabCut), by one background color, with an "
        "ONNX model, or from the mask files beside the pictures (NAME-masklabel.png).",
    )
    model: str = setting(
        "",
        label="Model",
        level="simple",
        when="method=model",
        help="An ONNX file such as rembg uses: U2-Net, Silueta, IS-Net, BiRefNet, RMBG or MODNet.",
    )
    family: Family = setting(
        "auto",
        label="Kind of model",
        when="method=model",
        help="How the model wants its colors; recognized from the name and size of its input.",
    )
    into: Literal["cutout", "mask"] = setting(
        "cutout",
        label="Make",
        level="simple",
        help="Transparency around the subject, or a mask that training weights.",
    )
    existing: Literal["skip", "replace"] = setting(
        "skip",
        label="Pictures that have one",
        level="simple",
        help="Leave them as they are, or do them again.",
    )
    tolerance: int = setting(
        24,
        label="Tolerance",
        when="method=plain",
        ge=0,
        le=128,
        help="How far a color may be from that of the background.",
    )
    fill_holes: bool = setting(
        False, label="Fill holes", help="What the subject encloses belongs to it."
    )
    largest: bool = setting(
        False, label="Largest part only", help="Leave smaller separate parts out."
    )
    grow: int = setting(
        0, label="Grow", help="Pixels the kept part grows by.", unit="px", ge=-64, le=64
    )
    feather: int = setting(
        0, label="Soft edge", help="Pixels over which it fades.", unit="px", ge=0, le=64
    )

    @model_validator(mode="after")
    def _names_a_model(self) -> SeparateRequest:
        if self.method == "model" and not self.model.strip():
            raise BadInputError("No model is chosen.", remedy="Choose an ONNX file.")
        return self


@dataclass(frozen=True)
class SeparationResult:
    """``count`` pictures were separated, ``skipped`` left as they were. ``problems`` are sentences
    that say why, for all but those that had the edit already.
    """

    count: int
    skipped: int
    problems: tuple[str, ...]
