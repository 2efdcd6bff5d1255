"""What is asked of the model for candidates: the first time, again, and more of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.sampling.request import LARGEST_SEED, ImageRequest, LoraUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.canvas.candidate import Candidate
    from app.canvas.repaint_settings import RepaintSettings


def images_of(settings: RepaintSettings) -> list[ImageRequest]:
    """What is asked of the model, for each version of the LoRAs."""
    return [
        ImageRequest(
            model=settings.model,
            prompt="" if settings.mode == "remove" else settings.prompt,
            negative_prompt=settings.negative,
            loras=tuple(LoraUse(path=path, weight=weight) for path, weight in loras),
            steps=settings.steps,
            guidance_scale=settings.guidance,
            sampler=settings.sampler,
            schedule=settings.schedule,
            seed=settings.seed,
            variation=settings.variation,
            variation_seed=settings.variation_seed,
            count=settings.count,
            strength=settings.strength,
            emphasis=settings.emphasis,
        )
        for loras in settings.lora_sets
    ]


def plans_of(image: ImageRequest) -> list[dict[str, Any]]:
    """How each picture of a request will be made, as far as it is known before."""
    return [
        {"image": _drawing(image, *image.seeds(number)).model_dump(mode="json")}
        for number in range(image.count)
    ]


def _drawing(image: ImageRequest, seed: int, variation_seed: int) -> ImageRequest:
    seeds = {"seed": seed, "variation_seed": variation_seed}
    return image.model_copy(update={**seeds, "count": 1})


def once_more(item: Candidate) -> ImageRequest:
    """The request for one candidate as it was."""
    values = {**item.batch.image, **(item.recipe.get("image") or {})}
    return ImageRequest.model_validate({**values, "seed": item.seed, "count": 1})


def next_images(items: Sequence[Candidate], *, drawn: bool) -> list[ImageRequest]:
    """Requests for as many pictures again as there are ``items``, with the seeds after theirs;
    those that differ only in what counts up are one request. Wildcards have the words that were
    ``drawn``, or draw others.
    """
    used: dict[str, list[int]] = {}
    for item in items:
        asked = item.batch.image
        values = {**asked, **(item.recipe.get("image") or {})}
        if not drawn and asked.get("wildcards"):
            values |= {name: asked[name] for name in ("prompt", "negative_prompt", "wildcards")}
        values |= {"seed": item.seed, "count": 1}
        name = counting(values)
        last = values.pop(name, 1)
        used.setdefault(json.dumps(values), []).append(int(last))
    images = []
    for kept, numbers in used.items():
        values = json.loads(kept)
        following = (max(numbers) + 1) % (LARGEST_SEED + 1)
        values |= {"count": len(numbers), counting(values): following}
        images.append(ImageRequest.model_validate(values))
    return images


def counting(values: Mapping[str, Any]) -> str:
    """Which seed counts up from picture to picture."""
    return "variation_seed" if values.get("variation") else "seed"
