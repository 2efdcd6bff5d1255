"""A file of kohya's as settings of a run, with a report of every key."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.runtime.schema import Setting, first_problem, settings_of
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.convert import convert
from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.elsewhere import EMPTY, NO_EFFECT, OTHER_MODEL, is_other_model
from engine.training.kohya.flags import OTHER_FLAGS
from engine.training.kohya.form import read_form
from engine.training.kohya.report import Line, Report, Status, ordered
from engine.training.kohya.script import flat, read_script
from engine.training.reasons import Reason


@dataclass(frozen=True)
class Imported:
    """``values`` are settings by our names, as good as the file gives them; ``request`` is the run
    they make, None while a setting needs a fix (the report says which).
    """

    values: Mapping[str, Any]
    request: TrainRequest | None
    report: Report


def read_kohya(path: Path, *, project: str = "", whole: bool = True) -> Imported:
    """Import a form (JSON) or a script's TOML.

    ``project`` trains the pictures of that project in place of the file's folders. Without
    ``whole`` only what the file says is taken, as kohya's presets are: what it leaves out stays as
    it is. Raises MissingFileError, and BadInputError for a file that is no such file or is for
    models that are not trained here.
    """
    path = require_file(path)
    table = _table(path)
    if path.suffix.lower() == ".toml":
        table = flat(table)
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    arguments = read_script(plain) if path.suffix.lower() == ".toml" else read_form(plain)
    nested = table.keys() - plain.keys()
    arguments.lines += [Line(key, table[key], "unknown", why=_STRANGE) for key in sorted(nested)]
    convert(arguments)
    if project:
        _train_project(arguments, project)
    lines = _by_key([*arguments.lines, *(_line(said) for said in arguments)])
    if not whole:
        lines = [line for line in lines if line.present]
    request, wrong = _validated(_values(lines))
    lines, problems = _with_problems(lines, wrong)
    lines = _told(lines, request)
    values = _values(lines)
    lines = [line for line in lines if line.present or _matters(line)]
    return Imported(values, request, Report(path.name, ordered(lines), tuple(problems)))


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
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            "{name} cannot be read: {reason}.", name=path.name, reason=error,
            remedy="Choose a JSON file of kohya's window or a TOML file of its scripts.",
        ) from error  # fmt: skip
    if not isinstance(table, dict) or "datasets" in table or not table:
        raise BadInputError(
            "{name} holds no training settings of kohya's.", name=path.name,
            remedy="Choose a JSON file of kohya's window or a TOML file of its scripts.",
        )  # fmt: skip
    return table


def _train_project(arguments: Arguments, project: str) -> None:
    why = Reason("The pictures of this project are trained.")
    for name in ("train_data_dir", "reg_data_dir", "dataset_config", "in_json"):
        if name in arguments:
            arguments.idle(arguments.named(name), why)
    if "output_dir" in arguments:
        why = Reason("The run gets its own folder in this project.")
        arguments.idle(arguments.named("output_dir"), why)
    arguments.say(Said("project", project, "project", project, present=False))


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
    same = said.why is None and _same(said.given, said.value)
    why = said.why
    if not said.present and why is None:
        why = Reason("Not in the file; kohya's own value is {used}.", used=_words(said.value))
    status: Status = "used" if same else "converted"
    return Line(said.key, said.given, status, {setting.name: said.value}, why, said.present)


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
    except (TypeError, ValueError):
        return False


def _validated(values: Mapping[str, Any]) -> tuple[TrainRequest | None, dict[str, str]]:
    """The run, or the sentence about every setting that cannot be as it is."""
    try:
        return TrainRequest.model_validate(values), {}
    except ValidationError as error:
        wrong: dict[str, str] = {}
        for problem in error.errors(include_url=False):
            name = str(problem["loc"][0]) if problem["loc"] else ""
            wrong.setdefault(name, problem["msg"].removeprefix("Value error, "))
        return None, wrong or {"": first_problem(error)}


def _with_problems(lines: list[Line], wrong: dict[str, str]) -> tuple[list[Line], list[str]]:
    """The problems at the lines they are about; the others as sentences."""
    told: list[Line] = []
    rest = dict(wrong)
    for line in lines:
        names = [name for name in line.settings if name in wrong]
        problem = wrong[names[0]] if names else ""
        for name in names:
            rest.pop(name, None)
        told.append(dataclasses.replace(line, problem=problem) if problem else line)
    return told, [f"{name}: {text}" if name else text for name, text in rest.items()]


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
