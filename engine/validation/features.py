"""What tells whether two pictures show the same: feature extractors behind one interface.

:mod:`engine.validation.features_embedded` needs no download and is the default; models that the
user names are opened by :mod:`engine.validation.features_models`. Light: no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from engine.runtime.errors import ModelFileError

_LARGEST_BLOCK = 1 << 24  # similarities held at once, so that large sets fit in memory


@runtime_checkable
class Extractor(Protocol):
    """Turns pictures into vectors of length 1, whose cosine says how alike they are.

    ``name`` and ``version`` tell vectors of different extractors apart, also on disk.
    """

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same picture would give another vector."""
        ...

    @property
    def copy_floor(self) -> float:
        """The similarity below which no picture is called a copy, however unlike the others."""
        ...

    def describe(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, d]``, each row of length 1, of uint8 ``[H, W, 3]`` pictures of any size."""
        ...

    def describe_views(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, k, e]``: each picture in the ``k`` shapes in which a copy of it is looked
        for, at least as it is and mirrored.
        """
        ...

    def similarity(self, described: np.ndarray, views: np.ndarray) -> np.ndarray:
        """float32 ``[n, m]``, at most 1: how much each described picture is like the best view of
        each of ``m``.
        """
        ...


@runtime_checkable
class PromptExtractor(Extractor, Protocol):
    """An extractor that puts words into the same space, to see how prompts are followed."""

    def describe_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``[n, d]``, each row of length 1, comparable with :meth:`describe`."""
        ...


def best_view(described: np.ndarray, views: np.ndarray) -> np.ndarray:
    """The largest cosine ``[n, m]`` of each vector ``[n, d]`` with the views ``[m, k, d]``."""
    count, each, length = views.shape
    step = max(1, _LARGEST_BLOCK // max(1, len(described) * each))
    found = np.empty((len(described), count), np.float32)
    for start in range(0, count, step):
        block = views[start : start + step]
        cosines = described @ block.reshape(-1, length).T
        found[:, start : start + step] = cosines.reshape(len(described), -1, each).max(axis=2)
    return found


def answered(vectors: np.ndarray, name: str) -> np.ndarray:
    """:func:`unit` of what the network in the file ``name`` gave. ModelFileError where that is no
    number: as nothing, it would be like no picture, and every copy would be missed.
    """
    if not np.isfinite(vectors).all():
        raise ModelFileError(
            "{name} gives no numbers for a picture; it is damaged, or too large for its precision.",
            name=name,
            remedy="Download it again, or choose another model.",
        )
    return unit(vectors)


def unit(vectors: np.ndarray) -> np.ndarray:
    """``vectors`` ``[..., d]`` as float32 of length 1; those that are nothing stay nothing."""
    vectors = np.nan_to_num(np.asarray(vectors, np.float32))
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 1e-6, lengths, 1.0)
