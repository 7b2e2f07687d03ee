"""What everything stands on: settings, errors, the clock, the database, secrets, the guarded HTTP client."""
