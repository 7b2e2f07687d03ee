"""YouTube channels: comments below videos, their replies, and what is held for review."""
