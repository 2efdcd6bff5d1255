"""With which settings the Dataset workspace looks ahead: those of the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dataset.buckets import BucketSpec, usual_spec
from engine.project.project import ProjectFile
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated
from engine.training.config import TrainRequest
from engine.training.pictures import bucket_spec
from engine.training.settings.pictures import PictureSettings

if TYPE_CHECKING:
    from app.session import Session

FIELDS = (
    "resolution",
    "enable_bucket",
    "min_bucket_reso",
    "max_bucket_reso",
    "bucket_reso_steps",
    "bucket_no_upscale",
    "train_batch_size",
    "shuffle_caption",
    "keep_tokens",
    "caption_dropout_rate",
    "seed",
)
"""The settings that are set beside the picture; the others are set where a run is prepared."""
usual_resolution: int = ProjectFile.model_fields["resolution"].default


def request_of(session: Session) -> TrainRequest:
    """The next run as Train would start it; without a trigger word of its own it reads that of the
    project. Raises BadInputError for settings at odds.
    """
    settings = session.run_settings
    values = settings.next_values()
    if session.project is not None and not values["trigger_word"]:
        values = values | {"trigger_word": session.project.file.trigger_word}
    if settings.sound is None or settings.sound[0] != values:
        settings.sound = dict(values), validated(TrainRequest, values or {"project": "."})
    return settings.sound[1]


def sound_request_of(session: Session) -> TrainRequest | None:
    """The same; while the settings are at odds what it was before, None if it never was."""
    try:
        return request_of(session)
    except BadInputError:
        return session.run_settings.sound[1] if session.run_settings.sound is not None else None


def spec_of(session: Session) -> BucketSpec:
    """The buckets of the next run; those of the project where it never was without a mistake."""
    request = sound_request_of(session)
    if request is not None:
        return bucket_spec(request, session.run_settings.side)
    side = session.project.file.resolution if session.project is not None else usual_resolution
    return usual_spec(side)


def pictures_of(session: Session) -> PictureSettings:
    """How the next run treats pixels."""
    return sound_request_of(session) or PictureSettings()
