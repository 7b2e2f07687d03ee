"""Earshot: every mention, comment, review and direct message of a brand in one live inbox."""
