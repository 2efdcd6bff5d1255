"""What a run encodes before its first step, and what may leave the graphics card after that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from engine.models.loading import LoadedModel
from engine.runtime.files import Put, write_cached
from engine.runtime.job import Job
from engine.training.captions import plain_caption
from engine.training.conditioning import CaptionEncoder, Reading
from engine.training.config import TrainRequest
from engine.training.distributed import Crew
from engine.training.latents import LatentStore
from engine.training.offload import Parking
from engine.training.patience import patiently
from engine.training.pictures import PictureSet
from engine.training.precision import Precision
from engine.training.text_cache import TextCache, recipe_of


class Inputs(NamedTuple):
    """Where a run's pictures and captions come from, ready for the UNet."""

    store: LatentStore
    encoder: CaptionEncoder


def prepare(
    request: TrainRequest,
    model: LoadedModel,
    pictures: PictureSet,
    place: Parking,
    job: Job,
    crew: Crew,
) -> Inputs:
    """Encode what ``request`` caches, one part of the model at work at a time; what is not needed
    any more rests in ``place``. Raises PictureError, TrainingError, StorageError or JobCancelled.
    """
    learns = any(p.requires_grad for encoder in model.text_encoders for p in encoder.parameters())
    with place.without(model.unet):
        store = _latents(request, model, pictures, job, crew)
        if request.cache_latents and not request.sees_pictures:
            place.park(model.vae)
        encoder = _captions(request, model, pictures, job, learns=learns)
        if request.cache_text_encoder_outputs and not learns:
            place.park(*model.text_encoders)
    return Inputs(store, encoder)


def _latents(
    request: TrainRequest, model: LoadedModel, pictures: PictureSet, job: Job, crew: Crew
) -> LatentStore:
    wanted = request.cache_latents and request.cache_latents_to_disk
    folder = _folder(request, pictures, "latents") if wanted else None
    store = LatentStore(
        model,
        keep=request.cache_latents,
        folder=folder,
        at_once=request.vae_batch_size,
        put=_putter(job),
    )
    store.fill([*pictures.training, *pictures.held_out], job, crew)
    return store


def _captions(
    request: TrainRequest, model: LoadedModel, pictures: PictureSet, job: Job, *, learns: bool
) -> CaptionEncoder:
    if learns or not request.cache_text_encoder_outputs:
        return CaptionEncoder.of(request, model, learns=learns)
    wanted = request.cache_text_encoder_outputs_to_disk
    folder = _folder(request, pictures, "captions") if wanted else None
    recipe = recipe_of(model, reading=Reading.of(request)) if folder is not None else ""
    cache = TextCache(folder=folder, recipe=recipe, put=_putter(job))
    encoder = CaptionEncoder.of(request, model, learns=False, cache=cache)
    with Precision.of(request, model.device).autocast():  # as at a step
        encoder.fill(sorted(set(_texts(pictures))), job)
    return encoder


def _putter(job: Job) -> Put:
    """Writes into a cache; where the disk is full the run waits."""
    return lambda path, data: patiently(job, lambda: write_cached(path, data))


def _texts(pictures: PictureSet) -> Iterable[str]:
    """Every caption that can be drawn; what is dropped out is empty."""
    yield ""
    for picture in (*pictures.training, *pictures.held_out):
        yield plain_caption(picture.caption, pictures.trigger_word, picture.way.captions)


def _folder(request: TrainRequest, pictures: PictureSet, name: str) -> Path:
    """Of the project, for all of its runs; without one in the run's own folder."""
    if pictures.cache is not None:
        return pictures.cache.with_name(name)
    return Path(request.output_dir) / ".cache" / name
