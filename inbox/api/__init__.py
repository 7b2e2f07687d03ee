"""The doors: each reads a request, calls one verb and gives back a shape."""
