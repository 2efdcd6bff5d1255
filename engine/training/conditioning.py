"""Captions to what the UNet attends to, with gradients when the text encoder learns.

Training reads a caption as kohya does: one window of 77 tokens, longer text cut off, brackets
literal. (Prompts of pictures go through ``engine.prompt`` with emphasis and long chunks.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.models.loading import LoadedModel


class TextCondition(NamedTuple):
    """``context`` [B,T,C]; ``pooled`` [B,P] for models with two text encoders, else None."""

    context: Tensor
    pooled: Tensor | None


class CaptionEncoder:
    """Encodes captions; keeps the result when the text encoder does not change."""

    def __init__(self, model: LoadedModel, clip_skip: int, learns: bool) -> None:
        self._model = model
        self._clip_skip = clip_skip
        self._learns = learns
        self._kept: dict[str, TextCondition] = {}

    def __call__(self, captions: Sequence[str]) -> TextCondition:
        """The condition of a batch of captions, in order."""
        if self._learns:
            return encode_captions(self._model, captions, self._clip_skip)
        return _stack([self._cached(caption) for caption in captions])

    def _cached(self, caption: str) -> TextCondition:
        # One caption at a time: a batch would round differently and depend on its neighbors.
        if caption not in self._kept:
            with torch.no_grad():
                found = encode_captions(self._model, [caption], self._clip_skip)
            self._kept[caption] = found
        return self._kept[caption]


def encode_captions(
    model: LoadedModel, captions: Sequence[str], clip_skip: int = 1
) -> TextCondition:
    """Encode ``captions``; ``clip_skip`` counts from the last layer (1) and is for one-encoder
    families: SDXL always reads the layer before the last of both of its encoders.
    """
    states: list[Tensor] = []
    pooled: Tensor | None = None
    two = len(model.text_encoders) > 1
    encoders: list[Any] = list(model.text_encoders)
    for tokenizer, encoder in zip(model.tokenizers, encoders, strict=True):
        ids = tokenizer(
            list(captions),
            padding="max_length",
            truncation=True,
            max_length=encoder.config.max_position_embeddings,
            return_tensors="pt",
        ).input_ids.to(model.device)
        output = encoder(ids, output_hidden_states=two or clip_skip > 1)
        if two:
            states.append(output.hidden_states[-2])
            pooled = getattr(output, "text_embeds", None)
        elif clip_skip > 1:
            states.append(_final_norm(encoder)(output.hidden_states[-clip_skip]))
        else:
            states.append(output.last_hidden_state)
    return TextCondition(torch.cat(states, dim=-1), pooled)


def size_ids(
    original: tuple[int, int], crop: tuple[int, int], target: tuple[int, int]
) -> list[float]:
    """SDXL's six numbers from (width, height) and (left, top) pairs: each pair turned to (h, w)."""
    return [float(value) for pair in (original, crop, target) for value in reversed(pair)]


def _final_norm(encoder: Any) -> Any:
    # transformers 5 dropped the text_model wrapper from CLIPTextModel.
    return getattr(encoder, "text_model", encoder).final_layer_norm


def _stack(conditions: Sequence[TextCondition]) -> TextCondition:
    pooled = [condition.pooled for condition in conditions if condition.pooled is not None]
    context = torch.cat([condition.context for condition in conditions])
    return TextCondition(context, torch.cat(pooled) if pooled else None)
