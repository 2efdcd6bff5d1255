"""Names inside a torch pickle (.ckpt, .pt) without unpickling anything.

The pickle's instructions are only listed (:mod:`pickletools`); none is carried out. What is found
serves to recognise a file. Whether it may be loaded is decided by torch's restricted unpickler.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from engine.runtime.errors import ModelFileError
from engine.runtime.files import require_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_PICKLE = 256_000_000
_LEGACY_PICKLES = 4  # magic number, protocol, system, then the object itself
_TRUSTED = ("torch", "collections", "numpy", "pytorch_lightning", "lightning_fabric", "_codecs")
# What zipfile and pickletools raise at a damaged, encrypted or oddly packed file.
_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, LookupError, OSError, RuntimeError)
_TEXT = ("SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8")


@dataclass(frozen=True)
class PickleNames:
    """All texts of a pickle in order, and the ``module name`` of every object it asks for."""

    texts: tuple[str, ...]
    objects: frozenset[str]

    @property
    def strangers(self) -> list[str]:
        """Objects that no honest checkpoint asks for."""
        return sorted(o for o in self.objects if o.split(".")[0].split()[0] not in _TRUSTED)


def read_names(path: Path) -> PickleNames:
    """List the names in ``path``; ModelFileError when empty, truncated, no pickle, or hostile."""
    if require_file(path).stat().st_size == 0:
        raise ModelFileError("{name} is empty.", name=path.name, remedy=_AGAIN)
    try:
        names = _scan(path)
    except _DAMAGE as error:
        raise ModelFileError(
            "{name} is not a readable checkpoint; it may end early.", name=path.name, remedy=_AGAIN
        ) from error
    if names.strangers:
        raise hostile(path, names.strangers[0])
    return names


def hostile(path: Path, what: str) -> ModelFileError:
    """The refusal of a pickle that would run code."""
    return ModelFileError(
        "{name} was refused: it asks to run {what} when it is opened.",
        name=path.name,
        what=what,
        remedy="Use a .safetensors file from a source you trust.",
    )


_AGAIN = "Download or copy it again."


def _scan(path: Path) -> PickleNames:
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as stream:
            return _listed(stream, _LEGACY_PICKLES)
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in [*archive.namelist(), ""] if n.endswith("data.pkl") or not n)
        if not name or archive.getinfo(name).file_size > MAX_PICKLE:
            raise ValueError("no pickle inside")
        return _listed(io.BytesIO(archive.read(name)), 1)


def _listed(stream: IO[bytes], pickles: int) -> PickleNames:
    texts: list[str] = []
    objects: set[str] = set()
    try:
        for _ in range(pickles):
            for kind, value in _instructions(stream):
                if kind in _TEXT:
                    texts.append(value)
                elif kind in ("GLOBAL", "INST"):
                    objects.add(value.replace(" ", "."))
                elif kind == "STACK_GLOBAL":
                    objects.add(".".join(texts[-2:]))
    except _DAMAGE:
        # A file that breaks off, or is another kind of pickle, is refused for what it asked for.
        if not PickleNames((), frozenset(objects)).strangers:
            raise
    return PickleNames(tuple(texts), frozenset(objects))


def _instructions(stream: IO[bytes]) -> Iterator[tuple[str, str]]:
    for opcode, argument, _ in pickletools.genops(stream):
        yield opcode.name, argument if isinstance(argument, str) else ""
