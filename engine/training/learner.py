"""The loss of a batch: latents, noise, captions and the UNet, for training and for measuring."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from engine.models import adapters
from engine.models.loading import LoadedModel
from engine.training.conditioning import CaptionEncoder, size_ids
from engine.training.latents import Encoded, LatentStore, sample_latents
from engine.training.network import NAME
from engine.training.noise import Draw
from engine.training.objective import Objective
from engine.training.pictures import TrainingPicture
from engine.training.precision import DTYPES
from engine.training.text_cache import TextCondition


class Learner:
    """Computes losses of pictures under the model as it is now."""

    def __init__(
        self,
        model: LoadedModel,
        objective: Objective,
        encoder: CaptionEncoder,
        store: LatentStore,
        mixed_precision: str = "no",
    ) -> None:
        self.objective = objective
        self._model = model
        self._encoder = encoder
        self._store = store
        self._precision = DTYPES[mixed_precision]

    def latent_shape(self, pictures: Sequence[TrainingPicture]) -> tuple[int, int, int, int]:
        """[B,C,h,w] of a batch; its pictures share a bucket."""
        width, height = pictures[0].bucket
        scale = self._model.vae_scale
        return len(pictures), self._model.latent_channels, height // scale, width // scale

    def losses(
        self, pictures: Sequence[TrainingPicture], captions: Sequence[str], draw: Draw
    ) -> Tensor:
        """Loss of each picture, float32 [B] with gradients, weights of the objective included."""
        model, objective = self._model, self.objective
        encoded = self._store.batch(pictures)
        posteriors = torch.stack([one.posterior for one in encoded])
        clean = sample_latents(posteriors, draw.posterior, model.scaling_factor).to(model.device)
        noise, timesteps = draw.target_noise(clean), draw.timesteps.to(model.device)
        noisy = objective.noisy(clean, draw.seen_noise(noise), timesteps)
        with self._autocast():
            condition = self._encoder(captions)
            predicted = self._predict(noisy, timesteps, condition, pictures)
        target = objective.target(clean, noise, timesteps)
        held = [number for number, picture in enumerate(pictures) if picture.way.held]
        if held:
            rows = torch.tensor(held, device=noisy.device)
            answer = self._without_adapter(noisy, timesteps, captions, pictures, rows)
            target = target.index_copy(0, rows, answer)
        masks = _weights(encoded, model.device)
        found = objective.losses(predicted, target, timesteps, masks)
        if objective.pictures is not None:
            looks = objective.picture_losses(noisy, predicted, clean, draw, masks)
            free = [not picture.way.held for picture in pictures]
            found = found + looks * torch.tensor(free, device=looks.device)
        if objective.preservation is not None:
            plain = objective.preservation.plain(captions)
            apart = self._apart(noisy, timesteps, plain, pictures)
            found = found + objective.preservation.weight * apart
        return found

    def _apart(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        captions: Mapping[int, str],
        pictures: Sequence[TrainingPicture],
    ) -> Tensor:
        """How far the answer to ``captions``, by number of the picture, is from that of the model
        without the adapter that learns: mean square, float32 [B], 0 where a picture has no such
        caption.
        """
        found = torch.zeros(len(noisy), device=noisy.device)
        if not captions:
            return found
        rows = torch.tensor(list(captions), device=noisy.device)
        texts = [captions.get(number, "") for number in range(len(noisy))]
        before = self._without_adapter(noisy, timesteps, texts, pictures, rows)
        chosen, texts = [pictures[row] for row in captions], list(captions.values())
        with self._autocast():
            now = self._predict(noisy[rows], timesteps[rows], self._encoder(texts), chosen)
        square = (now.float() - before).square()
        return found.index_add(0, rows, square.mean(dim=(1, 2, 3)))

    def _without_adapter(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        captions: Sequence[str],
        pictures: Sequence[TrainingPicture],
        rows: Tensor,
    ) -> Tensor:
        """What the model answers for ``rows`` of a batch without the adapter that learns, float32
        without gradients.
        """
        numbers = rows.tolist()
        chosen, texts = [pictures[row] for row in numbers], [captions[row] for row in numbers]
        with torch.no_grad(), adapters.without(self._model, NAME), self._autocast():
            condition = self._encoder(texts)
            return self._predict(noisy[rows], timesteps[rows], condition, chosen).float()

    def _predict(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        condition: TextCondition,
        pictures: Sequence[TrainingPicture],
    ) -> Tensor:
        model = self._model
        extra = None
        if condition.pooled is not None:
            rows = [size_ids(p.original, p.sdxl_crop, p.bucket) for p in pictures]
            sizes = torch.tensor(rows, device=noisy.device, dtype=condition.pooled.dtype)
            extra = {"text_embeds": condition.pooled, "time_ids": sizes}
        # Not unet.dtype: diffusers walks through all parameters to answer that.
        return model.unet(
            noisy.to(model.dtype),
            timesteps,
            encoder_hidden_states=condition.context.to(model.dtype),
            added_cond_kwargs=extra,
            return_dict=False,
        )[0]

    def _autocast(self) -> AbstractContextManager[object]:
        if self._precision == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self._model.device.type, self._precision)


def _weights(encoded: Sequence[Encoded], device: torch.device) -> Tensor | None:
    """Training masks of a batch, [B,1,h,w]; None where no picture has one."""
    if all(one.weight is None for one in encoded):
        return None
    whole = torch.ones(encoded[0].posterior.shape[-2:])
    rows = [whole if one.weight is None else one.weight for one in encoded]
    return torch.stack(rows)[:, None].to(device)
