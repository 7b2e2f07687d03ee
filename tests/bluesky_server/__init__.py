"""The real Bluesky server software, installed from npm and started on this machine for the tests."""
