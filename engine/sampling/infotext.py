"""The text that tells how a picture was made, in the layout A1111 writes and other tools read.

The prompt comes first and may span lines, then ``Negative prompt: …``, then one line of
``Key: value`` pairs. A value with a comma, colon, quote or line break is a JSON string. Unknown
keys are kept in order and written back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NEGATIVE = "Negative prompt: "
# Some prompts cannot be told apart from the layout around them (a last line that looks like
# settings, spaces at the end). Only those are written a second time, under these keys.
EXACT_PROMPT = "Exact prompt"
EXACT_NEGATIVE = "Exact negative prompt"

SAMPLERS = {
    "euler": "Euler",
    "euler_a": "Euler a",
    "dpmpp_2m": "DPM++ 2M",
    "ddim": "DDIM",
    "unipc": "UniPC",
}
SCHEDULES = {
    "normal": "Normal",
    "karras": "Karras",
    "exponential": "Exponential",
    "simple": "Simple",
}
EMPHASIS = {"a1111": "Original", "no_norm": "No norm", "comfy": "ComfyUI"}

_KEY = re.compile(r"\s*([\w][\w \-/]*?)\s*:\s*")
_LEAST_PAIRS = 3


@dataclass(frozen=True)
class Infotext:
    """A prompt, a negative prompt, and the settings as strings in their order."""

    prompt: str
    negative_prompt: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """The text; :func:`parse_infotext` gives exactly this infotext back."""
        text = self._layout({})
        read = parse_infotext(text)
        exact = {}
        if read.prompt != self.prompt:
            exact[EXACT_PROMPT] = self.prompt
        if read.negative_prompt != self.negative_prompt:
            exact[EXACT_NEGATIVE] = self.negative_prompt
        return self._layout(exact) if exact else text

    def _layout(self, exact: Mapping[str, str]) -> str:
        lines = [self.prompt]
        if self.negative_prompt:
            lines.append(NEGATIVE + self.negative_prompt)
        pairs = [f"{key}: {_quoted(value)}" for key, value in self.settings.items()]
        pairs += [f"{key}: {json.dumps(value)}" for key, value in exact.items()]
        if pairs:
            lines.append(", ".join(pairs))
        return "\n".join(lines)


def parse_infotext(text: str) -> Infotext:
    """Read any text in this layout. Never raises: what is not understood is prompt."""
    body, _, last = text.rpartition("\n")
    settings = dict(_pairs(last))
    if len(settings) < _LEAST_PAIRS and not {EXACT_PROMPT, EXACT_NEGATIVE} & set(settings):
        body, settings = text, {}
    prompt, negative = _split_negative(body)
    prompt = settings.pop(EXACT_PROMPT, prompt)
    negative = settings.pop(EXACT_NEGATIVE, negative)
    return Infotext(prompt, negative, settings)


def request_values(infotext: Infotext) -> dict[str, Any]:
    """The fields of an image request that ``infotext`` knows, ready for validation.

    Old sampler names with the schedule inside ("DPM++ 2M Karras") are understood. Values that
    cannot be read are left out.
    """
    settings = infotext.settings
    values: dict[str, Any] = {
        "prompt": infotext.prompt,
        "negative_prompt": infotext.negative_prompt,
    }
    for key, name, convert in (
        ("Steps", "steps", int),
        ("CFG scale", "guidance_scale", float),
        ("Seed", "seed", int),
        ("Variation seed", "variation_seed", int),
        ("Variation seed strength", "variation", float),
        ("Clip skip", "clip_skip", int),
        ("Denoising strength", "strength", float),
    ):
        try:
            values[name] = convert(settings[key])
        except (KeyError, ValueError):
            continue
    if size := re.fullmatch(r"(\d{1,5})x(\d{1,5})", settings.get("Size", "")):
        values["width"], values["height"] = int(size[1]), int(size[2])
    return values | _sampling_names(settings)


def _sampling_names(settings: Mapping[str, str]) -> dict[str, str]:
    sampler, schedule = settings.get("Sampler", ""), settings.get("Schedule type", "")
    for label in SCHEDULES.values():
        if sampler.endswith(" " + label):
            sampler, schedule = sampler.removesuffix(" " + label), label
    wanted = (
        ("sampler", SAMPLERS, sampler),
        ("schedule", SCHEDULES, schedule),
        ("emphasis", EMPHASIS, settings.get("Emphasis", "")),
    )
    found = {}
    for name, labels, value in wanted:
        by_label = {label.lower(): key for key, label in labels.items()}
        if value.lower() in by_label:
            found[name] = by_label[value.lower()]
    return found


def _split_negative(body: str) -> tuple[str, str]:
    """The text before the first line that starts with "Negative prompt:", and the text from it."""
    if body.startswith(NEGATIVE):
        return "", body.removeprefix(NEGATIVE)
    prompt, found, negative = body.partition("\n" + NEGATIVE)
    return (prompt, negative) if found else (body, "")


def _quoted(value: str) -> str:
    return json.dumps(value) if re.search(r'[,:"\n\r]|^\s|\s$|^[\[{]|^$', value) else value


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    """The pairs of a settings line; stops where the line no longer looks like one."""
    at = 0
    while at < len(line):
        key = _KEY.match(line, at)
        if key is None:
            return
        value, at = _value(line, key.end())
        yield key[1], value
        if at < len(line) and line[at] != ",":
            return
        at += 1


def _value(line: str, at: int) -> tuple[str, int]:
    """The value that starts at ``at``, and where it ends: JSON of any kind, or up to a comma."""
    if line[at : at + 1] in ('"', "[", "{"):
        try:
            value, end = json.JSONDecoder().raw_decode(line, at)
        except ValueError:
            pass
        else:
            return value if isinstance(value, str) else line[at:end], end
    end = line.find(",", at)
    end = len(line) if end < 0 else end
    return line[at:end].strip(), end
