"""Effects in groups in groups, and several outcomes of a trial: mixed models."""
