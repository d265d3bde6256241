# What the upkeep says in rooms.
unsigned-device = A message came from the device { $device } of { $user }, which its owner has not verified. I neither read nor answer it, and it gets no keys from me; this room stays as it is. Way out: verify that device in your client, or sign it out.
identity-changed = **The cryptographic identity of { $user } has changed.** Until { $user } sends `!verify` with a new signed statement, nothing goes to this person, and rooms with this person are held. If { $user } did not reset it, somebody else did: call them by phone.
