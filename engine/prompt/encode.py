"""Run the text encoders: prompts in, conditioning for the UNet out.

One encoder (SD 1, SD 2, the starter) gives its last state after the final norm, or an earlier layer
with ``clip_skip``. Two encoders (SDXL) give their penultimate states side by side, and a pooled
vector from the first window of the second encoder. Weights multiply the states, see ``_emphasize``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from engine.prompt.chunks import Chunk, Special, Tokenize, chunk_prompt, token_count
from engine.prompt.syntax import Emphasis, parse

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel


@dataclass(frozen=True)
class Conditioning:
    """What the UNet attends to. ``context`` [B, 77 n, C]; ``pooled`` [B, P] for SDXL, else None."""

    context: torch.Tensor
    pooled: torch.Tensor | None = None

    def rows(self, indices: Sequence[int]) -> Conditioning:
        """The conditioning of some of the prompts."""
        at = list(indices)
        return Conditioning(self.context[at], None if self.pooled is None else self.pooled[at])

    def __add__(self, other: Conditioning) -> Conditioning:
        """The prompts of both, one after the other."""
        pooled = None
        if self.pooled is not None and other.pooled is not None:
            pooled = torch.cat([self.pooled, other.pooled])
        return Conditioning(torch.cat([self.context, other.context]), pooled)


@dataclass(frozen=True)
class EncodedPrompt:
    """One prompt by itself: ``windows`` [n, 77, C] and ``pooled`` [P] or None."""

    windows: torch.Tensor
    pooled: torch.Tensor | None


class EncodingCache:
    """Remembers encoded prompts of one model in one adapter state, newest 64."""

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._entries: OrderedDict[tuple[str, int, str], EncodedPrompt] = OrderedDict()

    def get(self, key: tuple[str, int, str]) -> EncodedPrompt | None:
        """The entry under (text, clip skip, emphasis), or None."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: tuple[str, int, str], value: EncodedPrompt) -> None:
        """Keep ``value``; the entry that was not used for longest goes."""
        self._entries[key] = value
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)


class PromptEncoder:
    """Encodes prompts with the text encoders of ``model`` as they are now, adapters included."""

    def __init__(
        self,
        model: LoadedModel,
        *,
        clip_skip: int = 1,
        emphasis: Emphasis = "a1111",
        cache: EncodingCache | None = None,
    ) -> None:
        self._model = model
        self._clip_skip = clip_skip
        self._emphasis = emphasis
        self._cache = cache if cache is not None else EncodingCache()

    def encode(self, text: str) -> EncodedPrompt:
        """``text`` as windows; LoRA tags in it are ignored."""
        key = (text, self._clip_skip, self._emphasis)
        found = self._cache.get(key)
        if found is None:
            found = self._run(text)
            self._cache.put(key, found)
        return found

    @torch.no_grad()
    def _run(self, text: str) -> EncodedPrompt:
        parts, _ = parse(text, self._emphasis)
        states, pooled = [], None
        for number, encoder in enumerate(self._model.text_encoders):
            tokenizer = self._model.tokenizers[number]
            special = special_tokens(self._model, number)
            chunks = chunk_prompt(parts, tokenize_with(tokenizer), special)
            plain, pooled = self._states(encoder, chunks, special)
            states.append(self._weighted(plain, encoder, chunks, special))
        return EncodedPrompt(torch.cat(states, dim=-1), pooled)

    def _states(
        self, encoder: Any, chunks: list[Chunk], special: Special
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Hidden states [n, 77, C] of one encoder, and its pooled vector when it has one."""
        ids = torch.tensor([chunk.ids(special) for chunk in chunks], device=encoder.device)
        output = encoder(ids, output_hidden_states=True)
        if self._model.family.pooled:
            pooled = getattr(output, "text_embeds", None)
            return output.hidden_states[-2], None if pooled is None else pooled[0]
        skip = min(self._clip_skip, len(output.hidden_states) - 1)
        if skip <= 1:
            return output.last_hidden_state, None
        return _final_norm(encoder)(output.hidden_states[-skip]), None

    def _weighted(
        self, plain: torch.Tensor, encoder: Any, chunks: list[Chunk], special: Special
    ) -> torch.Tensor:
        rows = [chunk.all_weights() for chunk in chunks]
        if all(weight == 1.0 for row in rows for weight in row):
            return plain
        weights = torch.tensor(rows, device=plain.device, dtype=torch.float32).unsqueeze(-1)
        neutral = None
        if self._emphasis == "comfy":
            neutral = self._states(encoder, [Chunk()], special)[0].float()
        return _emphasize(plain.float(), weights, self._emphasis, neutral).to(plain.dtype)


def encode(
    model: LoadedModel,
    prompts: Sequence[str],
    negative: Sequence[str],
    *,
    clip_skip: int = 1,
    emphasis: Emphasis = "a1111",
    cache: EncodingCache | None = None,
) -> tuple[Conditioning, Conditioning]:
    """Conditioning of ``prompts`` and of ``negative`` (equally many), with equally many windows.

    Shorter prompts are filled with the windows of the empty prompt. For SDXL an empty negative
    prompt is all zeros in every window, which is what the model was trained with.
    """
    encoder = PromptEncoder(model, clip_skip=clip_skip, emphasis=emphasis, cache=cache)
    positives = [encoder.encode(text) for text in prompts]
    negatives = [_negative(encoder, model, text) for text in negative]
    length = max(len(item.windows) for item in [*positives, *negatives])
    empty = encoder.encode("").windows
    return _stack(positives, length, empty), _stack(negatives, length, empty)


def count_tokens(model: LoadedModel, text: str, emphasis: Emphasis = "a1111") -> tuple[int, int]:
    """Tokens ``text`` uses, and tokens there is room for (75 per window)."""
    parts, _ = parse(text, emphasis)
    return token_count(parts, tokenize_with(model.tokenizers[0]), special_tokens(model, 0))


def special_tokens(model: LoadedModel, number: int) -> Special:
    """The special ids of text encoder ``number``; what pads is the family's, not the file's."""
    tokenizer = model.tokenizers[number]
    comma = tokenize_with(tokenizer)(",")[0]
    pad = model.family.text_encoders[number].pad_id
    return Special(tokenizer.bos_token_id, tokenizer.eos_token_id, pad, comma)


def tokenize_with(tokenizer: Any) -> Tokenize:
    """Text to ids, without begin and end, of any length."""

    def tokenize(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)[
            "input_ids"
        ]

    return tokenize


def _negative(encoder: PromptEncoder, model: LoadedModel, text: str) -> EncodedPrompt:
    encoded = encoder.encode(text)
    if encoded.pooled is None or text.strip():
        return encoded
    return EncodedPrompt(torch.zeros_like(encoded.windows), torch.zeros_like(encoded.pooled))


def _stack(items: list[EncodedPrompt], length: int, empty: torch.Tensor) -> Conditioning:
    rows = []
    for item in items:
        filler = empty if item.windows.any() else torch.zeros_like(empty)
        missing = length - len(item.windows)
        rows.append(torch.cat([item.windows, *[filler] * missing]).flatten(0, 1))
    pooled = [item.pooled for item in items if item.pooled is not None]
    return Conditioning(torch.stack(rows), torch.stack(pooled) if pooled else None)


def _emphasize(
    states: torch.Tensor, weights: torch.Tensor, emphasis: Emphasis, neutral: torch.Tensor | None
) -> torch.Tensor:
    """Weigh ``states`` [n, 77, C] by ``weights`` [n, 77, 1].

    ``a1111`` multiplies and then restores the mean of each window; ``no_norm`` only multiplies;
    ``comfy`` moves away from the states of the empty prompt (``neutral`` [1, 77, C]).
    """
    if neutral is not None:
        return neutral + weights * (states - neutral)
    weighted = states * weights
    if emphasis == "no_norm":
        return weighted
    before = states.mean(dim=(1, 2), keepdim=True)
    after = weighted.mean(dim=(1, 2), keepdim=True)
    # A mean that is zero but for rounding has no scale to restore: the ratio would blow the states
    # up, or wipe them out.
    least = 1e-4 * states.abs().mean(dim=(1, 2), keepdim=True)
    sound = (before.abs() > least) & (after.abs() > least)
    return weighted * torch.where(sound, before / after, torch.ones_like(after))


def _final_norm(encoder: Any) -> torch.nn.Module:
    """The norm after the last layer; transformers 5 moved it up one level in CLIPTextModel."""
    return getattr(encoder, "text_model", encoder).final_layer_norm
