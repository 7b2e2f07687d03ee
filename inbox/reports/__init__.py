"""The numbers that supervisors read: what the episodes of a time come to, and the rows behind each of them."""
