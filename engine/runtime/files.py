"""Safe writes: a file is either the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from engine.runtime.errors import BadInputError, MissingFileError, StorageError, StylekilnError

# What the system means, in words that are translated.
_REASONS = {
    errno.EACCES: "access is denied",
    errno.EPERM: "access is denied",
    errno.EROFS: "this place can only be read",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EEXIST: "a part of the path is a file",
    errno.EBUSY: "another program uses it",
    errno.EIO: "the disk reports an error",
}
_STRANGE_REASON = "it is no ordinary file"

Put = Callable[[Path, bytes], None]  # writes a file
_PREFIX = ".new-"
_LEFT_AFTER_S = 3600.0
_cleared: set[Path] = set()


def _clear_leftovers(folder: Path) -> None:
    """Once per process and folder, remove temporary files that a killed process left there.

    Whoever still writes touches its file all the time, so only what is old is a leftover.
    """
    if folder in _cleared:
        return
    _cleared.add(folder)
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if not entry.name.startswith(_PREFIX):
                continue
            with contextlib.suppress(OSError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime < _LEFT_AFTER_S:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                elif entry.name.endswith(".tmp"):
                    os.unlink(entry.path)


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path``; on success it is synced and replaces ``path``.

    Raises StorageError when the disk is full or the folder cannot be written; ``path`` is then
    as it was, and no temporary file is left.
    """
    path = Path(path)
    with storage_errors(path):
        _require_name(path)
        _keep_devices(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX, suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o666 & ~_UMASK)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def require_target(path: Path) -> Path:
    """``path`` as a file that can be written, for work that takes long before it writes. Raises
    BadInputError for what no file can be called, else StorageError.
    """
    path = Path(path)
    with storage_errors(path):
        _require_name(path)
        for place in (path, *path.parents):
            try:
                is_folder = stat.S_ISDIR(os.stat(place).st_mode)
            except (FileNotFoundError, NotADirectoryError):
                continue
            if is_folder and place == path:
                raise StorageError(
                    "{path} is a folder, not a file.", path=path, remedy="Choose another name."
                )
            if not is_folder and place != path:
                raise StorageError(
                    "{path} is a file, not a folder.", path=place, remedy="Choose another folder."
                )
            break
        _keep_devices(path)
    return path


def _require_name(path: Path) -> None:
    """Refuse half letters that stand for no byte, and zero bytes."""
    try:
        strange = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        strange = True
    if strange:
        name = path.name.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        raise BadInputError(
            "No file can be called {name}.", name=name, remedy="Choose another name."
        )


def _keep_devices(path: Path) -> None:
    """A file would take the place of a device or a pipe, for the whole system."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, _STRANGE_REASON, str(path))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` atomically."""
    with atomic_file(path) as stream:
        stream.write(data)


def write_unsynced(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` atomically, but leave it to the system when it reaches the disk:
    for thousands of small files that can be written again after a power failure.
    """
    folder = os.path.dirname(path)
    name = os.path.join(folder, f".new-{os.getpid()}-{next(_numbers)}.tmp")
    with storage_errors(path):
        descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o666)
        try:
            try:
                while data:
                    data = data[os.write(descriptor, data) :]
            finally:
                os.close(descriptor)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def write_cached(path: Path, data: bytes) -> None:
    """:func:`write_unsynced` into a cache, whose folder anybody may have thrown away."""
    if not path.parent.is_dir():
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
    write_unsynced(path, data)


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` as UTF-8 atomically, line ends as given."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as indented JSON atomically."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_by_name(path: Path, save: Callable[[str], None]) -> None:
    """Replace ``path`` by what ``save(temporary_name)`` writes, for libraries that want a name."""
    path = Path(path)
    with storage_errors(path):
        _require_name(path)
        _keep_devices(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=_PREFIX) as folder:
            name = os.path.join(folder, "file" + path.suffix)
            with _native_errors(path):
                save(name)
            with open(name, "rb+") as stream:
                os.fsync(stream.fileno())
            os.chmod(name, 0o666 & ~_UMASK)
            os.replace(name, path)


@contextlib.contextmanager
def _native_errors(path: Path) -> Iterator[None]:
    """Libraries that write natively wrap the system's error in a class of their own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if "os error 28" in str(error) or "No space left" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's write errors on ``path`` into a StorageError."""
    try:
        yield
    except OSError as caught:
        error = _first_of(caught)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                "The disk is full; {name} was not written.",
                name=path,
                remedy="Free some space and try again.",
            ) from caught
        long = error.errno == errno.ENAMETOOLONG
        raise StorageError(
            "{name} cannot be written: {reason}.",
            name=f"{path.name[:40]}…" if long else path,
            reason=reason_of(error),
            remedy="Choose a shorter name."
            if long
            else "Choose another folder or check its permissions.",
        ) from caught


def _first_of(error: OSError) -> OSError:
    """The error itself; where a folder was copied, the first of a list that has them as words."""
    if not (isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list)):
        return error
    words = str(error.args[0][0][-1])
    number = re.match(r"\[Errno (\d+)\]", words)
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(0, words)


def reason_of(error: OSError) -> str:
    """Why the operating system refuses, as the fact ``reason`` of an error."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def system_error(error: OSError) -> StylekilnError:
    """The taxonomy's word for an error of the operating system."""
    if isinstance(error, FileNotFoundError):
        return MissingFileError(
            "{name} does not exist.", name=error.filename, remedy="Check the path."
        )
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return StorageError(
        "The disk is full." if full else "A file could not be read or written: {reason}.",
        reason=reason_of(error),
        remedy="Free some space and try again." if full else "Check the path and permissions.",
    )


def require_folder(path: Path, *, remedy: str = "Check the path.") -> Path:
    """``path`` as a folder that exists and can be listed, else MissingFileError."""
    path = Path(path)
    if not exists(path):
        raise MissingFileError("The folder {path} does not exist.", path=path, remedy=remedy)
    if not path.is_dir():
        raise MissingFileError("{path} is a file, not a folder.", path=path, remedy=remedy)
    if not os.access(path, os.R_OK | os.X_OK):
        raise MissingFileError(
            "The folder {path} cannot be read.", path=path, remedy="Check its permissions."
        )
    return path


def require_file(path: Path, *, remedy: str = "Check the path.") -> Path:
    """``path`` as a file that exists, else MissingFileError."""
    path = Path(path)
    if exists(path) and path.is_dir():
        raise MissingFileError("{path} is a folder, not a file.", path=path, remedy=remedy)
    if not is_file(path):
        raise MissingFileError("The file {path} does not exist.", path=path, remedy=remedy)
    return path


def is_file(path: Path) -> bool:
    """Whether ``path`` is a file; never raises, however strange the name is."""
    return exists(path) and path.is_file()


def exists(path: Path) -> bool:
    """Whether ``path`` is there; a name no file can have, such as one too long, is not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_numbers = itertools.count()
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write other line ends

# Read once at import: the umask can only be read by setting it, which would race in a thread.
_UMASK = _read_umask()
