"""Threads: replies and mentions, by its own API."""
