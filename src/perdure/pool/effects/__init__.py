"""What is pooled: proportions and contrasts on a scale, counts, with their variances."""
