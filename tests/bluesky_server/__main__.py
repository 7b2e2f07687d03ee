"""`python -m tests.bluesky_server` installs the server ahead of the tests; they would do it when first needed."""

import sys

from tests.bluesky_server import install

if __name__ == "__main__":
    try:
        install.ensure()
    except install.NotInstallableError as reason:
        sys.exit(str(reason))
