"""Encoded captions: kept in memory up to a limit, and on disk under a name that says all that
they depend on.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from engine.models.loading import LoadedModel
from engine.runtime.files import Put, write_cached
from engine.training import fingerprints

# Bytes of encoded captions in memory: 6000 of SD 1.x, 800 of SDXL. Shuffled tags would fill it all.
ROOM = 1 << 29


class TextCondition(NamedTuple):
    """``context`` [B,T,C]; ``pooled`` [B,P] for models with two text encoders, else None."""

    context: Tensor
    pooled: Tensor | None

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return self.context.nbytes + (0 if self.pooled is None else self.pooled.nbytes)


class TextCache:
    """Conditions of single captions on the CPU. The least recently used leave when there are more
    than ``room`` bytes; with ``folder`` they are read back from there.

    ``recipe`` is everything but the caption that decides a condition, see :func:`recipe_of`;
    ``put`` writes a file.
    """

    def __init__(
        self,
        *,
        room: int = ROOM,
        folder: Path | None = None,
        recipe: str = "",
        put: Put = write_cached,
    ) -> None:
        self._put = put
        self._room = room
        self._folder = folder
        self._recipe = recipe
        self._kept: OrderedDict[str, TextCondition] = OrderedDict()
        self._bytes = 0

    def get(self, caption: str, encode: Callable[[], TextCondition]) -> TextCondition:
        """The condition of ``caption``, by ``encode`` only where it is neither kept nor stored."""
        if caption in self._kept:
            self._kept.move_to_end(caption)
            return self._kept[caption]
        path = self._path(caption)
        found = None if path is None else _read(path)
        if found is None:
            found = _on_cpu(encode())
            if path is not None:
                self._put(path, _file(found))
        self._remember(caption, found)
        return found

    def _remember(self, caption: str, condition: TextCondition) -> None:
        self._kept[caption] = condition
        self._bytes += condition.nbytes
        while self._bytes > self._room and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.nbytes

    def _path(self, caption: str) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(f"{self._recipe}\n{caption}".encode("utf-8", "surrogatepass"))
        return self._folder / f"{digest.hexdigest()}.safetensors"


def recipe_of(model: LoadedModel, **options: object) -> str:
    """What a condition of ``model`` depends on beside its caption: weights and dtype of the text
    encoders, tokenizers, and ``options`` such as the layer that is read.
    """
    encoders = [fingerprints.of_weights(encoder) for encoder in model.text_encoders]
    tokenizers = [fingerprints.of_tokenizer(tokenizer) for tokenizer in model.tokenizers]
    return repr((model.family.id, encoders, tokenizers, sorted(options.items())))


def _on_cpu(condition: TextCondition) -> TextCondition:
    pooled = None if condition.pooled is None else condition.pooled.detach().cpu()
    return TextCondition(condition.context.detach().cpu(), pooled)


def _read(path: Path) -> TextCondition | None:
    try:
        tensors = load(path.read_bytes())
    except (OSError, SafetensorError):
        return None  # not stored yet, or damaged: it is encoded again
    context = tensors.get("context")
    return None if context is None else TextCondition(context, tensors.get("pooled"))


def _file(condition: TextCondition) -> bytes:
    tensors = {"context": condition.context.contiguous()}
    if condition.pooled is not None:
        tensors["pooled"] = condition.pooled.contiguous()
    return save(tensors)
