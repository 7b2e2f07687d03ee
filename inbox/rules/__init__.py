"""Rules a workspace makes for itself: when something happens, if it is so, do this."""
