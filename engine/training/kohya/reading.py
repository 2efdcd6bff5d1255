"""A file of kohya's as settings of a run, with a report of every key."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.runtime.parsing import load_table
from engine.runtime.refusals import Refusal, refusals
from engine.runtime.schema import Setting, settings_of
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.at_hand import train_project, use_model_at_hand
from engine.training.kohya.convert import SLIPS, convert
from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.elsewhere import EMPTY, NO_EFFECT, OTHER_MODEL, is_other_model
from engine.training.kohya.flags import OTHER_FLAGS
from engine.training.kohya.form import read_form
from engine.training.kohya.header import SUFFIX, is_ours, predicts, read_header
from engine.training.kohya.header_keys import UNTOLD
from engine.training.kohya.own import as_set, own_settings
from engine.training.kohya.refused import is_section, with_flags, without_tables
from engine.training.kohya.report import Line, Report, Status, ordered
from engine.training.kohya.script import flat, read_script
from engine.training.reasons import Reason


@dataclass(frozen=True)
class Imported:
    """``values`` are settings by our names, as good as the file gives them; ``request`` is the run
    they make, None while a setting needs a fix (the report says which). ``unreadable`` are those
    whose value is of no kind that the setting takes, so that no field could show it.
    """

    values: Mapping[str, Any]
    request: TrainRequest | None
    report: Report
    unreadable: frozenset[str] = frozenset()


def read_kohya(
    path: Path,
    *,
    project: str = "",
    whole: bool = True,
    models: Mapping[str, str] | None = None,
) -> Imported:
    """Import a form (JSON), a script's TOML, or the header of a LoRA that such a script wrote.

    ``project`` trains the pictures of that project in place of the file's folders. ``models`` are
    the references of the models at hand by name: then a model that is not here is left out. Without
    ``whole`` only what the file says is taken, as kohya's presets are: what it leaves out stays as
    it is. Raises MissingFileError, ModelFileError, and BadInputError for a file that is no such
    file or is for models that are not trained here.
    """
    path = require_file(path)
    is_lora = path.suffix.lower() == SUFFIX
    arguments = read_header(path) if is_lora else _arguments(path)
    if models is not None:
        use_model_at_hand(arguments, models)
    convert(arguments, {} if is_lora else SCRIPT)
    if is_lora:
        _as_its_model(arguments, path)
    if project:
        train_project(arguments, project)
    lines = _by_key([*arguments.lines, *(_line(said) for said in arguments)])
    if is_lora and (own := own_settings(path)):
        lines = list(as_set(lines, own, {k: s.name for k, s in settings_by_kohya().items()}))
    told = [line for line in lines if line.present and line.status != "refused"
            and not isinstance(line.value, dict)]  # fmt: skip
    if told and all(line.why is _STRANGE for line in told):
        raise _of_another_program(path)
    if project:
        lines = [line for line in lines if line.why is not UNTOLD or line.key not in _OF_FOLDERS]
    if not whole:
        lines = [line for line in lines if line.present]
    request, wrong, strange = _validated(_values(lines))
    lines, problems = _with_problems(lines, wrong, strange)
    lines = _told(lines, request)
    values = _values(lines)
    refused = {line.key for line in lines if line.status == "refused"}  # these are in the file
    lines = [line for line in lines if line.present or line.why is UNTOLD
             or (_matters(line) and line.key not in refused)]  # fmt: skip
    report = Report(path.name, ordered(lines), tuple(problems))
    return Imported(values, request, report, strange)


def _arguments(path: Path) -> Arguments:
    """The arguments of a form or of a script's TOML."""
    table, script = _table(path), path.suffix.lower() == ".toml"
    known = settings_by_kohya().keys() | FORM.keys() | SCRIPT.keys()
    if script:
        table = flat({k: v if is_section(k, v, known) else {k: v} for k, v in table.items()})
    table, refused = without_tables(table, known)
    if script:
        table, more = with_flags(table)
        refused += more
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    arguments = read_script(plain) if script else read_form(plain)
    nested = sorted(table.keys() - plain.keys())
    arguments.lines += [Line(key, table[key], "unknown", why=_STRANGE) for key in nested]
    arguments.lines += refused
    return arguments


def _as_its_model(arguments: Arguments, path: Path) -> None:
    """The LoRA ``path`` tells what its model predicts, and one of this app's has no slips."""
    arguments.say(predicts(path))
    for name in SLIPS if is_ours(path) else ():
        arguments.pop(name)


def _by_key(lines: list[Line]) -> list[Line]:
    """One line for a key that sets several settings."""
    found: dict[tuple[str, bool], Line] = {}
    for line in lines:
        first = found.get((line.key, line.present))
        if first is not None and line.settings:
            settings = {**first.settings, **line.settings}
            line = dataclasses.replace(line, settings=settings, status="converted",
                                       why=line.why or first.why)  # fmt: skip
        elif first is not None:
            continue
        found[line.key, line.present] = line
    return list(found.values())


def _values(lines: list[Line]) -> dict[str, Any]:
    return {name: value for line in lines for name, value in line.settings.items()}


def _table(path: Path) -> dict[str, Any]:
    table = load_table(path)
    if not isinstance(table, dict) or "datasets" in table or not table:
        raise _of_another_program(path)
    return table


def _of_another_program(path: Path) -> BadInputError:
    return BadInputError(
        "{name} holds no training settings of kohya's.", name=path.name,
        remedy="Choose a JSON file of kohya's window, a TOML file of its scripts, or a LoRA.",
    )  # fmt: skip


@cache
def settings_by_kohya() -> Mapping[str, Setting]:
    """Settings by kohya's name of them, and by our own where kohya has none."""
    found = settings_of(TrainRequest)
    return {item.name: item for item in found} | {item.kohya: item for item in found if item.kohya}


def _line(said: Said) -> Line:
    """What becomes of one argument."""
    setting = settings_by_kohya().get(said.name)
    if setting is None or (said.present and is_other_model(said.name)):
        return _unheard(said)
    if said.value is None or said.value in ("", []):
        return _no_effect(said, EMPTY)
    said = dataclasses.replace(said, value=_as_kind(said, setting.kind))
    same = said.why is None and _same(said.given, said.value)
    why = said.why
    if not said.present and why is None:
        why = Reason("Not in the file; kohya's own value is {used}.", used=_words(said.value))
    status: Status = "used" if same else "converted"
    return Line(said.key, said.given, status, {setting.name: said.value}, why, said.present)


def _as_kind(said: Said, kind: str) -> Any:
    """A number as it is written where a text is set, and yes or no where a number is, which would
    be taken for 1 or 0, as a text to refuse.
    """
    value = said.value
    if kind == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        return (
            said.given if isinstance(said.given, str) and _same(said.given, value) else str(value)
        )
    return str(value).lower() if kind in ("int", "float") and isinstance(value, bool) else value


def _unheard(said: Said) -> Line:
    """An argument that no setting here takes."""
    if said.name in NO_EFFECT:
        return _no_effect(said, NO_EFFECT[said.name])
    if said.value in ("", None, [], 0) or said.value == FORM.get(said.key):
        return _no_effect(said, EMPTY)
    if is_other_model(said.name):
        return _no_effect(said, OTHER_MODEL)
    known = said.name in FORM or said.name in SCRIPT or said.name in OTHER_FLAGS
    why = _NOT_YET if known else _STRANGE
    return Line(said.key, said.given, "unknown", why=why, present=said.present)


_NOT_YET = Reason("kohya knows it; there is no such setting here. Left out.")
_OF_FOLDERS = ("train_data_dir", "caption_extension")  # a project has its own
_STRANGE = Reason("Not a setting of kohya. Left out.")


def _no_effect(said: Said, why: Reason) -> Line:
    return Line(said.key, said.given, "no effect", why=why, present=said.present)


def _words(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _same(given: Any, value: Any) -> bool:
    """Whether a value in the file says what the setting says, be it as text or as a number."""
    if given == value or _words(given) == _words(value):
        return True
    try:
        return float(given) == float(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _validated(
    values: Mapping[str, Any],
) -> tuple[TrainRequest | None, dict[str, Refusal], frozenset[str]]:
    """The run; or what is wrong by setting, and the settings whose value is of another kind."""
    try:
        return TrainRequest.model_validate(values), {}, frozenset()
    except ValidationError as error:
        # Each by the first part of its place: a wrong item of a list is about the list.
        wrong = {item.setting.partition(".")[0]: item for item in reversed(refusals(error))}
        return None, wrong, frozenset(unreadable(values))


def unreadable(values: Mapping[str, Any]) -> dict[str, Refusal]:
    """What is wrong with values of another kind than their setting takes, by setting."""
    try:
        TrainRequest.model_validate(values)
    except ValidationError as error:
        strange = {str(problem["loc"][0]) for problem in error.errors(include_url=False)
                   if problem["loc"] and problem["type"] not in _OUT_OF_RANGE}  # fmt: skip
        return {item.name: item for item in refusals(error) if item.name in strange}
    return {}


# Pydantic's names of the mistakes of a value that is of the right kind.
_OUT_OF_RANGE = {
    "value_error", "greater_than", "greater_than_equal", "less_than", "less_than_equal",
    "string_too_long", "string_too_short",
}  # fmt: skip


def _with_problems(
    lines: list[Line], wrong: dict[str, Refusal], strange: frozenset[str]
) -> tuple[list[Line], list[Refusal]]:
    """The problems at the lines they are about, and the others. A line whose value is of a
    ``strange`` kind is not taken at all.
    """
    told: list[Line] = []
    rest = dict(wrong)
    for line in lines:
        names = [name for name in line.settings if name in wrong]
        for name in names:
            rest.pop(name, None)
        if names:
            status = "refused" if line.present and strange & set(names) else line.status
            line = dataclasses.replace(line, problem=wrong[names[0]], status=status)
        told.append(line)
    return told, list(rest.values())


def _told(lines: list[Line], request: TrainRequest | None) -> list[Line]:
    """With the values that the run has, and with the word where one of them changes nothing."""
    if request is None:
        return lines
    run = request.model_dump(mode="json")
    idle = {item.name: Reason(item.sentence, **item.facts) for item in without_effect(request)}
    told: list[Line] = []
    for line in lines:
        whys = [idle[name] for name in line.settings if name in idle]
        line = dataclasses.replace(line, settings={name: run[name] for name in line.settings})
        told.append(dataclasses.replace(line, status="no effect", why=whys[0]) if whys else line)
    return told


def _matters(line: Line) -> bool:
    """Whether what kohya fills in is something else than what a run here has anyway."""
    usual = TrainRequest.model_fields
    differs = any(not _same(usual[name].default, value) for name, value in line.settings.items())
    return differs and line.status != "no effect"
