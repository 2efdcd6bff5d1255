from __future__ import annotations

from engine.project.project import Project
from engine.validation.dismissed import NAME, Dismissal, dismissal_of, load, save
from engine.validation.overfit_rules import Flag
from engine.validation.sentences import Sentence

WORDS = Sentence("{name} repeats training pictures")


def test_dismissals_are_kept_with_the_project_and_move_with_it(tmp_path):
    root = tmp_path / "project"
    Project.create(root, name="style")
    inside = str(root / "runs" / "one" / "a.safetensors")
    kept = (Dismissal("copies", inside, 0.8, "the sword is meant to look so", 5.0),)
    save(root, kept)
    assert load(root) == (kept, None)
    moved = tmp_path / "moved"
    root.rename(moved)
    (found,), _ = load(moved)
    assert found.checkpoint == str(moved / "runs" / "one" / "a.safetensors")


def test_a_flag_is_known_by_kind_checkpoint_and_weight():
    one = Dismissal("copies", "a", 0.8, "fine")
    assert dismissal_of(Flag("copies", "a", 0.8, WORDS, WORDS), [one]) is one
    assert dismissal_of(Flag("copies", "a", 1.0, WORDS, WORDS), [one]) is None
    assert dismissal_of(Flag("variety", "a", 0.8, WORDS, WORDS), [one]) is None


def test_a_damaged_file_dismisses_nothing_and_says_so(tmp_path):
    for text in ("{", "[]", '{"dismissed": [{"kind": "copies"}]}', '{"dismissed": 3}'):
        (tmp_path / NAME).write_text(text)
        found, wrong = load(tmp_path)
        assert found == ()
        assert NAME in str(wrong)
    assert load(tmp_path / "nowhere") == ((), None)
