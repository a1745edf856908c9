"""Arms that are not estimable, and what they may change."""
