"""Classes that a job file names: found by their path, or told apart in one sentence."""

from __future__ import annotations

import difflib
import importlib
import inspect
from types import ModuleType
from typing import Any

from engine.runtime.errors import BadInputError
from engine.training.optimizer_rules import INSTALL, NOT_INSTALLED

# Loading a class runs the code of its package, and a job file may come from anywhere. So only
# packages that are known for optimizers and schedules are loaded because a file names them.
KNOWN_PACKAGES = frozenset({
    "bitsandbytes", "dadaptation", "engine", "lion_pytorch", "prodigyopt", "prodigyplus",
    "pytorch_optimizer", "schedulefree", "torch", "transformers",
})  # fmt: skip
_trusted: set[str] = set()


def trust(path: str) -> None:
    """Let the class ``path`` be loaded from whatever package it is in, until the program ends: the
    user typed its name on the command line.
    """
    _trusted.add(path)


class MissingPackageError(BadInputError):
    """A class whose package is not installed."""


def find_class(path: str, home: ModuleType, base: type) -> Any:
    """The class ``path``: of ``home`` when it is a bare name, else by its full name.

    Raises MissingPackageError when its package is not installed, BadInputError when there is no
    such class, when it is no ``base``, or when it is in a package that is not loaded unasked.
    """
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, path) if module_name else home
    found = getattr(module, name, None)
    if not isinstance(found, type) or not issubclass(found, base):
        near = difflib.get_close_matches(name, _classes(module, base), n=1)
        raise BadInputError(
            "There is no schedule {name} in {module}."
            if base.__name__ == "LRScheduler"
            else "There is no optimizer {name} in {module}.",
            name=name,
            module=module.__name__,
            remedy="Did you mean {near}?" if near else "Check its name.",
            near=near[0] if near else "",
        )
    return found


def make(cls: Any, path: str, *positional: Any, **arguments: Any) -> Any:
    """An object of ``cls``; BadInputError when it does not take the arguments: our own words where
    they are no parameters of it, else what it says itself.
    """
    for given in arguments:
        if not takes(cls, given) and not _takes_all(cls):
            raise BadInputError(
                "{name} has no argument {argument}.", name=path, argument=given,
                remedy="Correct the arguments and try again.",
            )  # fmt: skip
    try:
        return cls(*positional, **arguments)
    except (TypeError, ValueError, AssertionError, RuntimeError, ArithmeticError) as error:
        raise not_taken(path, error) from error


def not_taken(path: str, error: Exception) -> BadInputError:
    """What is said of arguments that the class ``path`` failed on with ``error``."""
    return BadInputError(
        "{name} does not take these arguments; its own words are: “{reason}”.",
        name=path,
        reason=str(error).rstrip(".") or type(error).__name__,
        remedy="Correct the arguments and try again.",
    )


def takes(function: Any, name: str) -> bool:
    """Whether ``function`` has a parameter ``name``."""
    return name in inspect.signature(function).parameters


def _takes_all(function: Any) -> bool:
    kinds = [one.kind for one in inspect.signature(function).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def needs(method: Any) -> list[str]:
    """The parameters that must be given to ``method`` of a class, beside the object."""
    _, *rest = inspect.signature(method).parameters.values()
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one.name for one in rest if one.default is one.empty and one.kind not in variable]


def _module(name: str, path: str) -> ModuleType:
    package = name.partition(".")[0]
    if package not in KNOWN_PACKAGES and path not in _trusted:
        raise BadInputError(
            "{path} is not loaded: files may only name classes of packages that are known here, "
            "and {package} is not.",
            path=path,
            package=package,
            remedy="If you trust it, name it on the command line: --optimizer-class, or "
            "--lr-scheduler-type.",
        )
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            NOT_INSTALLED,
            path=path,
            remedy=INSTALL,
            package=(error.name or package).partition(".")[0],
        ) from error
    except (ImportError, OSError, RuntimeError) as error:
        # Also what an installed package lacks, such as a library of the graphics driver.
        raise MissingPackageError(
            "{path} cannot be loaded; its package says: “{reason}”.",
            path=path,
            reason=str(error).rstrip("."),
            remedy=INSTALL,
            package=package,
        ) from error


def _classes(module: ModuleType, base: type) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, base)
    ]
