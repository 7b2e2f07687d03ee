"""How Meta proves that a delivery is its own, under the name by which it was first known."""

from inbox.platforms.meta.signature import proof, sign, signed

__all__ = ["proof", "sign", "signed"]
