"""What has to hold of every reader of foreign text, whatever the text is.

``properties`` states it; ``tests/unit/test_parsing.py`` tries it a little with every test run, and
``make fuzz`` for long, guided by which code an input reaches.
"""
