"""Taking up a run where it was: finding its state, refusing another run's, opening its folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.models.loading import LoadedModel
from engine.training.config import TrainRequest
from engine.training.pictures import PictureSet
from engine.training.reasons import Reason
from engine.training.route import Route
from engine.training.runs import Run
from engine.training.state import (
    State,
    check_length,
    check_model,
    check_settings,
    find_state,
    fingerprint,
    read_state,
)


@dataclass(frozen=True)
class Resumed:
    """A state and the file it was read from."""

    state: State
    path: Path

    def check(self, model: LoadedModel, updates: int) -> None:
        """Raise BadInputError when the state does not fit the run that is to go on."""
        check_model(self.state, model.sha256, model.name)
        check_length(self.state, updates)

    def reopen(self, request: TrainRequest) -> Run | None:
        """The run that saved the state, to be written on; None when it is finished or gone, so that
        the training goes on in a run of its own.
        """
        folder = self.path.parents[2]
        if not (folder / "run.json").is_file() or Run(folder).status == "finished":
            return None
        own = request.model_copy(update={"resume": ""})
        return Run.reopen(folder, own, self.state.position.step)

    def warnings(self, pictures: PictureSet, route: Route) -> Iterator[Reason]:
        """Sentences about what is not as it was."""
        if fingerprint(pictures.training, route.shelf.sizes) != self.state.pictures:
            yield Reason(
                "The pictures or captions have changed since the state was saved. Training goes on "
                "with those of now."
            )


def resumed(request: TrainRequest) -> Resumed | None:
    """The state that ``request`` goes on from, None for a fresh run.

    Raises MissingFileError, ModelFileError for a damaged one, or BadInputError for one of another
    configuration.
    """
    if not request.resume:
        return None
    path = find_state(Path(request.resume))
    state = read_state(path)
    check_settings(state, request)
    return Resumed(state, path)
