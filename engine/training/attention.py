"""How attention is computed while a run lasts: the same numbers, with other needs of memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.attention_processor import (
    AttnProcessor,
    AttnProcessor2_0,
    XFormersAttnProcessor,
)
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from engine.models.loading import LoadedModel
from engine.training.settings.memory import Attention

# Scores that a slice may have: 64 MB in float32.
SLICE = 1 << 24


@contextmanager
def using(model: LoadedModel, kind: Attention) -> Iterator[None]:
    """Let the UNet attend by ``kind`` inside the block; xformers serves the VAE too, as in kohya's
    scripts. Text encoders keep their own: they see 77 tokens.
    """
    parts: list[Any] = [model.unet, model.vae] if kind == "xformers" else [model.unet]
    before = [part.attn_processors for part in parts]
    try:
        for part in parts:
            part.set_attn_processor(processor(kind))
        yield
    finally:
        for part, processors in zip(parts, before, strict=True):
            part.set_attn_processor(dict(processors))


class SlicedAttention:
    """Attention of some rows at a time. What a row gave to the others is not kept for the backward
    pass but computed again, so that memory grows with the rows of a slice, not with their square.
    """

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        """``hidden_states`` [B,N,C] attend to ``encoder_hidden_states`` [B,M,D] or to themselves;
        ``attn`` is diffusers' layer. The UNets of all families here give no mask.
        """
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            layer(states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for layer, states in (
                (attn.to_q, hidden_states),
                (attn.to_k, context),
                (attn.to_v, context),
            )
        )
        found = sliced_attention(query, key, value).transpose(1, 2).flatten(2)
        return attn.to_out[1](attn.to_out[0](found))


def sliced_attention(query: Tensor, key: Tensor, value: Tensor, limit: int = SLICE) -> Tensor:
    """Scaled dot-product attention of [B,H,N,D] on [B,H,M,D], with at most ``limit`` scores at a
    time (one row of all heads at least).
    """
    batch, heads, keys = key.shape[:3]
    rows = max(1, limit // (batch * heads * keys))
    return torch.cat([_again(part, key, value) for part in query.split(rows, dim=2)], dim=2)


def _again(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    if not torch.is_grad_enabled():
        return attend(query, key, value)
    return checkpoint(attend, query, key, value, use_reentrant=False, preserve_rng_state=False)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scaled dot-product attention of [B,H,N,D] on [B,H,M,D], with all scores at once."""
    scores = (query / math.sqrt(query.shape[-1])) @ key.transpose(-1, -2)
    return scores.softmax(-1).to(value.dtype) @ value


def processor(kind: Attention) -> Any:
    """What diffusers' layers call for ``kind``."""
    kinds: dict[Attention, Any] = {
        "sdpa": AttnProcessor2_0,
        "xformers": XFormersAttnProcessor,
        "sliced": SlicedAttention,
        "none": AttnProcessor,
    }
    return kinds[kind]()
