"""The Models workspace: what models are at hand, and what is known about each."""
