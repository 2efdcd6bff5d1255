"""What can be asked of a run while it goes on (:meth:`engine.runtime.job.JobHandle.ask`)."""

from __future__ import annotations

SAVE_NOW = "save_now"
"""Write a checkpoint and, where states are saved, a state."""
SAMPLE_NOW = "sample_now"
"""Draw the sample prompts with the weights as they are."""
STOP_AND_SAVE = "stop_and_save"
"""Write a checkpoint and a state, and end the run; it can be taken up again."""
STOP_AFTER_EPOCH = "stop_after_epoch"
"""The same at the end of the epoch."""

CONTROLS = (SAVE_NOW, SAMPLE_NOW, STOP_AND_SAVE, STOP_AFTER_EPOCH)
