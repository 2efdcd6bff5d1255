from __future__ import annotations

import argparse
import sys

import pytest
import torch
from torch.optim import Optimizer

from engine.commands import train as verb
from engine.runtime.errors import BadInputError
from engine.training import named_classes
from engine.training.named_classes import find_class, make
from engine.training.optimizer_rules import RULES

CLASS = "strange_package.deep.Slow"


@pytest.fixture
def strange(tmp_path, monkeypatch):
    """An installed package that nobody here knows, with an optimizer in it."""
    (tmp_path / "strange_package").mkdir()
    (tmp_path / "strange_package" / "__init__.py").touch()
    (tmp_path / "strange_package" / "deep.py").write_text(
        "from torch.optim import SGD\nclass Slow(SGD):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(named_classes, "_trusted", set())
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "strange_package"]:
        del sys.modules[name]


def find():
    return find_class(CLASS, torch.optim, Optimizer)


def test_a_package_that_is_not_known_is_not_even_imported(strange):
    with pytest.raises(BadInputError, match="strange_package is not"):
        find()
    assert "strange_package" not in sys.modules


def test_its_own_name_trusts_one_class_and_no_other_of_the_package(strange):
    named_classes.trust("strange_package.deep.Other")
    with pytest.raises(BadInputError, match="strange_package is not"):
        find()
    named_classes.trust(CLASS)
    assert find().__name__ == "Slow"


@pytest.mark.parametrize(
    ("options", "loaded"),
    [
        (["--optimizer-type", "other", "--optimizer-class", CLASS], True),
        (["--lr-scheduler-type", CLASS], True),
        (["--output-name", CLASS], False),
    ],
)
def test_what_is_typed_on_the_command_line_is_trusted(strange, tmp_path, options, loaded):
    job = tmp_path / "job.toml"
    job.write_text(f'project = "p"\noptimizer_type = "{CLASS}"\n', encoding="utf-8")
    parser = argparse.ArgumentParser()
    verb.add_parser(parser.add_subparsers(dest="verb"))
    verb._request(parser.parse_args(["train", str(job), *options]))
    if loaded:
        assert find().__name__ == "Slow"
    else:
        with pytest.raises(BadInputError):
            find()


def test_every_optimizer_that_is_offered_is_of_a_known_package():
    packages = {rule.path.partition(".")[0] for rule in RULES.values()}
    assert packages <= named_classes.KNOWN_PACKAGES


@pytest.mark.parametrize(
    ("path", "arguments", "sentence"),
    [
        ("Nadamm", {}, "There is no optimizer {name} in {module}."),
        ("dadaptation.None", {}, "{path} cannot be loaded, because {package} is not installed."),
        ("SGD", {"speed": 3}, "{name} has no argument {argument}."),
        ("SGD", {"momentum": -1.0}, "{name} does not take these arguments; its own words are: "
         "“{reason}”."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_class_is_told_in_our_words(monkeypatch, path, arguments, sentence):
    monkeypatch.setitem(sys.modules, "dadaptation", None)
    weights = [torch.zeros(1, requires_grad=True)]
    with pytest.raises(BadInputError) as caught:
        make(find_class(path, torch.optim, Optimizer), path, weights, **arguments)
    assert caught.value.sentence == sentence
