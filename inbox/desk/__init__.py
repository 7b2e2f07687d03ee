"""The verbs of an agent's day."""
