"""What the tools for LoRA files are asked to do. Light: the window makes these requests."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.job import Request
from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting

Precision = Literal["float", "fp16", "bf16"]
Measure = Literal["fixed", "sv_ratio", "sv_cumulative", "sv_fro"]
_PRECISION_HELP = "Number format of the new file; 32-bit float loses nothing."
_OUT_HELP = "The file to write; files that are read are never changed."


class ToolRequest(Request):
    """What all tools share: the file that is written, if any."""

    out: str = setting("", label="New file", level="simple", help=_OUT_HELP)

    @property
    def subject(self) -> str:
        """The name of the new file."""
        return Path(self.out).name


@dataclass(frozen=True)
class ToolResult:
    """What a tool did. ``path`` is the new file; ``notes`` are facts about it, as JSON values."""

    path: str
    notes: dict[str, Any] = field(default_factory=dict)


class _WithRatios(ToolRequest):
    # fmt: off
    files: tuple[str, ...] = setting(
        ..., label="LoRA files", level="simple", help="The files to put together.",
        min_length=1)
    ratios: tuple[float, ...] = setting(
        (), label="Strengths", level="simple",
        help="A number for each file in its order; a missing one is 1. Half is half the effect.")
    # fmt: on

    @field_validator("ratios")
    @classmethod
    def _no_more_than_files(cls, value: tuple[float, ...], info: ValidationInfo) -> Any:
        if not all(map(math.isfinite, value)):
            raise SettingError("Write a number.")
        if len(value) > len(info.data.get("files", ())):
            raise SettingError("There are more strengths than files.")
        return value

    @property
    def weighted(self) -> list[tuple[Path, float]]:
        """Each file with its strength."""
        ratios = [*self.ratios, *[1.0] * len(self.files)]
        return [(Path(file), ratio) for file, ratio in zip(self.files, ratios, strict=False)]


class MergeRequest(_WithRatios):
    """Put LoRAs together into one LoRA."""

    handler: ClassVar[str] = "engine.models.tools.merge:run"
    title_key: ClassVar[str] = "Merge into {name}"

    # fmt: off
    method: Literal["concat", "svd", "kohya"] = setting(
        "concat", label="Method", level="simple",
        help="Exact: every layer is the sum of the files', and the ranks add up.\n"
        "At a rank: the best of it that fits into a rank you choose.\n"
        "kohya: as its merge script does, where a strength acts twice.")
    rank: int = setting(
        16, label="Rank", level="simple", when="method=svd", ge=1, le=4096,
        help="Rank of the new file.")
    conv_rank: int = setting(
        0, label="Convolution rank", when="method=svd", ge=0, le=4096,
        help="Rank on 3x3 convolutions; 0 is the same.")
    precision: Precision = setting("float", label="Save as", help=_PRECISION_HELP)
    # fmt: on


class ResizeRequest(ToolRequest):
    """Make a LoRA's rank smaller by keeping what has the most effect."""

    handler: ClassVar[str] = "engine.models.tools.resize:run"
    title_key: ClassVar[str] = "Resize into {name}"

    # fmt: off
    file: str = setting(..., label="LoRA file", level="simple", help="The file to make smaller.")
    rank: int = setting(
        16, label="Rank", level="simple", ge=1, le=4096,
        help="Rank of the new file; where it follows the layers, the highest.")
    conv_rank: int = setting(
        0, label="Convolution rank", ge=0, le=4096,
        help="Rank on 3x3 convolutions; 0 is the same.")
    measure: Measure = setting(
        "fixed", label="Rank of each layer", level="simple",
        help="All layers get the rank, or each keeps what counts of it: down to a ratio of the "
        "largest singular value, a share of their sum, or of the length.")
    amount: float = setting(
        0.9, label="How much is kept", when="measure=sv_ratio|sv_cumulative|sv_fro", gt=0,
        help="For a ratio a number such as 10, else a share between 0 and 1.")
    kohya_counting: bool = setting(
        False, label="Count as kohya", when="measure=sv_ratio|sv_cumulative|sv_fro",
        help="Keeps one rank more than the measure says, as kohya's script does.")
    precision: Precision = setting("float", label="Save as", help=_PRECISION_HELP)
    # fmt: on

    @field_validator("amount")
    @classmethod
    def _fits_the_measure(cls, value: float, info: ValidationInfo) -> float:
        measure = info.data.get("measure")
        if measure == "sv_ratio" and value < 2:
            raise SettingError("A ratio is 2 or more.")
        if measure in ("sv_cumulative", "sv_fro") and value > 1:
            raise SettingError("A share is between 0 and 1.")
        return value


class ExtractRequest(ToolRequest):
    """Write what a tuned checkpoint has learned beyond its base as a LoRA."""

    handler: ClassVar[str] = "engine.models.tools.extract:run"
    title_key: ClassVar[str] = "Extract {name}"

    # fmt: off
    base: str = setting(..., label="Base model", level="simple", help="What was tuned.")
    tuned: str = setting(
        ..., label="Tuned model", level="simple", help="The same model after it was tuned.")
    rank: int = setting(16, label="Rank", level="simple", help="Rank of the LoRA.", ge=1, le=4096)
    conv_rank: int = setting(
        0, label="Convolution rank", ge=0, le=4096,
        help="Rank on the residual blocks' convolutions; 0 leaves these blocks out.")
    min_difference: float = setting(
        0.01, label="Smallest difference", ge=0,
        help="A text encoder none of whose weights moved by more than this is left out.")
    clamp_quantile: float = setting(
        1.0, label="Clamp", gt=0, le=1,
        help="Cuts the largest weights off at this share of them; kohya's script takes 0.99, 1 is "
        "exact.")
    precision: Precision = setting("float", label="Save as", help=_PRECISION_HELP)
    # fmt: on


class BakeRequest(_WithRatios):
    """Write a checkpoint in which LoRAs act for good."""

    handler: ClassVar[str] = "engine.models.tools.bake:run"
    title_key: ClassVar[str] = "Bake {name}"

    # fmt: off
    model: str = setting(
        ..., label="Base model", level="simple",
        help="A model file or diffusers folder; the new one has the same layout.")
    # fmt: on


class ConvertRequest(ToolRequest):
    """Write a LoRA with the names of another tool."""

    handler: ClassVar[str] = "engine.models.tools.convert:run"
    title_key: ClassVar[str] = "Convert into {name}"

    # fmt: off
    file: str = setting(..., label="LoRA file", level="simple", help="A LoRA with any names.")
    naming: Literal["kohya", "diffusers", "comfyui"] = setting(
        "kohya", label="Names", level="simple",
        help="The names of kohya are read everywhere; those of diffusers are PEFT's; ComfyUI names "
        "layers as checkpoints do.")
    precision: Precision = setting("float", label="Save as", help=_PRECISION_HELP)
    # fmt: on


class EditRequest(ToolRequest):
    """Change what a LoRA file says of itself; its weights stay bit by bit."""

    handler: ClassVar[str] = "engine.models.tools.edit_metadata:run"
    title_key: ClassVar[str] = "Write {name}"

    # fmt: off
    file: str = setting(..., label="LoRA file", level="simple", help="The file to copy from.")
    put: tuple[tuple[str, str], ...] = setting(
        (), label="Entries", level="simple", help="Names and texts to write.")
    drop: tuple[str, ...] = setting((), label="Removed", help="Names of entries to leave out.")
    in_place: bool = setting(
        False, label="Change the file itself", level="simple",
        help="Writes no new file, but the same one anew: its hash, and what refers to it by hash, "
        "changes.")
    # fmt: on

    @property
    def subject(self) -> str:
        """The name of the file that is written."""
        return Path(self.file if self.in_place else self.out).name


class VerifyRequest(ToolRequest):
    """Look for weights that are zero, no numbers, or do not belong together."""

    handler: ClassVar[str] = "engine.models.tools.verify:run"
    title_key: ClassVar[str] = "Check {name}"
    file: str = setting(..., label="LoRA file", level="simple", help="The file to check.")

    @property
    def subject(self) -> str:
        """The name of the file."""
        return Path(self.file).name
