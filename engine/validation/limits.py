"""When a row of the evidence is flagged: limits that a team can move, kept with its project."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.runtime.errors import BadInputError
from engine.runtime.files import write_json
from engine.runtime.parsing import load_kept
from engine.runtime.schema import setting
from engine.validation.sentences import Sentence

NAME = "validation-limits.json"


class Limits(BaseModel):
    """The limits. All can be changed; none is a law."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    least_fit: float = setting(
        0.5,
        label="Style fit",
        help="Below this the style counts as not learned: 0 is the base model, 1 the wanted style.",
        group="Style",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    about_as_good: float = setting(
        0.05,
        label="About as good",
        help="Rows whose style fit differs by no more than this count as equally good.",
        group="Style",
        ge=0.0,
        le=0.5,
        step=0.01,
    )
    copies_share: float = setting(
        0.1,
        label="Share of copies",
        help="A row with a larger share of pictures above the copy threshold repeats its training.",
        group="Copying",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    copy_similarity: float = setting(
        0.0,
        label="Most alike picture",
        help="A picture that is more like a training picture is a copy. 0 takes what the training "
        "pictures themselves suggest.",
        group="Copying",
        ge=0.0,
        le=1.0,
        step=0.01,
    )
    excess: float = setting(
        0.05,
        label="Copying",
        help="How much nearer to the training pictures than held-out ones generated pictures may "
        "be.",
        group="Copying",
        ge=0.0,
        le=1.0,
        step=0.01,
    )
    share_of_background: float = setting(
        2.0,
        label="Copies, times usual",
        help="How many times the share of copies may exceed that of the training pictures among "
        "themselves.",
        group="Copying",
        ge=1.0,
        le=10.0,
        step=0.5,
    )
    variety_of_base: float = setting(
        0.7,
        label="Diversity",
        help="How much the seeds of one prompt have to differ: 1 is as much as in the base model, "
        "or as the training pictures do among themselves.",
        group="Variety",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    variety_of_best: float = setting(
        0.6,
        label="Diversity, of the best",
        help="The same, against the most varied checkpoint at the same weight.",
        group="Variety",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    least_entropy: float = setting(
        0.7,
        label="Spread",
        help="Below this a few training pictures attract whatever is asked for.",
        group="Variety",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    least_kept: float = setting(
        0.5,
        label="Subjects kept",
        help="How much of the base model's layout has to be left.",
        group="Prompts",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    following_drop: float = setting(
        0.1,
        label="Loss of prompt following",
        help="The part of the base model's agreement with the prompts that may be lost.",
        group="Prompts",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    leak: float = setting(
        0.75,
        label="Change without the trigger",
        help="How far prompts without the trigger word may move away from the base model's "
        "pictures: 0 is not at all, 1 is as far as another seed would.",
        group="Prompts",
        level="simple",
        ge=0.0,
        le=2.0,
        step=0.05,
    )
    loss_rise: float = setting(
        0.02,
        label="Rise of the held-out loss",
        help="How far the held-out loss may be above its lowest value earlier in the run: 0.02 is "
        "2 % above it.",
        group="Suspicion",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.01,
    )
    signs_needed: int = setting(
        2,
        label="Signs together",
        help="How many signs of over-fitting together make a suspicion.",
        group="Suspicion",
        ge=1,
        le=6,
    )


def load(project: Path) -> tuple[Limits, Sentence | None]:
    """The limits of the project in the folder ``project``, and what is wrong with its file.

    Without a file, or with one that cannot be used, they are the defaults.
    """
    try:
        kept = load_kept(project / NAME)
        return Limits() if kept is None else Limits.model_validate(kept), None
    except (BadInputError, ValidationError):
        words = "{name} cannot be used, so the usual limits hold; save them again to replace it."
        return Limits(), Sentence(words, {"name": NAME})


def save(project: Path, limits: Limits) -> None:
    """Keep ``limits`` with the project, atomically. Raises StorageError."""
    write_json(project / NAME, limits.model_dump(mode="json"))
