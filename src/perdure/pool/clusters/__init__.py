"""Errors that rest on trials as clusters: robust ones, and one stage of patients."""
