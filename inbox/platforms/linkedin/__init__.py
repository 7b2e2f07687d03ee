"""LinkedIn Pages: comments, replies, and posts that mention the page."""
