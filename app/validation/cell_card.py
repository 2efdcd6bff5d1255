"""The recipe of a cell as a card that shows under the pointer."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from app.i18n import tr
from app.theme import color
from engine.sampling.infotext import SAMPLERS, SCHEDULES

if TYPE_CHECKING:
    from app.validation.model import GridState
    from engine.sampling.request import ImageRequest
    from engine.validation.resolve import Position

CARD_WIDTH = 340
_PROMPT = 240  # characters of a text that are shown


def card(state: GridState, key: Position, infotext: str = "") -> str:
    """Rich text: all fields of the recipe, what was measured, and the infotext once it is read."""
    lines = fields(state, key)
    quiet = color("t3").name()
    rows = "".join(
        f"<tr><td style='color:{quiet}; padding-right:10px'>{escape(name)}</td>"
        f"<td>{escape(value)}</td></tr>"
        for name, value in lines
    )
    told = "<br>".join(escape(line) for line in infotext.splitlines())
    text = f"<p style='color:{quiet}; font-size:11px'>{told}</p>" if told else ""
    title = f"<b>{escape(state.name_of(key))}</b>"
    body = f"{title}{_problem(state, key)}<table>{rows}</table>{text}"
    return f"<div style='width:{CARD_WIDTH}px'>{body}</div>"


def _problem(state: GridState, key: Position) -> str:
    cell = state.cell(key)
    if cell is None or not cell.problem:
        return ""
    tint = color("err").name()
    retry = escape(tr("Enter tries again."))
    return f"<p style='color:{tint}'>{escape(cell.problem)}</p><p>{retry}</p>"


def fields(state: GridState, key: Position) -> list[tuple[str, str]]:
    """Names and values of the recipe of ``key``, then what was measured of it."""
    request = state.request
    if request is None:
        return []
    image = state.image_at(key)
    found = [(tr("Prompt"), _short(image.prompt))]
    if image.negative_prompt:
        found.append((tr("Negative"), _short(image.negative_prompt)))
    found += _loras(image)
    found += [
        (tr("Seed"), str(image.seed)),
        (tr("Sampler"), f"{SAMPLERS[image.sampler]} {SCHEDULES[image.schedule]}"),
        (tr("Steps"), str(image.steps)),
        (tr("Guidance"), f"{image.guidance_scale:g}"),
        (tr("Model"), Path(image.model).name),
    ]
    if image.width and image.height:
        found.append((tr("Size"), f"{image.width} × {image.height}"))
    if image.clip_skip > 1:
        found.append((tr("Clip skip"), str(image.clip_skip)))
    if image.init_image:
        found.append((tr("Start picture"), Path(image.init_image).name))
        found.append((tr("Strength"), f"{image.strength:g}"))
    return found + _measured(state, key)


def _loras(image: ImageRequest) -> list[tuple[str, str]]:
    return [
        (
            "LoRA",
            f"{Path(use.path).stem}, {use.weight:g}"
            + (f" / {use.text:g}" if use.text != use.weight else ""),
        )
        for use in image.loras
    ]


def _measured(state: GridState, key: Position) -> list[tuple[str, str]]:
    cell = state.cell(key)
    if cell is None or cell.copying is None:
        return []
    return [
        (tr("Copying"), f"{cell.copying:.2f}"),
        (tr("Nearest"), Path(cell.nearest).name),
    ]


def _short(text: str) -> str:
    return text if len(text) <= _PROMPT else text[: _PROMPT - 1] + "…"
