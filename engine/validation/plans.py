"""Grids that answer a question, made in one step: is it over-fitted, how strong, with what else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.runtime.errors import BadInputError
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis, Value, expanded
from engine.validation.learned import TrainedRun
from engine.validation.planted import PromptKind
from engine.validation.request import GridRequest, four_axes
from engine.validation.sides import Sides
from engine.validation.trigger import with_trigger, without_trigger

CHECKED_WEIGHTS = (0.6, 0.8, 1.0)
"""Of every checkpoint; weight 0 is the row of the base model, which is the same under all."""
SWEPT_WEIGHTS = "0-1.4 (+0.2)"
COMBINED_WEIGHTS = (0.0, 0.4, 0.7, 1.0)
STRENGTHS = (0.3, 0.5, 0.7, 0.9)
SEEDS = 4
OF_A_KIND = 2
"""Captions that were learned, and as many that were not."""
BATCH = 8


def check_prompts(run: TrainedRun) -> dict[str, PromptKind | None]:
    """Six prompts for an over-fit check and what each shows: two captions that were learned, two
    that were held out, the trigger word alone, and a caption without it.

    Without held-out captions there are more learned ones; without a trigger word nothing can be
    turned off, and its two places go to further captions. A run without any caption is asked for
    its trigger word, or for nothing in particular, as it was while training. Where its pictures are
    gone it is what an earlier grid asked for; what its captions show is then not known (None).

    Raises BadInputError where nothing is known that could be asked for.
    """
    if run.problem is not None and run.asked:
        return {text: _kind_by_trigger(text, run.trigger) for text in run.asked}
    found = _captions_of(run)
    if not found and run.problem is not None:
        raise BadInputError(
            "Without the pictures of {name} and their captions nobody knows what to ask it for.",
            name=run.name,
            remedy="Bring them back to where they were, or write prompts of your own in Validate.",
        )
    return found or {"": "seen"}


def _captions_of(run: TrainedRun) -> dict[str, PromptKind | None]:
    trigger = run.trigger
    room = 2 * OF_A_KIND + (0 if trigger else 2)
    # Held-out captions first, because a learned one of the same words would not show the unseen.
    unseen = _spread([text for text in run.unseen if text not in run.seen], room // 2)
    seen = _spread(run.seen, room - len(unseen))
    found: dict[str, PromptKind | None] = {with_trigger(text, trigger): "seen" for text in seen}
    found |= {with_trigger(text, trigger): "unseen" for text in unseen}
    if trigger:
        found[trigger] = "trigger"
        plain = (without_trigger(text, trigger) for text in (*seen, *unseen))
        off = next((text for text in plain if text and text not in found), "")
        if off:
            found[off] = "off"
    return found


def _kind_by_trigger(prompt: str, trigger: str) -> PromptKind | None:
    if not trigger:
        return None
    bare = without_trigger(prompt, trigger)
    return "off" if bare == prompt else None if bare else "trigger"


def over_fit_check(
    run: TrainedRun,
    folder: str,
    *,
    cells: str = "",
    prompts: Sequence[str] | None = None,
    first_seed: int = 1,
    image: ImageRequest | None = None,
) -> GridRequest:
    """The base model and all checkpoints of ``run`` at weights 0.6, 0.8 and 1, four seeds, the six
    prompts of :func:`check_prompts` or ``prompts``. Raises BadInputError where there are none.
    """
    shared = image or ImageRequest(batch_size=BATCH)
    return GridRequest(
        folder=folder,
        cells=cells,
        image=shared.model_copy(update={"model": run.base_model}),
        axes=four_axes(
            ("", *run.files),
            CHECKED_WEIGHTS,
            range(first_seed, first_seed + SEEDS),
            list(prompts or check_prompts(run)),
        ),
        trigger=run.trigger,
    )


def weight_sweep(
    checkpoints: Sequence[str],
    prompts: Sequence[str],
    folder: str,
    *,
    cells: str = "",
    seeds: Sequence[int] = (1, 2, 3, 4),
    image: ImageRequest | None = None,
) -> GridRequest:
    """From weight 0 to where most LoRAs break, in small steps."""
    axes: Mapping[str, Sequence[Value] | str] = {
        "checkpoint": checkpoints,
        "weight": SWEPT_WEIGHTS,
        "prompt": prompts,
        "seed": tuple(seeds),
    }
    return _grid(folder, cells, image, axes)


def combine_styles(
    first: str,
    second: str,
    prompts: Sequence[str],
    folder: str,
    *,
    cells: str = "",
    seeds: Sequence[int] = (1, 2),
    image: ImageRequest | None = None,
) -> GridRequest:
    """Two LoRAs together: the weight of the first across, that of the second down."""
    axes: Mapping[str, Sequence[Value] | str] = {
        "checkpoint": (first,),
        "second_checkpoint": (second,),
        "second_weight": COMBINED_WEIGHTS,
        "weight": COMBINED_WEIGHTS,
        "prompt": prompts,
        "seed": tuple(seeds),
    }
    shown = Sides(x="weight", y="second_weight", group_x="prompt")
    return _grid(folder, cells, image, axes, shown)


def on_sketches(
    sketches: Path,
    checkpoint: str,
    prompts: Sequence[str],
    folder: str,
    *,
    cells: str = "",
    weights: Sequence[float] = (0.0, 1.0),
    image: ImageRequest | None = None,
) -> GridRequest:
    """Pictures painted over those in the folder ``sketches``, down, by how much is painted again,
    across; with the style and without it.
    """
    axes: Mapping[str, Sequence[Value] | str] = {
        "checkpoint": (checkpoint,),
        "init_image": expanded("picture", (str(sketches),)),
        "weight": tuple(weights),
        "strength": STRENGTHS,
        "prompt": prompts,
    }
    pages = ("prompt",) if len(prompts) > 1 else ()
    shown = Sides(x="strength", y="init_image", group_x="weight", pages=pages)
    return _grid(folder, cells, image, axes, shown)


def _grid(
    folder: str,
    cells: str,
    image: ImageRequest | None,
    axes: Mapping[str, Sequence[Value] | str],
    shown: Sides | None = None,
) -> GridRequest:
    made = [Axis.model_validate({"setting": name, "values": axes[name]}) for name in axes]
    shared = image or ImageRequest(batch_size=BATCH)
    return GridRequest(
        folder=folder, cells=cells, image=shared, axes=tuple(made), shown=shown or Sides()
    )


def _spread(values: Sequence[str], count: int) -> list[str]:
    """``count`` of ``values``, evenly spread, always the same ones."""
    if len(values) <= count:
        return list(values)
    step = len(values) / count
    return [values[int(step * (number + 0.5))] for number in range(count)]
