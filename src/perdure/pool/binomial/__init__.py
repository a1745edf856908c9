"""Counts by their likelihood: binomial-normal models, Mantel and Haenszel, Peto."""
