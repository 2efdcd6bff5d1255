"""Painting on with the settings that a picture file tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.sampling.restoring import sound_values

if TYPE_CHECKING:
    from app.canvas.repaint import Repaint
    from app.session import Session
    from engine.sampling.infotext import Infotext

# Names of a request and of the settings of a repaint.
_NAMES = {
    "prompt": "prompt",
    "negative_prompt": "negative",
    "seed": "seed",
    "steps": "steps",
    "guidance_scale": "guidance",
    "sampler": "sampler",
    "schedule": "schedule",
    "emphasis": "emphasis",
    "strength": "strength",
}


def take_recipe(session: Session, repaint: Repaint, infotext: Infotext, name: str) -> None:
    """Paint with what ``infotext`` of the picture ``name`` says; LoRAs are tags in its prompt. What
    was set before can be had back.
    """
    before = repaint.settings
    values = sound_values(infotext)
    changes = {ours: values[theirs] for theirs, ours in _NAMES.items() if theirs in values}
    if "seed" in changes:
        changes["seed_locked"] = True
    changes["loras"] = ()
    model = infotext.settings.get("Model", "")
    found = next((base for base in repaint.models.bases if base.info.name == model), None)
    repaint.change(**changes)
    if found is not None and found.ref != before.model:
        repaint.choose_model(found.ref)

    def back() -> None:
        repaint.choose_model(before.model)
        repaint.change(**{key: getattr(before, key) for key in changes})

    known = found is not None or not model
    session.notify(
        "Took over the settings of {name}."
        if known
        else "Took over the settings of {name}. Its model {model} is not at hand.",
        action="Undo",
        on_action=back,
        warns=not known,
        name=name,
        model=model,
    )
