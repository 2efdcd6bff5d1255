"""The request for pictures. Light: the window and the command line build it without torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.prompt.wildcards import Lines, drawn, folder_lines
from engine.runtime.files import storage_errors
from engine.runtime.job import Request
from engine.runtime.schema import setting

LARGEST_SEED = 2**32 - 1
LONGEST_NAME = 240
"""Bytes of a file's name without its suffix; file systems take 255 with it."""
SIZE_STEP = 8


class LoraUse(BaseModel):
    """A LoRA file and how strongly it acts; ``text_weight`` None follows ``weight``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    weight: float = Field(1.0, allow_inf_nan=False)
    text_weight: float | None = Field(None, allow_inf_nan=False)

    @property
    def text(self) -> float:
        """The weight in the text encoder."""
        return self.weight if self.text_weight is None else self.text_weight


class ImageRequest(Request):
    """Pictures from a prompt, from another picture, or inside a mask of it.

    ``lora_folders`` are searched for the LoRAs that tags name, after the user's model folders.
    Picture ``i`` uses seed ``seed + i`` and its own noise, so ``batch_size`` changes nothing that
    is seen. It changes how sums are rounded: on a CPU a few values in a hundred thousand by 1 of
    255, in half precision perhaps more.
    """

    handler: ClassVar[str] = "engine.sampling.generate:run"
    title_key: ClassVar[str] = "Draw {name}"

    model: str = setting(
        "starter",
        label="Base model",
        help="The starter model, a diffusers folder, or a checkpoint file.",
        group="Model",
        level="simple",
    )
    prompt: str = setting(
        "",
        label="Prompt",
        help="What to draw. (word:1.2) stresses a word, [a:b:0.5] changes it on the way, "
        "<lora:name:0.8> adds a LoRA.",
        group="Prompt",
        level="simple",
    )
    negative_prompt: str = setting(
        "",
        label="Negative prompt",
        help="What to keep out of the picture.",
        group="Prompt",
        level="simple",
    )
    loras: tuple[LoraUse, ...] = ()
    width: int = setting(
        0,
        label="Width",
        help="Width of the picture, a multiple of 8; 0 is the model's own size.",
        group="Picture",
        level="simple",
        unit="px",
        step=SIZE_STEP,
        ge=0,
        le=4096,
        multiple_of=SIZE_STEP,
    )
    height: int = setting(
        0,
        label="Height",
        help="Height of the picture, a multiple of 8; 0 is the model's own size.",
        group="Picture",
        level="simple",
        unit="px",
        step=SIZE_STEP,
        ge=0,
        le=4096,
        multiple_of=SIZE_STEP,
    )
    steps: int = setting(
        25,
        label="Steps",
        help="How many times the model refines the picture.",
        group="Sampling",
        level="simple",
        ge=1,
        le=150,
    )
    guidance_scale: float = setting(
        4.0,
        label="Guidance",
        help="How strictly the picture follows the prompt; 1 turns the negative prompt off.",
        group="Sampling",
        level="simple",
        step=0.5,
        ge=1,
        le=30,
        allow_inf_nan=False,
    )
    sampler: Literal["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"] = setting(
        "dpmpp_2m",
        label="Sampler",
        help="The method that removes the noise.",
        group="Sampling",
    )
    schedule: Literal["normal", "karras", "exponential", "simple"] = setting(
        "karras",
        label="Schedule",
        help="How the steps are spread over the noise levels.",
        group="Sampling",
    )
    seed: int = setting(
        1,
        label="Seed",
        help="The same seed gives the same picture; the next pictures use the next seeds.",
        group="Sampling",
        level="simple",
        ge=0,
        le=LARGEST_SEED,
    )
    variation: float = setting(
        0.0,
        label="Variation",
        help="How far pictures differ from the one of the seed; 0 gives each its own seed instead.",
        group="Sampling",
        step=0.05,
        ge=0,
        le=1,
    )
    variation_seed: int = setting(
        1,
        label="Variation seed",
        help="Which way the first variation goes; the next pictures use the next ones.",
        group="Sampling",
        when="variation",
        ge=0,
        le=LARGEST_SEED,
    )
    count: int = setting(
        1,
        label="Pictures",
        help="How many pictures to make.",
        group="Picture",
        level="simple",
        ge=1,
        le=1000,
    )
    batch_size: int = setting(
        4,
        label="At once",
        help="Pictures made at the same time; fewer need less memory and look the same.",
        group="Sampling",
        ge=1,
        le=64,
    )
    clip_skip: int = setting(
        1,
        label="Clip skip",
        help="Leave out the last layers of the text encoder; 1 leaves out none.",
        group="Prompt",
        ge=1,
        le=12,
    )
    wildcards: str | None = setting(
        None,
        label="Wildcards",
        help="A folder of text files: __name__ in a prompt draws a line of name.txt.",
        group="Prompt",
        path="folder",
    )
    lora_folders: tuple[str, ...] = ()
    emphasis: Literal["a1111", "no_norm", "comfy"] = setting(
        "a1111",
        label="Emphasis",
        help="How bracket weights act: as A1111, the same without its mean, or as ComfyUI.",
        group="Prompt",
    )
    init_image: str | None = setting(
        None,
        label="Start picture",
        help="A picture file to change instead of starting from nothing.",
        group="From a picture",
    )
    mask: str | None = setting(
        None,
        label="Mask",
        help="A picture file: white is painted again, black stays, gray changes a little.",
        group="From a picture",
        when="init_image",
    )
    strength: float = setting(
        0.6,
        label="Strength",
        help="How much of the start picture is painted again.",
        group="From a picture",
        when="init_image",
        step=0.05,
        ge=0.01,
        le=1,
    )
    output_dir: str | None = setting(
        None,
        label="Output folder",
        help="Where the pictures are saved; without it they are only returned.",
        group="Output",
    )
    file_name: str = setting(
        "{number}-{seed}",
        label="File name",
        help="Name of each file; number and seed in braces are filled in.",
        group="Output",
        when="output_dir",
        min_length=1,
        pattern=r'^[^./\\:*?"<>|\x00-\x1f][^/\\:*?"<>|\x00-\x1f]*$',
    )
    file_format: Literal["png", "jpg", "webp"] = setting(
        "png",
        label="File format",
        help="PNG keeps every pixel; all formats keep the prompt and the settings.",
        group="Output",
        when="output_dir",
    )

    @model_validator(mode="after")
    def _mask_needs_a_picture(self) -> ImageRequest:
        if self.mask is not None and self.init_image is None:
            raise ValueError("A mask needs a start picture (init_image)")
        return self

    @model_validator(mode="after")
    def _name_fits_a_file(self) -> ImageRequest:
        longest = self.file_name.replace("{seed}", str(LARGEST_SEED)).replace("{number}", "0" * 8)
        if len(longest.encode()) > LONGEST_NAME:
            raise ValueError(f"file_name: a file name has at most {LONGEST_NAME} bytes")
        return self

    def path_of(self, number: int, shot: Shot) -> Path | None:
        """A free path for picture ``number`` (from 0), or None when nothing is to be saved."""
        if self.output_dir is None:
            return None
        name = self.file_name.replace("{seed}", str(shot.seed))
        pattern = name if "{number}" in name else name + "-{number}"
        paths = (
            Path(self.output_dir) / f"{text}.{self.file_format}"
            for text in _names(name, pattern, number)
        )
        return next(path for path in paths if not path.exists())

    def require_place(self) -> None:
        """Make the output folder and look for the first name in it, so that no picture is drawn
        that cannot be kept. Raises StorageError.
        """
        if self.output_dir is not None:
            with storage_errors(Path(self.output_dir)):
                Path(self.output_dir).mkdir(parents=True, exist_ok=True)
                self.path_of(0, self.shots()[0])

    @property
    def subject(self) -> str:
        """The start of the prompt."""
        return self.prompt.strip()[:60]

    def smaller(self) -> ImageRequest | None:
        """Half as many pictures at once; None when it is one already."""
        if self.batch_size == 1:
            return None
        return self.model_copy(update={"batch_size": self.batch_size // 2})

    def shots(self) -> list[Shot]:
        """One shot per picture that was asked for, with the words that its seed draws. Reads the
        files of wildcards.
        """
        lines = folder_lines(None if self.wildcards is None else Path(self.wildcards))
        return [self._shot(*self.seeds(number), lines) for number in range(self.count)]

    def _shot(self, seed: int, variation_seed: int, lines: Lines) -> Shot:
        prompt = drawn(self.prompt, seed, lines)
        negative = drawn(self.negative_prompt, seed, lines, salt="negative")
        template = self.prompt if prompt != self.prompt else ""
        return Shot(prompt, negative, seed, variation_seed, template)

    def drawing(self, shot: Shot) -> ImageRequest:
        """The request that draws ``shot`` again, whatever the wildcards say by then."""
        return self.model_copy(
            update={
                "prompt": shot.prompt,
                "negative_prompt": shot.negative_prompt,
                "seed": shot.seed,
                "variation_seed": shot.variation_seed,
                "count": 1,
                "wildcards": None,
            }
        )

    def seeds(self, number: int) -> tuple[int, int]:
        """Seed and variation seed of a picture: one of them counts up."""
        first, second = (0, number) if self.variation else (number, 0)
        seeds = self.seed + first, self.variation_seed + second
        return seeds[0] % (LARGEST_SEED + 1), seeds[1] % (LARGEST_SEED + 1)


def _names(first: str, pattern: str, number: int) -> Iterator[str]:
    """The wanted name, then the same with the next numbers: no picture is ever overwritten."""
    yield first.replace("{number}", f"{number + 1:04}")
    for following in itertools.count(number + 2):
        yield pattern.replace("{number}", f"{following:04}")


@dataclass(frozen=True)
class Shot:
    """What may differ between pictures that are made together.

    ``template`` is the prompt that words were drawn for; empty where none were.
    """

    prompt: str
    negative_prompt: str
    seed: int
    variation_seed: int = 1
    template: str = ""


@dataclass(frozen=True)
class ImageResult:
    """Finished pictures: RGB uint8 arrays [H, W, 3], and for each its seed and infotext.

    ``paths`` is empty when nothing was saved. ``warnings`` are sentences such as an unknown LoRA.
    """

    images: list[np.ndarray]
    seeds: list[int]
    infotexts: list[str]
    paths: list[str] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
