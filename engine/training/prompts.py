"""Sample prompts with kohya's options: ``castle, icon --n blurry --w 128 --d 42 --s 20``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPTIONS = re.compile(r"\s+--(?=[A-Za-z])")
_NUMBERS = {"w": "width", "h": "height", "d": "seed", "s": "steps", "l": "guidance_scale"}


@dataclass(frozen=True)
class SamplePrompt:
    """One line of the sample prompts; None where the line says nothing."""

    prompt: str
    negative_prompt: str = ""
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None


def parse_prompt(line: str) -> SamplePrompt:
    """Read one line. Options start with a space and two dashes; others than kohya's ``w h d s l n``
    are left out of the prompt and have no effect. Sizes are floored to multiples of 8, at least 64.
    """
    prompt, *options = _OPTIONS.split(f" {line.strip()}")
    values: dict[str, float | int | str] = {}
    for option in options:
        name, _, value = option.partition(" ")
        values.update(_option(name.lower(), value.strip()))
    return SamplePrompt(prompt.strip(), **values)  # type: ignore[arg-type]


def _option(name: str, value: str) -> dict[str, float | int | str]:
    if name == "n":
        return {"negative_prompt": value}
    field = _NUMBERS.get(name)
    number = re.match(r"\d+(\.\d+)?", value)
    if field is None or number is None:
        return {}
    if field == "guidance_scale":
        return {field: float(number[0])}
    whole = int(float(number[0]))
    if field in ("width", "height"):
        return {field: max(64, whole - whole % 8)}
    return {field: min(1000, max(1, whole)) if field == "steps" else whole}
