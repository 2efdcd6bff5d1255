"""The start page: recent projects, this computer, and the two ways in."""
