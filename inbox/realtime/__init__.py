"""The feed of what happened, and the sockets that hear it."""
