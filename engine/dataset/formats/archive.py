"""What a zip of ours holds, and opening any zip as if a stranger had made it."""

from __future__ import annotations

import contextlib
import re
import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.dataset.formats.names import plain
from engine.runtime.errors import BadInputError, MissingFileError, StorageError
from engine.runtime.files import atomic_file, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENTS = "stylekiln.json"
FORMAT = "stylekiln dataset 1"
PICTURES, MASKS = "pictures", "masks"
MEMBERS = 500_000
"""More files than this are no dataset."""
SMALL = 2 << 30
"""Bytes that any zip may grow to."""
GROWTH = 50
"""How many times its own size a zip may grow to: pictures hardly compress."""
LARGEST_CONTENTS = 64 << 20

# What the standard library raises on damaged and hostile bytes.
_WRONG = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Archive:
    """A zip whose members are all safe to unpack; ``members`` by name, folders left out."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path = path
        self._file = file
        infos = file.infolist()
        if len(infos) > MEMBERS:
            raise BadInputError(
                "{name} holds {count} files, more than any dataset.",
                name=path.name,
                count=len(infos),
            )
        for info in infos:
            self._check(info)
        self.members = {info.filename: info for info in infos if not info.is_dir()}
        self.size = sum(info.file_size for info in infos)
        self._check_growth(sum(info.compress_size for info in infos))

    def read(self, name: str, largest: int) -> bytes:
        """The bytes of a member. Raises BadInputError when it is damaged or too large."""
        if self.members[name].file_size > largest:
            raise BadInputError(
                "{member} in {name} is too large.", member=name, name=self.path.name
            )
        with self._damage():
            return self._file.read(name)

    def extract(self, name: str, target: Path) -> None:
        """Write a member to ``target``, which the caller has chosen."""
        with self._damage(), self._file.open(name) as source, atomic_file(target) as sink:
            shutil.copyfileobj(source, sink, 1 << 20)

    def require_space(self, folder: Path) -> None:
        """Raise StorageError when what it holds does not fit on the disk of ``folder``."""
        if shutil.disk_usage(folder).free < self.size:
            raise StorageError(
                "The disk is full; {name} was not written.",
                name=folder,
                remedy="Free some space and try again.",
            )

    def _check(self, info: zipfile.ZipInfo) -> None:
        name = info.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
            raise BadInputError(
                "{name} wants to write outside of its folder: {member}.",
                name=self.path.name,
                member=info.filename,
                remedy="It was not unpacked; ask for another file.",
            )
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadInputError(
                "{name} holds a link or a device: {member}.",
                name=self.path.name,
                member=info.filename,
                remedy="It was not unpacked; ask for another file.",
            )
        if info.flag_bits & 1:
            raise BadInputError(
                "{name} is locked with a password.",
                name=self.path.name,
                remedy="Unpack it with another program and add the folder.",
            )

        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadInputError(
                "{name} is packed in a way that is not read here.",
                name=self.path.name,
                remedy="Unpack it with another program and add the folder.",
            )

    def _check_growth(self, packed: int) -> None:
        weight = self.path.stat().st_size
        if packed > weight or self.size > max(SMALL, GROWTH * weight):
            raise BadInputError(
                "{name} would grow to {size} MB, far more than its pictures can hold.",
                name=self.path.name,
                size=self.size >> 20,
                remedy="It was not unpacked; ask for another file.",
            )

    @contextlib.contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except _WRONG as error:
            raise damaged(self.path, error) from error


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The zip at ``path``. Raises BadInputError for one that is damaged or hostile."""
    try:
        file = zipfile.ZipFile(path)
    except _WRONG as error:
        raise damaged(path, error) from error
    except OSError as error:
        raise MissingFileError(
            "{path} cannot be read: {reason}.",
            path=path,
            reason=reason_of(error),
            remedy="Check the path and its permissions.",
        ) from error
    with file:
        yield Archive(path, file)


def damaged(path: Path, reason: object) -> BadInputError:
    """What to say of a zip that cannot be read."""
    return BadInputError(
        "{name} is damaged: {reason}.",
        name=path.name,
        reason=str(reason).rstrip(".") or type(reason).__name__,
        remedy="Copy it again from its source.",
    )


def is_ours(path: Path) -> bool:
    """Whether ``path`` is a zip that this application has written."""
    try:
        with zipfile.ZipFile(path) as file:
            return CONTENTS in file.namelist()
    except (*_WRONG, OSError):
        return False


def inside(root: Path, name: str) -> Path:
    """Where a member is unpacked below ``root``, with names that this system can hold."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or name.startswith(("/", "\\")) or ".." in parts:
        raise BadInputError("{name} does not name a file of this dataset.", name=name)
    return root.joinpath(*(plain(part) or "_" for part in parts))
