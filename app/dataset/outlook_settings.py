"""With which settings the Dataset workspace looks ahead: those of the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.dataset.buckets import BucketSpec, usual_spec, usual_step
from engine.project.project import ProjectFile
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated
from engine.training.config import TrainRequest
from engine.training.pictures import bucket_spec

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
"""Settings that change what training reads of a picture."""
OWN = (
    "trigger_word", "categories", "validation_split", "validation_seed", "reg_data_dir",
    "caption_extension",
)  # fmt: skip
"""What else does, and is not taken over from the newest run."""
usual_resolution: int = ProjectFile.model_fields["resolution"].default


def values_of(session: Session) -> dict[str, Any]:
    """What a run would use: set by hand, else as in the newest run, else as the project says."""
    file = session.project.file if session.project is not None else None
    resolution = file.resolution if file is not None else usual_resolution
    last = {n: v for n, v in session.run_settings.last.items() if n in FIELDS and v != ""}
    if resolution != usual_resolution:
        last.pop("resolution", None)  # it was chosen for the project
    mine = session.run_settings.values
    plain = {name: TrainRequest.model_fields[name].default for name in FIELDS}
    first = {
        "resolution": str(resolution),
        "bucket_reso_steps": usual_step(resolution),
        # what Train suggests for the starter, and for large models
        "train_batch_size": 8 if resolution < 512 else 1,
        "trigger_word": (file.trigger_word if file is not None else "")
        or session.run_settings.last.get("trigger_word", ""),
    }
    # An empty trigger word means the project's own to a run too.
    more = {n: mine[n] for n in OWN if mine.get(n)}
    shown = {n: v for n, v in mine.items() if n in FIELDS} | more
    return {**plain, **first, **last, **shown}


def request_of(session: Session) -> TrainRequest:
    """The frozen request the preview follows. Raises BadInputError for settings at odds."""
    root = session.project.root if session.project is not None else "."
    return validated(TrainRequest, {**values_of(session), "project": str(root)})


def spec_of(session: Session) -> BucketSpec:
    """The buckets of the next run; those of the project while its settings are at odds."""
    try:
        return spec_for(request_of(session))
    except BadInputError:
        side = session.project.file.resolution if session.project is not None else usual_resolution
        return usual_spec(side)


def spec_for(request: TrainRequest) -> BucketSpec:
    """The buckets of a request that names its resolution. Raises BadInputError."""
    size = request.size or (512, 512)
    return bucket_spec(request, size[0])
