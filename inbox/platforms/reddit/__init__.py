"""Reddit: mentions, comments, private messages, modmail, watched subreddits."""
