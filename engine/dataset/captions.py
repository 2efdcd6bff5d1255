"""Caption files: text beside the pictures, read in whatever encoding they have, never damaged.

Reading and writing back the same text gives the same bytes. What cannot be decoded stays as it is
and is marked as a problem. An unchanged caption is never written.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import stat
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from engine.dataset.line_ends import MixedText, ends_of, fitted, with_ends
from engine.dataset.problem import Problem
from engine.runtime.errors import BadInputError, StorageError
from engine.runtime.files import reason_of, storage_errors, write_bytes, write_unsynced

SUFFIX = ".txt"
LARGEST = 1 << 20
"""Bytes above which a text file beside a picture is not taken for its caption."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_NONE = Problem()


@dataclass(frozen=True)
class Caption:
    """A caption as read. ``text`` has ``\\n`` line ends, and none after its last line; of a file
    that mixes line ends it is a :class:`MixedText`.

    ``newline`` is the file's line end, the most frequent one where they are mixed; ``tail`` the
    line ends after the text, as ``\\n``; ``problem`` one sentence when the bytes could not be
    read, and then ``text`` is empty and the file must be left alone.
    """

    text: str = ""
    encoding: str = "utf-8"
    newline: str = "\n"
    bom: bytes = b""
    tail: str = ""
    problem: Problem = _NONE
    exists: bool = False


def caption_path(picture: Path, suffix: str = SUFFIX) -> Path:
    """The caption file of ``picture``: same folder, same stem."""
    return picture.with_name(picture.stem + suffix)


def from_file_name(stem: str) -> str:
    """``"bell_pepper_copy"`` as words: ``"bell pepper copy"``."""
    return " ".join(re.split(r"[_\s]+", stem)).strip()


def normal(text: str) -> str:
    """``text`` with ``\\n`` line ends and none after its last line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def read_caption(path: Path) -> Caption:
    """The caption in ``path``; an empty one that does not exist when there is no file.

    Never raises: what goes wrong is in ``problem``.
    """
    return read_stored(path)[0]


def read_stored(path: Path) -> tuple[Caption, bytes | None]:
    """The same, with the bytes of the file where it was read."""
    try:
        with open(path, "rb", buffering=0, opener=_at_once) as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                return _unusable(Problem("{name} is not a regular file.", name=path.name)), None
            if facts.st_size > LARGEST:
                return _unusable(
                    Problem("{name} is too large to be a caption.", name=path.name)
                ), None
            data = file.readall()
    except FileNotFoundError:
        return Caption(), None
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error
        problem = Problem("{path} cannot be read: {reason}.", path=path.name, reason=reason)
        return _unusable(problem), None
    found = decode(data)
    if found is not None:
        return found, data
    unknown = Problem(
        "{name} is in an unknown text encoding.",
        name=path.name,
        remedy="Save it as UTF-8 in a text editor.",
    )
    return _unusable(unknown), data


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for who writes into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def decode(data: bytes) -> Caption | None:
    """``data`` as a caption, or None when no encoding fits; :func:`encode` turns it back into the
    same bytes.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom) :], encoding, bom)
    for encoding in _likely(data):
        found = _decoded(data, encoding, b"")
        if found is not None:
            return found
    return None


def encode(caption: Caption) -> bytes:
    """The bytes of a caption file, in the encoding and with the line ends it came with."""
    whole = caption.text + caption.tail
    ends = getattr(caption.text, "ends", ())
    text = with_ends(whole, ends) if ends else whole.replace("\n", caption.newline)
    return caption.bom + text.encode(caption.encoding)


def write_caption(path: Path, text: str, like: Caption, *, synced: bool = True) -> bool:
    """Write ``text`` to ``path`` the way ``like`` was written; whether anything was written.

    An unchanged or undecodable caption is left alone, and one that is a link stays one. Where
    lines ended differently each line that stays keeps its end; a :class:`MixedText` brings its own.
    Raises StorageError, also for a file marked read-only, and BadInputError for text that has no
    bytes in that encoding.
    """
    text = text if isinstance(text, MixedText) else normal(text)
    if like.problem or (like.exists and text == like.text):
        return False
    if like.exists and not _may_be_written(path):
        raise StorageError(
            "{name} cannot be written: {reason}.",
            name=path,
            reason="it is read-only",
            remedy="Check its permissions.",
        )
    data = _stored(path.stem, fitted(text, like.text, like.tail, like.newline), like)
    (write_bytes if synced else write_unsynced)(behind_links(path), data)
    return True


def behind_links(path: Path) -> Path:
    """The file that ``path`` leads to: replacing ``path`` itself would cut the link."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path


def _may_be_written(path: Path) -> bool:
    """Replacing a file asks nobody whether the old one was read-only."""
    with storage_errors(path):
        return bool(os.stat(path).st_mode & 0o222) and os.access(path, os.W_OK)


def _stored(name: str, text: str, like: Caption) -> bytes:
    """``text`` in the encoding of ``like``; as UTF-8 where that would be read as another text."""
    for way in (like, replace(like, encoding="utf-8", bom=b"")):
        with contextlib.suppress(UnicodeEncodeError):
            data = encode(replace(way, text=text))
            back = decode(data)
            if back is not None and back.text == text and len(data) <= LARGEST:
                return data
    if len(text) * 4 > LARGEST:
        raise BadInputError(
            "The caption of {name} is too long.", name=name, remedy="Shorten it and try again."
        )
    raise BadInputError(
        "The caption of {name} holds characters that cannot be stored.",
        name=name,
        remedy="Remove the unusual characters.",
    )


def remove_caption(path: Path) -> None:
    """Delete a caption file, to undo its making. Raises StorageError."""
    with storage_errors(path):
        behind_links(path).unlink(missing_ok=True)


def _unusable(problem: Problem) -> Caption:
    return Caption(problem=problem, exists=True)


def _decoded(data: bytes, encoding: str, bom: bytes) -> Caption | None:
    try:
        raw = data.decode(encoding)
        if raw.encode(encoding) != data or "\0" in raw:
            return None
    except UnicodeError:
        return None
    ends = ends_of(raw)
    kinds = Counter(ends)
    newline = kinds.most_common(1)[0][0] if kinds else "\n"
    text = normal(raw)
    tail = "\n" * (len(ends) - text.count("\n"))
    return Caption(
        MixedText.of(text, ends) if len(kinds) > 1 else text,
        encoding,
        newline,
        bom,
        tail,
        exists=True,
    )


def _likely(data: bytes) -> list[str]:
    """Encodings to try for bytes without a byte order mark, best first."""
    if data.isascii() and b"\0" not in data:
        return ["utf-8"]
    if b"\0" in data:  # text never holds a zero byte, but UTF-16 of Latin letters is half zeros
        return ["utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be"]
    return ["utf-8", "gb18030"] if _looks_chinese(data) else ["utf-8"]


def _looks_chinese(data: bytes) -> bool:
    """Whether GB18030 bytes make everyday Chinese. Latin-1 text decodes as GB18030 by chance too,
    but into rare characters: two small letters with accents are one of GB 2312's second level.
    """
    try:
        foreign = [sign for sign in data.decode("gb18030") if ord(sign) > 127]
    except UnicodeDecodeError:
        return False
    return sum(_is_common(sign) for sign in foreign) * 2 >= len(foreign)


def _is_common(sign: str) -> bool:
    """Whether ``sign`` is a mark or a character of GB 2312's first level, rows 1 to 55."""
    try:
        return sign.encode("gb2312")[0] < 0xA0 + 56
    except UnicodeEncodeError:
        return False
