"""Reading a tokenizer.json without stopping other threads.

The tokenizers library reads the 2 MB of CLIP's in one call of 150 ms that keeps the interpreter,
and the window stands still. Here the two long lists are read in Python, which gives way, and the
call that is left takes a third.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf"\s*({_STRING})\s*:\s*(\d+)\s*,?")
_MERGE = re.compile(rf"\s*\[\s*({_STRING})\s*,\s*({_STRING})\s*\]\s*,?")
_VOCABULARY = re.compile(r'"vocab"\s*:\s*\{')
_MERGES = re.compile(r'"merges"\s*:\s*\[')


def read_tokenizer(path: Path) -> Any:
    """The tokenizer of a tokenizer.json, as ``tokenizers.Tokenizer.from_file`` makes it. Raises
    what that raises.
    """
    from tokenizers import Tokenizer, models

    text = path.read_text("utf-8")
    words: dict[str, int] = {}
    same: dict[str, str] = {}  # what is merged are words, which are kept once
    pairs: list[tuple[str, str]] = []

    def take_token(quoted: str, number: str) -> None:
        word = _text(quoted)
        words[word], same[word] = int(number), word

    def take_merge(*quoted: str) -> None:
        left, right = map(_text, quoted)
        pairs.append((same.get(left, left), same.get(right, right)))

    vocabulary = _taken(text, _VOCABULARY, _TOKEN, "}", take_token)
    merges = _taken(text, _MERGES, _MERGE, "]", take_merge)
    if vocabulary is None or merges is None or vocabulary[1] > merges[0]:
        return Tokenizer.from_file(str(path))  # of another kind, or laid out in another way
    (begin, end), (first, last) = vocabulary, merges
    rest = json.loads(text[:begin] + text[end:first] + text[last:])
    told = rest["model"]
    if told.get("type") != "BPE":
        return Tokenizer.from_file(str(path))
    model = {key: told[key] for key in told if key != "type" and told[key] is not None}
    model["vocab"], model["merges"] = words, pairs
    # Tokens that are added keep their numbers only where the vocabulary has them.
    told["vocab"] = {one["content"]: one["id"] for one in rest["added_tokens"]}
    made = Tokenizer.from_str(json.dumps(rest))
    made.model = models.BPE(**model)
    return made


def _taken(
    text: str, head: re.Pattern[str], item: re.Pattern[str], end: str, take: Callable[..., None]
) -> tuple[int, int] | None:
    """Give ``take`` the items of the list after ``head``, and tell where they begin and end; None
    when ``text`` has no such list, or one with other things in it.
    """
    found = head.search(text)
    if found is None:
        return None
    place = begin = found.end()
    while (match := item.match(text, place)) is not None:
        take(*match.groups())
        place = match.end()
    return (begin, place) if text[place:].lstrip()[:1] == end else None


def _text(quoted: str) -> str:
    return json.loads(quoted) if "\\" in quoted else quoted[1:-1]
