"""The TOML of kohya's scripts, and flags as on their command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.elsewhere import EMPTY, IGNORED, IGNORED_ARGUMENTS
from engine.training.kohya.network_types import type_of
from engine.training.kohya.plain import plain_number
from engine.training.reasons import Reason

# Flags with several values.
_LISTS = ("network_args", "optimizer_args", "lr_scheduler_args", "text_encoder_lr",
          "base_weights", "base_weights_multiplier")  # fmt: skip


def read_script(table: Mapping[str, Any]) -> Arguments:
    """The arguments of a script's TOML without its sections."""
    arguments = Arguments()
    for key, value in table.items():
        for said in items_of(Said(key, value, key, value)):
            arguments.say(said)
    for name in IGNORED_ARGUMENTS:
        if name in arguments:
            said = arguments.named(name)
            arguments.idle(said, IGNORED if said.value else EMPTY)
    name_network(arguments)
    return arguments


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table with its sections flattened by one level; a later one wins."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        values.update(value if isinstance(value, Mapping) else {key: value})
    return values


def flags_of(text: str) -> Iterator[Said]:
    """The arguments in "--name value --other" as kohya's window splits its additional parameters:
    at every space, without quotes. ``key`` has the dashes, so that a report tells a flag from a
    field.
    """
    words = str(text or "").replace('"', "").split()
    name, values = "", list[str]()
    for word in [*words, "--"]:
        if not word.startswith("--"):
            values.append(word)
            continue
        if name:
            yield from items_of(_flag(name, values))
        name, _, first = word[2:].partition("=")
        values = [first] if first else []


def _flag(name: str, values: list[str]) -> Said:
    if name in _LISTS:
        return Said(name, values, f"--{name}", values)
    given = " ".join(values) if values else True
    return Said(name, plain_number(given), f"--{name}", given)


def items_of(said: Said) -> Iterator[Said]:
    """``network_args`` as one argument per item; any other argument as it is."""
    if said.name != "network_args":
        yield said
        return
    parts = said.value if isinstance(said.value, list) else str(said.value or "").split()
    for part in parts:
        name, _, value = str(part).partition("=")
        yield Said(name, plain_number(value), f"{said.key}: {name}", value)


def name_network(arguments: Arguments) -> None:
    """The network module by the form's name of its type."""
    module, algo = arguments.pop("network_module"), arguments.pop("algo")
    if module is None:
        return
    convolutions = bool(arguments.value("conv_dim"))
    kind = type_of(str(module.value), str(algo.value if algo else "locon"), convolutions)
    arguments.say(Said("LoRA_type", kind, module.key, module.given))
    if algo is not None:
        why = Reason("It names the type together with network_module.")
        arguments.leave(algo.key, algo.given, why)
