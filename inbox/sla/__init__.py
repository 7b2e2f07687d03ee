"""The waiting of customers: facts, and the pure sums over them."""
