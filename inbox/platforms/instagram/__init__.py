"""Instagram, by the API with Instagram Login."""
