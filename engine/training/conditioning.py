"""Captions to what the UNet attends to, with gradients when the text encoder learns.

Training reads a caption as kohya does: in windows of 77 tokens whose middle states are laid end to
end, longer text cut off, brackets literal unless captions are weighted. (Prompts of pictures go
through ``engine.prompt``, which breaks long text at commas.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.models.loading import LoadedModel
from engine.prompt.syntax import Span, parse
from engine.runtime.job import Job
from engine.training.settings.captions import CaptionSettings
from engine.training.text_cache import TextCache, TextCondition

WINDOW = 75
"""Tokens of a window between its begin and its end."""


@dataclass(frozen=True)
class Reading:
    """How captions are read. ``clip_skip`` counts from the last layer (1) and is for one-encoder
    families: SDXL always reads the layer before the last of both of its encoders. ``length`` is 75,
    150 or 225 tokens.
    """

    clip_skip: int = 1
    length: int = WINDOW
    weighted: bool = False

    @classmethod
    def of(cls, settings: CaptionSettings) -> Reading:
        """The reading that settings ask for."""
        length = int(settings.max_token_length)
        return cls(settings.clip_skip, length, settings.weighted_captions)


class CaptionEncoder:
    """Encodes captions; keeps the result when the text encoder does not change. Not ``padded``, a
    batch is as long as its longest caption.
    """

    def __init__(
        self,
        model: LoadedModel,
        clip_skip: int = 1,
        learns: bool = False,
        *,
        reading: Reading | None = None,
        padded: bool = True,
        cache: TextCache | None = None,
    ) -> None:
        self._model = model
        self._reading = reading or Reading(clip_skip)
        self._learns = learns
        self._padded = padded
        self._cache = cache or TextCache()

    @classmethod
    def of(
        cls,
        settings: CaptionSettings,
        model: LoadedModel,
        *,
        learns: bool,
        cache: TextCache | None = None,
    ) -> CaptionEncoder:
        """The encoder that settings ask for."""
        padded = not settings.no_token_padding
        reading = Reading.of(settings)
        return cls(model, learns=learns, reading=reading, padded=padded, cache=cache)

    def fill(self, captions: Sequence[str], job: Job) -> None:
        """Encode ``captions`` now, so that no step has to."""
        for number, caption in enumerate(captions):
            job.breathe()
            job.progress(
                number,
                len(captions),
                "Encoding caption {n} of {all}",
                n=f"{number + 1:,}",
                all=f"{len(captions):,}",
            )
            self._cached(caption)

    def __call__(self, captions: Sequence[str]) -> TextCondition:
        """The condition of a batch of captions, in order."""
        if self._learns:
            found = encode_captions(self._model, captions, reading=self._reading)
        else:
            found = _stack([self._cached(caption) for caption in captions], self._model.device)
        return found if self._padded else self._cut(found, captions)

    def _cached(self, caption: str) -> TextCondition:
        # One caption at a time: a batch would round differently and depend on its neighbors.
        return self._cache.get(caption, lambda: self._encode([caption]))

    @torch.no_grad()
    def _encode(self, captions: Sequence[str]) -> TextCondition:
        return encode_captions(self._model, captions, reading=self._reading)

    def _cut(self, found: TextCondition, captions: Sequence[str]) -> TextCondition:
        # The encoders only look back: what follows the end of a caption has not changed its states.
        longest = max(token_count(self._model, text, self._reading) for text in captions)
        return TextCondition(found.context[:, : longest + 2], found.pooled)


def encode_captions(
    model: LoadedModel,
    captions: Sequence[str],
    clip_skip: int = 1,
    *,
    reading: Reading | None = None,
) -> TextCondition:
    """Encode ``captions`` to contexts of ``reading.length`` + 2 states."""
    reading = reading or Reading(clip_skip)
    states: list[Tensor] = []
    pooled: Tensor | None = None
    for number in range(len(model.text_encoders)):
        rows = [_tokens(model, number, caption, reading) for caption in captions]
        found, pooled = _encoded(model, number, [row.ids for row in rows], reading)
        if reading.weighted:
            weights = torch.tensor([row.weights for row in rows], device=found.device)
            found = found * weights.to(found.dtype)[..., None]
        states.append(found)
    return TextCondition(torch.cat(states, dim=-1), pooled)


def token_count(model: LoadedModel, caption: str, reading: Reading) -> int:
    """Tokens of ``caption`` that are read, without begin and end."""
    spans = parse_caption(caption) if reading.weighted else [Span(caption)]
    return min(reading.length, sum(len(_ids(model.tokenizers[0], span.text)) for span in spans))


def parse_caption(caption: str) -> list[Span]:
    """``caption`` as spans with their weights; the word BREAK is a word here."""
    return [part if isinstance(part, Span) else Span("BREAK") for part in parse(caption)[0]]


def windows(ids: Sequence[int], end: int, pad: int) -> list[list[int]]:
    """Ids of a whole caption (begin, text, end, padding) as windows of 77, each with its begin.

    A window that its text fills, or that has none, closes with an end where padding is another
    token.
    """
    found = []
    for start in range(1, len(ids) - 1, WINDOW):
        window = [ids[0], *ids[start : start + WINDOW], ids[-1]]
        if pad != end:
            if window[-2] not in (end, pad):
                window[-1] = end
            if window[1] == pad:
                window[1] = end
        found.append(window)
    return found


class _Tokens(NamedTuple):
    """``ids`` and ``weights`` of a whole caption: begin, text, end, padding."""

    ids: list[int]
    weights: list[float]


def _tokens(model: LoadedModel, number: int, caption: str, reading: Reading) -> _Tokens:
    tokenizer = model.tokenizers[number]
    ids: list[int] = []
    weights: list[float] = []
    for span in parse_caption(caption) if reading.weighted else [Span(caption)]:
        found = _ids(tokenizer, span.text)
        ids += found
        weights += [span.weight] * len(found)
    ids, weights = ids[: reading.length], weights[: reading.length]
    missing = reading.length - len(ids)
    pad = model.family.text_encoders[number].pad_id
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    return _Tokens(
        [begin, *ids, end, *[pad] * missing],
        [1.0, *weights, 1.0, *[1.0] * missing],
    )


def _ids(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids


def _encoded(
    model: LoadedModel, number: int, ids: Sequence[Sequence[int]], reading: Reading
) -> tuple[Tensor, Tensor | None]:
    """States [B,length+2,C] of text encoder ``number`` for whole captions, and pooled vectors."""
    encoder: Any = model.text_encoders[number]
    end, pad = model.tokenizers[number].eos_token_id, model.family.text_encoders[number].pad_id
    rows = torch.tensor([windows(row, end, pad) for row in ids], device=model.device)
    two = len(model.text_encoders) > 1
    output = encoder(rows.flatten(0, 1), output_hidden_states=two or reading.clip_skip > 1)
    pooled = None
    if two:
        states = output.hidden_states[-2]
        pooled = getattr(output, "text_embeds", None)
    elif reading.clip_skip > 1:
        states = _final_norm(encoder)(output.hidden_states[-reading.clip_skip])
    else:
        states = output.last_hidden_state
    if pooled is not None:
        pooled = pooled.unflatten(0, rows.shape[:2])[:, 0]  # of the first window
    return _laid_end_to_end(states.unflatten(0, rows.shape[:2])), pooled


def _laid_end_to_end(states: Tensor) -> Tensor:
    """States [B,n,77,C] of windows as [B,75n+2,C]: the first begin, the middles, the last end."""
    middle = states[:, :, 1:-1].flatten(1, 2)
    return torch.cat([states[:, 0, :1], middle, states[:, -1, -1:]], dim=1)


def size_ids(
    original: tuple[int, int], crop: tuple[int, int], target: tuple[int, int]
) -> list[float]:
    """SDXL's six numbers from (width, height) and (left, top) pairs: each pair turned to (h, w)."""
    return [float(value) for pair in (original, crop, target) for value in reversed(pair)]


def _final_norm(encoder: Any) -> Any:
    # transformers 5 dropped the text_model wrapper from CLIPTextModel.
    return getattr(encoder, "text_model", encoder).final_layer_norm


def _stack(conditions: Sequence[TextCondition], device: torch.device) -> TextCondition:
    pooled = [condition.pooled for condition in conditions if condition.pooled is not None]
    context = torch.cat([condition.context for condition in conditions]).to(device)
    return TextCondition(context, torch.cat(pooled).to(device) if pooled else None)
