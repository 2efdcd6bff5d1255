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
    vocabulary = _taken(text, _VOCABULARY, _TOKEN, "}")
    merges = _taken(text, _MERGES, _MERGE, "]")
    if vocabulary is None or merges is None or vocabulary[2] > merges[1]:
        return Tokenizer.from_file(str(path))  # of another kind, or laid out in another way
    tokens, begin, end = vocabulary
    pairs, first, last = merges
    rest = json.loads(text[:begin] + text[end:first] + text[last:])
    told = rest["model"]
    if told.get("type") != "BPE":
        return Tokenizer.from_file(str(path))
    model = {key: told[key] for key in told if key != "type" and told[key] is not None}
    model["vocab"] = {_text(token): int(number) for token, number in tokens}
    model["merges"] = [(_text(left), _text(right)) for left, right in pairs]
    # Tokens that are added keep their numbers only where the vocabulary has them.
    told["vocab"] = {one["content"]: one["id"] for one in rest["added_tokens"]}
    made = Tokenizer.from_str(json.dumps(rest))
    made.model = models.BPE(**model)
    return made


def _taken(
    text: str, head: re.Pattern[str], item: re.Pattern[str], end: str
) -> tuple[list[tuple[str, ...]], int, int] | None:
    """The items of the list after ``head``, and where they begin and end; None when ``text`` has no
    such list, or one with other things in it.
    """
    found = head.search(text)
    if found is None:
        return None
    items: list[tuple[str, ...]] = []
    place = begin = found.end()
    while (match := item.match(text, place)) is not None:
        items.append(match.groups())
        place = match.end()
    return (items, begin, place) if text[place:].lstrip()[:1] == end else None


def _text(quoted: str) -> str:
    return json.loads(quoted) if "\\" in quoted else quoted[1:-1]
