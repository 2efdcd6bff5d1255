"""Names that files and folders can have on every system, since projects move between them."""

from __future__ import annotations

import re
import unicodedata

from engine.runtime.refusals import SettingError

MOST_LETTERS, MOST_CHINESE = 120, 66
_MOST_BYTES = 200
"""A file name holds 255 bytes. The longest that a run puts behind its own, that of a sample with
step, time and seed, takes 52 of them."""
_FORBIDDEN = '/\\:*?"<>|'
# Windows gives these to devices, whatever ending follows.
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³]) *(\..*)?", re.I)


def refuse_file_name(name: str) -> None:
    """Raise SettingError for a name that files cannot have on every system."""
    if any(sign in name for sign in _FORBIDDEN) or name.strip(". ") == "":
        raise SettingError('A file name cannot contain / \\ : * ? " < > | or be only dots.')
    if any(map(_is_control, name)):
        raise SettingError("A file name cannot contain line breaks, tabs or control characters.")
    if name.endswith("."):
        raise SettingError("A file name cannot end with a dot on Windows.")
    if _DEVICES.fullmatch(name):
        raise SettingError(
            "The name {name} belongs to a device on Windows. Choose another one.",
            name=name.partition(".")[0].strip(),
        )
    if len(name) > MOST_LETTERS or _bytes(name) > _MOST_BYTES:
        raise SettingError(
            "It is too long for the names of files: {letters} letters fit, or {chinese} Chinese "
            "characters.", letters=MOST_LETTERS, chinese=MOST_CHINESE,
        )  # fmt: skip


def fitting(text: str, room: int = 0) -> str:
    """What of ``text`` can be the start of a name, with ``room`` letters left; may be empty."""
    kept = "".join(sign for sign in text if sign not in _FORBIDDEN and not _is_control(sign))
    kept = kept.strip(". ")
    if _DEVICES.fullmatch(kept):
        kept = kept.partition(".")[0].strip() + "-" + kept.partition(".")[2]
    kept = kept[: MOST_LETTERS - room]
    while _bytes(kept) > _MOST_BYTES - room:
        kept = kept[:-1]
    return kept.strip(". -")


def _is_control(sign: str) -> bool:
    """Whether ``sign`` is a control character, a break of lines, or half a letter."""
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")


def _bytes(name: str) -> int:
    return len(name.encode("utf-8", "replace"))
