"""The hashes by which tools of this field know a model file."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from engine.models.headers import header_length
from engine.runtime.file_state import FileState, file_state
from engine.runtime.files import require_file

_BLOCK = 1 << 20


def file_sha256(path: Path) -> str:
    """SHA-256 of a whole file, hex; remembered until the file changes."""
    return _sha256(str(path), file_state(require_file(path).stat()), 0)


def data_sha256(path: Path) -> str:
    """``sshs_model_hash``: SHA-256 of the data section of a safetensors file, hex."""
    state = file_state(require_file(path).stat())
    return _sha256(str(path), state, header_length(path))


def old_sd_hash(path: Path) -> str:
    """``ss_sd_model_hash``: first 8 hex of SHA-256 of the 64 KiB at offset 1 MiB."""
    with open(require_file(path), "rb") as stream:
        stream.seek(0x100000)
        return hashlib.sha256(stream.read(0x10000)).hexdigest()[:8]


@lru_cache(maxsize=256)
def _sha256(path: str, state: FileState, skip: int) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        stream.seek(skip)
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
