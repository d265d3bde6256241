"""The whole story on one machine: a real homeserver, real people's clients, real keys, all throw-away."""
