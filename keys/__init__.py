"""Keys and trust: OpenPGP, Matrix cross-signing, identity statements, verdicts, secrets at rest.

Nothing here knows the bot, the network or the event loop.
"""
