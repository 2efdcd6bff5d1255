from __future__ import annotations

import pytest

from engine.training.cadence import Cadence, Save
from engine.training.config import TrainRequest
from engine.training.route import Position, Stretch
from engine.training.schedules import Length


def walk(epochs=4, per_epoch=5, **settings):
    """(step, stems, whether samples are drawn, whether a state is saved) where anything is due."""
    request = TrainRequest(project="p", output_name="style", **settings)
    cadence = Cadence(request, Length(per_epoch, per_epoch, epochs, epochs * per_epoch))
    found = []
    for step in range(1, epochs * per_epoch + 1):
        epoch = (step - 1) // per_epoch + 1
        at = Stretch(
            0, (), Position(epoch, 0, step),
            ends_epoch=step % per_epoch == 0, ends_run=step == epochs * per_epoch,
        )  # fmt: skip
        saves = cadence.saves(at)
        row = ([save.stem("style") for save in saves], cadence.samples(at), cadence.state(saves))
        if any(row):
            found.append((step, *row))
    return found


def saved(**settings):
    return [name for _, names, _, _ in walk(**settings) for name in names]


def test_epochs_are_saved_under_their_number_and_the_last_under_the_name_alone():
    assert saved(save_every_n_epochs=1) == [
        "style-000001", "style-000002", "style-000003", "style",
    ]  # fmt: skip
    assert saved(save_every_n_epochs=3) == ["style-000003", "style"]
    assert saved(save_every_n_epochs=0) == ["style"]


def test_steps_are_saved_beside_epochs():
    assert saved(save_every_n_epochs=2, save_every_n_steps=10) == [
        "style-step00000010", "style-000002", "style-step00000020", "style",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "numbers"), [(2, ["2"]), (3, ["1", "2", "3"]), (9, ["1", "2", "3"])]
)
def test_a_number_of_checkpoints_is_spread_over_the_epochs(ratio, numbers):
    names = saved(save_every_n_epochs=4, save_n_epoch_ratio=ratio)
    assert names == [*(f"style-00000{number}" for number in numbers), "style"]


def test_samples_follow_epochs_and_steps_and_zero_is_never():
    def steps(**settings):
        return [step for step, _, drawn, _ in walk(**settings) if drawn]

    assert steps(sample_every_n_epochs=2) == [10, 20]
    assert steps(sample_every_n_epochs=0) == []
    assert steps(sample_every_n_epochs=0, sample_every_n_steps=4) == [4, 8, 12, 16, 20]
    assert steps(sample_every_n_epochs=2, sample_every_n_steps=7) == [7, 10, 14, 20]


def test_a_state_is_saved_beside_every_checkpoint_and_at_the_end_where_it_is_wanted():
    def steps(**settings):
        return [step for step, _, _, state in walk(**settings) if state]

    assert steps(save_state=True, save_every_n_steps=8) == [5, 8, 10, 15, 16, 20]
    assert steps(save_state=False) == [5, 10, 15]
    assert steps(save_state=False, save_state_on_train_end=True) == [5, 10, 15, 20]


def test_where_no_states_are_wanted_only_the_asked_for_one_of_the_end_is_kept():
    def kept(save, **settings):
        request = TrainRequest(project="p", **settings)
        return Cadence(request, Length(5, 5, 4, 20)).keeps_state(save)

    final, epoch = Save("final", 4), Save("epoch", 2)
    assert kept(final)
    assert kept(epoch)
    assert not kept(final, save_state=False)
    assert kept(final, save_state=False, save_state_on_train_end=True)
    assert not kept(epoch, save_state=False, save_state_on_train_end=True)


def test_what_was_asked_for_is_told_from_the_rhythm():
    cadence = Cadence(
        TrainRequest(project="p", save_every_n_steps=10, save_every_n_epochs=2),
        Length(5, 5, 4, 20),
    )
    assert cadence.regular(Save("step", 20))
    assert not cadence.regular(Save("step", 13))
    assert cadence.regular(Save("epoch", 4))
    assert not cadence.regular(Save("epoch", 3))
