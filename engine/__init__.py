"""The engine: everything that does not know Qt.

Packages import only downwards, in the order that docs/architecture.md lists.
"""
