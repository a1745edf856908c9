"""Contrasts within trials, arms by class, and classes compared."""
