"""The project folder on disk, and the settings of the person who uses it.

Paths, TOML and JSON may enter; pictures are opened, models loaded and the index read elsewhere.
"""
