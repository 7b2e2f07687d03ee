"""How often, how many, and what happens if it fails."""
