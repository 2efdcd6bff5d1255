"""Texts in another language, by their English: what the window says, and files made to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.runtime.resources import resource

_BEFORE = re.compile(r"(?<=[\u4e00-\u9fff]) \{(\w+)\}")
_STOPS = ".!?…。！？"
_AFTER = re.compile(r"\{(\w+)\} (?=[\u4e00-\u9fff])")


class Words:
    """The words of a language: ``"en"`` or the name of a folder of ``resources/translations``."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._table = {} if language == "en" else _load(language)

    def __call__(self, text: str, many: str = "", /, **facts: Any) -> str:
        """``text`` with ``{facts}`` filled in.

        ``many`` is the English plural, used unless the fact ``n`` is 1 or "1"; translations are
        found under the plural, because Chinese has one form. A fact that is callable is called
        now, so that it can be a translation itself.
        """
        values = {key: value() if callable(value) else value for key, value in facts.items()}
        key = many or text
        template = self._table.get(key)
        if template is None:
            template = text if many and str(values.get("n")) == "1" else key
        return self._fill(template, values)

    def joined(self, sentences: list[str]) -> str:
        """Sentences one after the other, as the language sets them."""
        return ("" if self.language == "zh_CN" else " ").join(sentences)

    def sentence(self, text: str) -> str:
        """``text`` as a sentence of its own: with a capital and a full stop."""
        stop = "。" if self.language == "zh_CN" else "."
        whole = text[:1].upper() + text[1:]
        return whole if not whole or whole[-1] in _STOPS else whole + stop

    def _fill(self, template: str, facts: Mapping[str, Any]) -> str:
        """Format ``template``; a stray brace is shown as it is and never raises."""
        if "{" not in template:
            return template
        if self.language == "zh_CN":
            template = _without_gaps(template, facts)
        try:
            return template.format_map(facts)
        except (KeyError, ValueError, IndexError):
            return template


def _load(language: str) -> dict[str, str]:
    """Every translation, all areas merged."""
    table: dict[str, str] = {}
    for path in sorted(resource("translations", language).glob("*.json")):
        table.update(json.loads(path.read_text("utf-8")))
    return table


def _without_gaps(template: str, facts: Mapping[str, Any]) -> str:
    """Drop the space that sets Latin apart from Chinese where the fact turns out to be Chinese."""

    def tight(found: re.Match[str], end: int) -> str:
        value = str(facts.get(found[1], ""))
        chinese = bool(value) and "\u4e00" <= value[end] <= "\u9fff"
        return found[0].strip() if chinese else found[0]

    template = _BEFORE.sub(lambda found: tight(found, 0), template)
    return _AFTER.sub(lambda found: tight(found, -1), template)
