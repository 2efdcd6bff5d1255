"""Words drawn by chance: ``__name__`` from a text file, ``{a|b|c}`` from what is written there.

Chance is that of the seed, so that a recipe repeats, and each place of a prompt draws for itself.
A line of a file may hold further ones. ``__name__`` is ``name.txt`` in the folder, ``__a/b__`` the
file ``b.txt`` in its folder ``a``; lines that are empty or start with # do not count. What has no
file, or goes round in circles, stays as it is written. Braces without ``|`` are text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

_NAMED = re.compile(r"__([^\W_](?:(?:(?!__)[\w \-/])*[^\W_])?)__")
_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_MARK = re.compile(rf"{_NAMED.pattern}|{_CHOICE.pattern}")
# Against files that name each other, and lines that double at every draw.
_MOST_DRAWS = 500
_LONGEST = 100_000
_LARGEST_FILE = 8 * 2**20

Lines = Callable[[str], Sequence[str]]


def has_chance(prompt: str) -> bool:
    """Whether something in ``prompt`` is drawn by the seed."""
    return _MARK.search(prompt) is not None


def names_in(prompt: str) -> list[str]:
    """The wildcards that ``prompt`` names, once each, in order."""
    return list(dict.fromkeys(_NAMED.findall(prompt)))


def drawn(prompt: str, seed: int, lines: Lines, *, salt: str = "prompt") -> str:
    """``prompt`` with every choice made. ``salt`` tells texts of one seed apart."""
    if not has_chance(prompt):
        return prompt
    chance = random.Random(f"{salt} {seed}")
    at, draws = 0, 0
    while draws < _MOST_DRAWS and len(prompt) < _LONGEST:
        found = _MARK.search(prompt, at)
        if found is None:
            break
        name, choice = found.groups()
        options = lines(name) if name is not None else choice.split("|")
        if not options:
            at = found.end()
            continue
        picked = options[chance.randrange(len(options))]
        prompt = prompt[: found.start()] + picked.strip() + prompt[found.end() :]
        # A choice around this one can only be read now.
        at = 0 if name is None else found.start()
        draws += 1
    return prompt


def folder_lines(folder: Path | None) -> Lines:
    """Reads wildcards from ``folder``, each file once. None has none."""
    known: dict[str, Sequence[str]] = {}

    def lines(name: str) -> Sequence[str]:
        if name not in known:
            known[name] = _read(folder, name) if folder is not None else ()
        return known[name]

    return lines


def list_wildcards(folder: Path) -> list[str]:
    """The names of the wildcards in ``folder``, sorted."""
    found = (path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.txt"))
    return sorted(name for name in found if _NAMED.fullmatch(f"__{name}__"))


def _read(folder: Path, name: str) -> Sequence[str]:
    path = folder / f"{name}.txt"
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return ()
        text = path.read_text("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ()
    return tuple(_words(text.splitlines()))


def _words(lines: Iterable[str]) -> Iterable[str]:
    stripped = (line.strip() for line in lines)
    return (line for line in stripped if line and not line.startswith("#"))
