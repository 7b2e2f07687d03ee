"""One folder per network. A connector translates and talks HTTP; it never sees a table."""
