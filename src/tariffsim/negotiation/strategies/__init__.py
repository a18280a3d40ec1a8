"""Offer strategies, one file each."""
