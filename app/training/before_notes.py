"""What is worth a word before a start: what is left out, has no effect, does not fit or differs."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.dataset.counts import Scope
from app.i18n import joined, tr, tr_error
from app.i18n.format import number, scientific, size
from app.training import draft
from app.training.differences import Difference, differences, label_of, value_words
from app.training.problems import by_setting
from app.training.reason_words import reason_words
from app.training.sentences import Strong
from engine.training.advice import advice

if TYPE_CHECKING:
    from app.training.before_panel import BeforePanel
    from app.training.model import TrainState
    from engine.training.config import TrainRequest
    from engine.training.reasons import Reason

MOST_IDLE = 3
"""So many settings without effect are named; more are counted."""


@dataclass(frozen=True)
class Note:
    """A line with one thing to do about it. ``text`` is translated; ``action`` is a key."""

    key: str
    text: str
    icon: str = "triangle-alert"
    tone: str = "warn"
    action: str = ""
    run: Callable[[], object] | None = None


def notes(panel: BeforePanel) -> Iterator[Note]:
    """All lines, the most urgent first."""
    state = panel.state
    yield from _cut_off(state)
    if not state.values:
        return
    yield from _about_prediction(state)
    yield from _about_pictures(state)
    yield from _about_memory(state)
    if state.can_start:
        yield from _about_settings(panel, state.request())
        yield from _same_as_before(state)
        yield from _against_the_last(panel)


def _cut_off(state: TrainState) -> Iterator[Note]:
    """The newest run that a crash ended, and that can go on."""
    for item in state.resumable:
        if item.run.status == "interrupted":
            name = html.escape(item.run.name)
            text = tr("{name} was cut off at step {step}.", name=name, step=number(item.state.step))
            resume = partial(state.resume, item)
            yield Note("resume", text, "history", "t2", "Resume", resume)
            return


def _about_pictures(state: TrainState) -> Iterator[Note]:
    plan = state.plan
    if plan is None:
        return
    outlook = plan.outlook
    one, many = "{n} picture has no caption.", "{n} pictures have no caption."
    yield from _of_pictures(state, "bare", one, many, outlook.bare)
    one = "{n} picture cannot be read and is left out."
    many = "{n} pictures cannot be read and are left out."
    yield from _of_pictures(state, "unreadable", one, many, outlook.warnings["unreadable"])
    one = "{n} regularization picture has no partner and will not be used."
    many = "{n} regularization pictures have no partner and will not be used."
    yield from _of_pictures(state, "unpaired", one, many, outlook.unpaired)
    if outlook.unpaired_files:
        count = outlook.unpaired_files
        yield Note("unpaired files", tr(one, many, n=number(count)))
    if plan.steps and not outlook.held_out:
        words = "Nothing is held out, so over-fitting cannot be measured. Hold some out in Dataset."
        yield Note("blind", tr(words))


def _about_prediction(state: TrainState) -> Iterator[Note]:
    """Told whatever else stands in the way: the run would go through and be worth nothing. While
    the base model is still to be chosen, nothing is known of it.
    """
    if "base_model" in by_setting(state.problem):
        return
    traits, chosen = state.base.traits, str(state.values["prediction_type"])
    says = traits.prediction_type if traits is not None else ""
    if says and chosen not in ("auto", says):
        name = "prediction_type"
        words = (
            "The file of the base model says that it predicts {says}, and {setting} is {chosen}."
            " The LoRA would come out broken."
        )
        text = tr(words, says=Strong(value_words(name, says)), setting=label_of(name),
                  chosen=Strong(value_words(name, chosen)))  # fmt: skip
        use = partial(state.change, prediction_type="auto")
        yield Note("prediction", text, action="Use Auto", run=use)


def _of_pictures(
    state: TrainState, key: str, one: str, many: str, ids: tuple[int, ...]
) -> Iterator[Note]:
    if ids:
        scope = Scope("ids", key, frozenset(ids))
        show = partial(state.session.go, "dataset", scope=scope)
        yield Note(key, tr(one, many, n=number(len(ids))), action="Show", run=show)


def _about_memory(state: TrainState) -> Iterator[Note]:
    """What to do where the run does not fit, and how to find out."""
    probe = state.probe
    handle, measured = probe.handle, probe.measured
    if handle is not None:
        text = tr("It is measured when the work before it is done.")
        if handle.state != "queued":
            text = tr(handle.progress.key, **handle.progress.facts) or tr("Measuring a step")
        yield Note("measure", f"{text}…", "gauge", "t2", "Cancel", probe.cancel)
    elif probe.error is not None:
        again = probe.measure
        yield Note("measure", html.escape(tr_error(probe.error)), action="Measure again", run=again)
    elif measured is not None:
        if not measured.result.fits:
            yield _does_not_fit(state)
    elif state.can_start:
        words, verb = "Memory and time can be measured with one step.", "Measure"
        if probe.is_stale:
            words, verb = "The settings have changed since the measurement.", "Measure again"
        yield Note("measure", tr(words), "gauge", "t2", verb, probe.measure)


def _does_not_fit(state: TrainState) -> Note:
    assert state.probe.measured is not None
    result = state.probe.measured.result
    facts = {"need": Strong(size(result.peak_bytes)), "room": size(result.room_bytes)}
    if not result.changes:
        words = "This run needs {need}, and there is room for {room}. Use a smaller resolution."
        return Note("memory", tr(words, **facts))
    with_them = ", ".join(
        f"{label_of(name)} {value_words(name, value)}" for name, value in result.changes.items()
    )
    words = "This run does not fit into {room}. With {changes} it needs {need}."
    apply = partial(state.replace, result.changes, tr("The settings that fit are used."))
    text = tr(words, changes=Strong(with_them), **facts)
    return Note("memory", text, action="Apply", run=apply)


def _about_settings(panel: BeforePanel, request: TrainRequest) -> Iterator[Note]:
    state = panel.state
    changed = state.changed_names()
    idle = [(name, why) for name, why in state.idle() if name in changed]
    for place, (name, why) in enumerate(idle[:MOST_IDLE]):
        text = joined(
            (tr("{setting} has no effect.", setting=Strong(label_of(name))), html.escape(why))
        )
        show = partial(panel.reveal_asked.emit, name)
        yield Note(f"idle {place}", text, "circle-slash", "t2", "Show", show)
    if rest := idle[MOST_IDLE:]:
        one, many = "{n} more setting has no effect.", "{n} more settings have no effect."
        show = partial(panel.reveal_asked.emit, rest[0][0])
        yield Note("idle more", tr(one, many, n=len(rest)), "circle-slash", "t2", "Show", show)
    for place, reason in enumerate(_advice(state, request)):
        yield Note(f"advice {place}", html.escape(reason_words(reason)), "info", "t2")
    yield from _slow_starter(state, request)


def _advice(state: TrainState, request: TrainRequest) -> list[Reason]:
    traits = state.base.traits
    if traits is None:
        return advice(request)
    says = traits.prediction_type
    return advice(request, predicts=says, two_encoders=state.base.two_encoders)


def _slow_starter(state: TrainState, request: TrainRequest) -> Iterator[Note]:
    """The starter is far from its limits: rates made for large models hardly move it."""
    usual = state.base.rate
    slow = 0 < request.rate_of("unet") <= usual / 4
    if state.base is draft.starter and slow and not request.optimizer_rule.one_rate:
        words = "The starter model learns at {usual}; with {rate} it hardly changes."
        rate = scientific(request.rate_of("unet"))
        text = tr(words, usual=Strong(scientific(usual)), rate=rate)
        use = partial(state.change, unet_lr=usual)
        yield Note("slow", text, "info", "t2", "Use it", use)


def against_the_last(state: TrainState) -> tuple[str, list[Difference]]:
    """The newest run, and what the next one does otherwise; no name without a run."""
    for story in state.measures:
        if story.request is not None:
            return story.name, differences(story.request.model_dump(), state.values)
    return "", []


def _same_as_before(state: TrainState) -> Iterator[Note]:
    """One line where an earlier run had the very settings of the next one."""
    for story in state.measures:
        request = story.request
        if request is not None and not differences(request.model_dump(), state.values):
            words = "The settings are the same as those of {name}."
            text = tr(words, name=Strong(story.name))
            yield Note("same", text, "info", "t2")
            return


def _against_the_last(panel: BeforePanel) -> Iterator[Note]:
    name, found = against_the_last(panel.state)
    if found:
        one, many = "{n} setting differs from {name}.", "{n} settings differ from {name}."
        text = tr(one, many, n=len(found), name=html.escape(name))
        verb = "Hide" if panel.shows_differences else "Show"
        yield Note("differ", text, "info", "t2", verb, panel.toggle_differences)
