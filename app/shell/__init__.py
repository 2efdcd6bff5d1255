"""The window around the workspaces: project bar, rail, status line, queue, palette, guide.

What may enter: what belongs to the whole window. It reaches a workspace only by its dotted path,
and only when it is first shown.
"""
