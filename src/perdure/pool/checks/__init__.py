"""What a reader asks of a synthesis: who carries it, small trials, the next trial."""
