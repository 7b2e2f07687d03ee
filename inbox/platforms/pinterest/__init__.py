"""Pinterest: counts of comments below our own pins, because Pinterest gives programs nothing more."""
