"""Common and random effects, independent or correlated, with moderators."""
