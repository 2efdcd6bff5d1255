"""Safetensors headers: names, shapes and metadata of a file without loading its tensors.

Format: 8 bytes little-endian header length N, N bytes of JSON, then the data section. A header is
believed only when it describes exactly the file that is there.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.runtime.errors import MissingFileError, ModelFileError
from engine.runtime.files import reason_of, require_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADER = 100_000_000  # the limit of the format's reference reader
_NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}
_BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2}
_BYTES |= {"I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}


@dataclass(frozen=True)
class TensorInfo:
    """One tensor: dtype in safetensors' notation, shape, byte range within the data section."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Header:
    """What the header of ``path`` says."""

    path: Path
    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]
    data_start: int

    def can_read(self, name: str) -> bool:
        """Whether ``name`` is there, in a format of numbers that :meth:`read` knows."""
        return name in self.tensors and self.tensors[name].dtype in _NUMPY

    def read(self, name: str) -> np.ndarray:
        """One small tensor as float64, shaped as in the file. KeyError unless it can be read."""
        info = self.tensors[name]
        with open(self.path, "rb") as stream:
            stream.seek(self.data_start + info.start)
            raw = np.frombuffer(stream.read(info.end - info.start), dtype=_NUMPY[info.dtype])
        if info.dtype == "BF16":
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        return raw.astype(np.float64).reshape(info.shape)


def read_header(path: Path) -> Header:
    """The header of ``path``; ModelFileError when the file is empty, truncated or not true."""
    size = require_file(path).stat().st_size
    if size == 0:
        raise ModelFileError("{name} is empty.", name=path.name, remedy=_AGAIN)
    try:
        with open(path, "rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or not 2 <= length <= MAX_HEADER:
                raise _broken(
                    path, "{name} is not a valid safetensors file: its header length is impossible."
                )
            if 8 + length > size:
                raise _truncated(path, 8 + length, size)
            text = stream.read(length)
    except OSError as error:
        raise MissingFileError(
            "{name} cannot be read: {reason}.",
            name=path.name,
            reason=reason_of(error),
            remedy="Check its permissions.",
        ) from error
    return _parse(path, text, size)


_AGAIN = "Download or copy it again."


def _truncated(path: Path, expected: int, actual: int) -> ModelFileError:
    return ModelFileError(
        "{name} ends early: it should have {expected} MB and has {actual} MB.",
        name=path.name,
        expected=_megabytes(expected, actual),
        actual=_megabytes(actual, expected),
        remedy=_AGAIN,
    )


def _megabytes(count: int, other: int) -> str:
    """``count`` bytes with as many digits as tell it from ``other``."""
    texts = ((f"{count / 1e6:.{n}f}", f"{other / 1e6:.{n}f}") for n in range(1, 7))
    return next(text for text, beside in texts if text != beside)


def _broken(path: Path, sentence: str) -> ModelFileError:
    return ModelFileError(sentence, name=path.name, remedy=_AGAIN)


def _parse(path: Path, text: bytes, size: int) -> Header:
    try:
        table = json.loads(text)
        metadata = table.pop("__metadata__", {})
        tensors = {name: _tensor(entry) for name, entry in table.items()}
        metadata = {str(key): str(value) for key, value in metadata.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(
            path, "{name} is not a valid safetensors file: its header cannot be read."
        ) from error
    start = 8 + len(text)
    _check_ranges(path, tensors, size - start, start)
    return Header(path, tensors, metadata, start)


def _tensor(entry: dict[str, Any]) -> TensorInfo:
    start, end = entry["data_offsets"]
    shape = tuple(entry["shape"])
    if not all(isinstance(n, int) and n >= 0 for n in (*shape, start, end)):
        raise ValueError("sizes must be whole numbers")
    return TensorInfo(entry["dtype"], shape, start, end)


def _check_ranges(path: Path, tensors: dict[str, TensorInfo], room: int, start: int) -> None:
    """The tensors must fill the data section without gap, overlap or wrong length."""
    position = 0
    for info in sorted(tensors.values(), key=lambda info: (info.start, info.end)):
        count = 1
        for n in info.shape:
            count *= n
        width = _BYTES.get(info.dtype)
        if info.start != position or (width and info.end - info.start != count * width):
            raise _broken(
                path,
                "{name} is not a valid safetensors file: its header does not describe its data.",
            )
        position = info.end
    if position > room:
        raise _truncated(path, start + position, start + room)
    if position < room:
        raise _broken(
            path,
            "{name} is not a valid safetensors file: there is more data than its header describes.",
        )


def header_length(path: Path) -> int:
    """Bytes before the data section of a safetensors file."""
    with open(path, "rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
    return 8 + int(length)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; MissingFileError or ModelFileError."""
    if not path.is_file():
        raise MissingFileError(
            "The file {path} does not exist.", path=path, remedy="Download or copy the model again."
        )
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise ModelFileError(
            "{name} cannot be read.", name=path, remedy="Download or copy it again."
        ) from error
    if not isinstance(value, dict):
        raise ModelFileError(
            "{name} cannot be read.", name=path, remedy="Download or copy it again."
        )
    return value
