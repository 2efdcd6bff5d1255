"""Writing what torch pickles, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import torch

from engine.runtime.files import atomic_file


def write_torch(path: Path, content: Any) -> None:
    """Write ``content`` as :func:`torch.save` does. StorageError leaves an older file as it is."""
    with atomic_file(path) as stream:
        sink = _Sink(stream)
        try:
            torch.save(content, cast("IO[bytes]", sink))
        except Exception as error:
            # Torch wraps what the system said about the disk in an error of its own.
            raise sink.problem or error from None


class _Sink:
    """A stream that remembers why a write failed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.problem: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._stream.write(data)
        except OSError as error:
            self.problem = error
            raise

    def flush(self) -> None:
        self._stream.flush()
