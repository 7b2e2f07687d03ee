"""The two roads: what customers write comes in, what agents answer goes out."""
