"""Paths inside a project are links that follow it."""

from __future__ import annotations

from engine.project.links import absolute, portable, root_of
from engine.project.project import Project


def test_paths_inside_the_project_follow_it_and_others_stay(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    values = {
        "loras": [[str(old / "runs" / "a b.safetensors"), 0.5]],
        "model": "starter",
        "prompt": "project: castle",
        "mask": None,
        "other": str(tmp_path / "older" / "x"),
    }
    stored = portable(values, old)
    assert stored["loras"] == [["project:/runs/a b.safetensors", 0.5]]
    found = absolute(stored, new)
    assert found == values | {"loras": [[str(new / "runs" / "a b.safetensors"), 0.5]]}


def test_a_link_never_leads_out_of_the_project(tmp_path):
    for text in ("project:/../secret", "project:/a/../../secret", "project://etc/passwd"):
        assert absolute(text, tmp_path) == text


def test_outside_of_a_project_paths_stay_as_they_are(tmp_path):
    assert root_of(tmp_path / "a" / "b") is None
    assert portable(str(tmp_path / "a"), None) == str(tmp_path / "a")
    Project.create(tmp_path / "p", "P")
    assert root_of(tmp_path / "p" / "grids" / "one" / "grid.json") == tmp_path / "p"
