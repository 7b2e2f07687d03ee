"""`inbox demo`: simulated networks with an invented brand, its customers, their past, and their messages live.

Runs as a process of its own. Nothing of the product imports it; it meets the product where real networks would, and
uses the product's own verbs to make its workspace.
"""

from inbox.demo.town import run as run
