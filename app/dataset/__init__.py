"""The Dataset workspace: look at, choose, crop, fill and caption the pictures of a project.

Widgets, the Qt model over the engine's library, and what a user can do with it live here. Pixels
and files are touched only through ``session.bridge.io``; nothing here writes to a source picture.
"""
