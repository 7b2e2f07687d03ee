"""`make bench`: figures, each beside its physical limit in the same run. No verdicts: machines differ."""
