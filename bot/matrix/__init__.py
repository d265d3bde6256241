"""The Matrix edge, the only importer of matrix-nio.

matrix-nio gives Olm, Megolm, their store and the transport.  Everything that decides anything is ours: the
sync loop and its token, what counts as decrypted, our own copy of unencrypted room state, who gets a room key.
Every answer of the homeserver becomes a value or an exception before it leaves this package.
"""
