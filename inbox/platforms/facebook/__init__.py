"""Facebook Pages: Messenger, comments, mentions, visitor posts, recommendations."""
