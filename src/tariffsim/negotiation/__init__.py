"""Bargaining: issues, payoffs, the war path, strategies, protocols, and what happens after the handshake."""
