"""Treatments compared through common controls."""
