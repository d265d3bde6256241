"""What came in, what goes out, and what has to be done: rows that survive any death of the process.

No rules about who may hear what: those stand in :mod:`bot.exchange`.
"""
