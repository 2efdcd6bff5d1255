"""How a picture was made, as the infotext that is stored in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models.hashes import data_sha256
from engine.prompt.syntax import lora_tag
from engine.sampling.infotext import EMPHASIS, SAMPLERS, SCHEDULES, Infotext
from engine.sampling.pixels import picture_size
from engine.sampling.request import ImageRequest, LoraUse, Shot
from engine.sampling.schedules import evaluations

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

_HASH_LENGTH = 12


def describe(
    model: LoadedModel, recipe: ImageRequest, shot: Shot, loras: Sequence[LoraUse] = ()
) -> Infotext:
    """The infotext of ``shot``; ``loras`` are all that acted.

    LoRAs of the request's list are written as tags behind the prompt, where other tools look.
    """
    tags = [lora_tag(Path(use.path).stem, use.weight, use.text) for use in recipe.loras]
    prompt = " ".join([shot.prompt, *tags]) if tags else shot.prompt
    width, height = picture_size(model, recipe)
    settings = {
        "Steps": str(recipe.steps),
        "Sampler": SAMPLERS[recipe.sampler],
        "Schedule type": SCHEDULES[recipe.schedule],
        "CFG scale": f"{recipe.guidance_scale:g}",
        "Seed": str(shot.seed),
        **_variation(recipe, shot),
        "Size": f"{width}x{height}",
        "Model hash": model.hash,
        "Model": model.name,
        **_less_common(recipe),
        "RNG": "CPU",
    }
    if shot.template:
        settings["Template"] = shot.template
    if loras:
        pairs = (f"{Path(use.path).stem}: {_short_hash(use)}" for use in loras)
        settings["Lora hashes"] = ", ".join(pairs)
    return Infotext(prompt, shot.negative_prompt, settings | {"Version": "Stylekiln"})


def _variation(recipe: ImageRequest, shot: Shot) -> dict[str, str]:
    if not recipe.variation:
        return {}
    return {
        "Variation seed": str(shot.variation_seed),
        "Variation seed strength": f"{recipe.variation:g}",
    }


def _less_common(recipe: ImageRequest) -> dict[str, str]:
    """What is only written when it matters."""
    settings = {}
    if recipe.init_image is not None:
        total, start = evaluations(recipe.steps, recipe.strength)
        settings["Denoising strength"] = f"{recipe.strength:g}"
        settings["Evaluations"] = str(total - start)
    if recipe.clip_skip > 1:
        settings["Clip skip"] = str(recipe.clip_skip)
    if recipe.emphasis != "a1111":
        settings["Emphasis"] = EMPHASIS[recipe.emphasis]
    return settings


def _short_hash(use: LoraUse) -> str:
    return data_sha256(Path(use.path))[:_HASH_LENGTH]
