"""The Canvas workspace: paint on a layered document and repaint regions of it with the model.

``model.py`` holds the state and its operations, without widgets; ``surface.py`` shows the document
and passes the pointer to ``tools.py``; panels and the candidates strip watch the state. What may
enter: things an artist does on one open document. Pixel work lives in ``engine/canvas``.
"""
