"""Find every English text that a user can meet, by reading the sources.

``python -m tests.app.i18n.collector`` prints what has no Chinese yet, by the file it stands in.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TABLES = ROOT / "resources" / "translations" / "zh_CN"

# Function or class name: positions and keywords of the arguments that are translation keys.
KEYED: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "tr": ((0, 1), ("text", "many")),
    # Of files that are made to be read.
    "words": ((0, 1), ()),
    "bind": ((1, 2), ("key", "many")),
    "say": ((0, 1), ()),
    "label": ((0,), ("key",)),
    "note": ((0,), ("key",)),
    "button": ((0,), ("text_key",)),
    "tool_button": ((1,), ("tooltip_key",)),
    "Panel": ((0,), ("title_key",)),
    "set_title": ((0,), ()),
    "FieldRow": ((0, 2), ("label_key", "hint")),
    "set_hint": ((0,), ()),
    "Check": ((0,), ("text_key",)),
    "TextField": ((0,), ("placeholder",)),
    "PromptEdit": ((0,), ("placeholder",)),
    "EmptyState": ((1, 2), ("title_key", "text_key")),
    "LineChart": ((0,), ("title_key", "x_name")),
    "Series": ((0,), ("label",)),
    "Action": ((1,), ("text",)),
    "Tool": ((1, 2, 3), ()),
    "notify": ((0, 1), ("key", "many", "action")),
    "show_error": ((), ("action",)),
    "setting": ((), ("label", "help", "group", "unit")),
    "QueryKey": ((), ("help",)),
    "QueryMark": ((), ("help",)),
    "Summary": ((0,), ()),
    # What the engine says about evidence, also through a name of its own.
    "Sentence": ((0,), ()),
    "_sentence": ((0,), ()),
    # The names of steps that Undo takes back.
    "set_recipes": ((), ("label",)),
    "change": ((1,), ("sentence", "many")),
    "_start": ((1,), ("many",)),
    "_edit": ((0,), ()),
    "_change_project": ((0,), ()),
    "_move_category": ((0,), ()),
    "_batch": ((0,), ()),
    "one_step": ((0,), ()),
    "_do": ((0,), ()),
    "_note": ((0,), ()),
    "_alter": ((1,), ()),
    "_instead": ((2,), ()),
    "_restack": ((1,), ()),
    "_put": ((2,), ()),
    "_blend_selection": ((2,), ()),
    "set_pixels": ((3,), ("what",)),
    "add_layer": ((), ("what",)),
    "add_nodes": ((), ("what",)),
    # Blend modes.
    "Mode": ((0,), ("label",)),
    "spread": ((1, 2, 3), ()),
    "progress": ((2,), ("text",)),
    "Stage": ((2, 3, 4), ("title", "intro", "button")),
    "StageResult": ((1,), ("sentence",)),
    "title": ((0,), ()),
    # Why a setting was changed on its way in, or has no effect.
    "Reason": ((0,), ()),
    "_field": ((0, 2), ()),
    "_section": ((0,), ()),
    "_hint": ((0,), ()),
    "add": ((0,), ()),
    # What a canvas can be written as, and what is different then.
    "Format": ((0,), ()),
    "_tell_of": ((0,), ()),
    # Lists that open under a button.
    "SearchPopup": ((), ("hint", "nothing")),
    "Link": ((0,), ()),
    "NameStyleDialog": ((0,), ()),
    "_tell_style": ((0,), ()),
    "ask_open": ((1,), ()),
    "ask_save": ((1,), ()),
}
# Class attributes that are translation keys: of requests, and of the steps of a recipe.
CLASS_TEXTS = ("title_key", "label")
# Constants of a module that are translation keys, or tables of them: names of steps, and why a file
# cannot be read or written.
WORDS = re.compile(r"_?(FLAG_)?LABELS?$|_(\w+_)?REASONS?$")
# Lists of (value, key): the second of each pair.
PAIRED = {"Segments": 0, "Choice": 0, "set_options": 0}


def texts_of(path: Path) -> Iterator[str]:
    """Every translation key that ``path`` names literally."""
    tree = ast.parse(path.read_text("utf-8"))
    errors = {"JobCancelled"} | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _is_error(node.id)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, errors)
        elif isinstance(node, ast.FunctionDef):
            yield from _of_defaults(node.args)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "what":
            yield from _literals(node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            yield from _of_tool(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in CLASS_TEXTS:
            yield from _literals(node.value) if node.value is not None else ()
    yield from _of_names(tree)
    # The theme holds names of fonts and colors, not words.
    if path.is_relative_to(ROOT / "app") and "theme" not in path.parts:
        yield from _of_constants(tree)


def _of_tool(names: ast.Tuple, values: ast.expr) -> Iterator[str]:
    """``name, icon, text, key = "hand", "hand", "Move the view", "H"``."""
    if isinstance(values, ast.Tuple):
        for name, value in zip(names.elts, values.elts, strict=False):
            if getattr(name, "id", "") == "text":
                yield from _literals(value)


def _of_defaults(arguments: ast.arguments) -> Iterator[str]:
    """``def add_layer(self, *, what: str = "Add layer")``: the name of a step."""
    for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if name.arg == "what" and value is not None:
            yield from _literals(value)


def _of_names(tree: ast.Module) -> Iterator[str]:
    """``LABEL = "Write captions"``, and the values of ``LABELS = {...}``."""
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if WORDS.match(node.targets[0].id):
            table = node.value
            values = table.values if isinstance(table, ast.Dict) else [table]
            for value in values:
                yield from _literals(value)


def _of_constants(tree: ast.Module) -> Iterator[str]:
    """Sentences and names in tables such as ``ENTRIES = (("train", "Train", "flame"), ...)``."""
    for node in tree.body:
        tables = (ast.Tuple, ast.List, ast.Dict)
        assigned = isinstance(node, ast.Assign | ast.AnnAssign)
        if assigned and isinstance(node.value, tables) and _is_public(node):
            for part in ast.walk(node.value):
                text = part.value if isinstance(part, ast.Constant) else None
                if isinstance(text, str) and re.match(r"(?!(Ctrl|Shift|Alt)\+)[A-Z][a-z]", text):
                    yield text


def _is_public(node: ast.Assign | ast.AnnAssign) -> bool:
    named = node.targets if isinstance(node, ast.Assign) else [node.target]
    return all(isinstance(one, ast.Name) and not one.id.startswith("_") for one in named)


def _of_call(call: ast.Call, errors: set[str]) -> Iterator[str]:
    name = _name(call.func)
    positions, keywords = KEYED.get(name, ((), ()))
    if name in errors or name == "Problem":
        positions, keywords = (0,), ("sentence", "remedy")
    for position in positions:
        if position < len(call.args):
            yield from _literals(call.args[position])
    for keyword in call.keywords:
        if keyword.arg in keywords:
            yield from _literals(keyword.value)
    if name in PAIRED and call.args:
        yield from _pairs(call.args[PAIRED[name]], _is_plain(call))


def _pairs(node: ast.expr, plain: bool) -> Iterator[str]:
    if plain or not isinstance(node, ast.List | ast.Tuple):
        return
    for pair in node.elts:
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
            yield from _literals(pair.elts[1])


def _is_plain(call: ast.Call) -> bool:
    return any(word.arg == "plain" for word in call.keywords)


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_error(name: str) -> bool:
    return name.endswith("Error") and name not in ("ValueError", "TypeError", "RuntimeError")


def is_words(text: str) -> bool:
    """Whether there is anything to translate once the facts are taken out."""
    rest = text
    while "{" in rest and "}" in rest[rest.index("{") :]:
        start = rest.index("{")
        rest = rest[:start] + rest[rest.index("}", start) + 1 :]
    return any(char.isalpha() for char in rest) and rest.strip() not in SAME


# The same in both languages.
SAME = {
    *("LoRA", "UNet", "Photoshop", "Krita", "Del", "English", "简体中文", "px", "alpha", "GB"),
    *("Stylekiln", "- Stylekiln"),
}


def collected() -> dict[str, list[str]]:
    """Every text by the file it stands in; the singular of a pair needs no Chinese."""
    found: dict[str, list[str]] = {}
    for area in ("app", "engine"):
        for path in sorted((ROOT / area).rglob("*.py")):
            # The command line speaks English only.
            if path.is_relative_to(ROOT / "engine" / "commands"):
                continue
            texts = [text for text in texts_of(path) if is_words(text)]
            if texts:
                found[str(path.relative_to(ROOT))] = texts
    return found


# Where the singular of a call with two forms stands; the plural follows it or is called "many".
_FIRST_FORM = {"tr": 0, "say": 0, "notify": 0, "bind": 1, "change": 1, "_start": 1, "spread": 2}


def pairs() -> Iterator[tuple[set[str], set[str]]]:
    """First and second forms of every call with two forms."""
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            first = _FIRST_FORM.get(_name(node.func))
            if first is None or len(node.args) <= first:
                continue
            many = [word.value for word in node.keywords if word.arg == "many"]
            forms = {text for part in (*node.args[first + 1 : first + 2], *many)
                     for text in _literals(part)}  # fmt: skip
            if any(forms):
                yield set(_literals(node.args[first])), forms


def singulars() -> set[str]:
    """First forms of calls with two forms: only the plural is looked up."""
    return {text for one, _ in pairs() for text in one}


def plurals() -> set[str]:
    """Second forms, used unless there is one thing."""
    return {text for _, many in pairs() for text in many}


def tables() -> dict[str, dict[str, str]]:
    """The Chinese of every area."""
    return {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(TABLES.glob("*.json"))
    }


def missing() -> dict[str, list[str]]:
    """What has no Chinese, by file."""
    known = {key for table in tables().values() for key in table} | singulars()
    lacking = {
        path: [text for text in texts if text not in known] for path, texts in collected().items()
    }
    return {path: texts for path, texts in lacking.items() if texts}


if __name__ == "__main__":
    for file, texts in missing().items():
        print(file)
        for text in texts:
            print("   ", json.dumps(text, ensure_ascii=False))
