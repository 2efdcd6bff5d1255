"""Checkpoint files one tensor at a time, so that none has to fit into memory as a whole.

Format: safetensors, see :mod:`engine.models.headers`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from engine.models.headers import read_header
from engine.models.weights import read_tensors
from engine.runtime.files import atomic_file

_NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL", torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
}  # fmt: skip


class TensorStream:
    """The tensors of one file: names, and one tensor at a time. Pickles are mapped, not read."""

    def __init__(self, path: Path, source: Any) -> None:
        self.path = path
        self._source = source
        self._is_map = isinstance(source, Mapping)
        self.keys: list[str] = list(source) if self._is_map else list(source.keys())
        self._header = None if self._is_map else read_header(path)
        self.metadata = dict(self._header.metadata) if self._header else {}

    def read(self, key: str) -> Tensor:
        """One tensor."""
        tensor: Tensor = self._source[key] if self._is_map else self._source.get_tensor(key)
        return tensor

    def outline(self, key: str) -> tuple[str, list[int], int]:
        """The dtype in the format's notation, the shape and the bytes of a tensor."""
        if self._header is not None:
            info = self._header.tensors[key]
            return info.dtype, list(info.shape), info.end - info.start
        tensor = self._source[key]
        return _NAMES[tensor.dtype], list(tensor.shape), tensor.numel() * tensor.element_size()


@contextmanager
def open_tensors(path: Path) -> Iterator[TensorStream]:
    """The file at ``path``, checked. Raises like :func:`engine.models.weights.read_tensors`."""
    if path.suffix.lower() != ".safetensors":
        yield TensorStream(path, read_tensors(path))
        return
    read_header(path)
    with safe_open(path, framework="pt") as source:
        yield TensorStream(path, source)


def keys_of(path: Path) -> list[str]:
    """The names of the tensors of a file."""
    with open_tensors(path) as stream:
        return stream.keys


def rewrite(
    stream: TensorStream,
    out: Path,
    change: Callable[[str, Tensor], Tensor],
    metadata: Mapping[str, str],
) -> None:
    """Write the tensors of ``stream`` to ``out`` as ``change`` gives them, in their order, shapes
    and dtypes. Raises StorageError.
    """
    with atomic_file(out) as file:
        file.write(_header(stream, metadata))
        for key in stream.keys:
            before = stream.read(key)
            after = change(key, before)
            file.write(_raw(after.to(before.dtype)))


def _header(stream: TensorStream, metadata: Mapping[str, str]) -> bytes:
    table: dict[str, Any] = {"__metadata__": {**metadata, "format": "pt"}}
    position = 0
    for key in stream.keys:
        dtype, shape, size = stream.outline(key)
        offsets = [position, position + size]
        table[key] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        position += size
    text = json.dumps(table, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _raw(tensor: Tensor) -> bytes:
    """The bytes of a tensor as the format has them."""
    array: np.ndarray = tensor.contiguous().view(-1).view(torch.uint8).numpy()
    return array.tobytes()
