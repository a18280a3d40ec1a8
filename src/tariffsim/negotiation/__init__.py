"""Negotiation: issues, payoffs, protocols, strategies and what becomes of a deal."""
