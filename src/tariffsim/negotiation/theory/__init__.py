"""Bargaining theory: closed forms, and finite games solved exactly, that strategies and tests rest on."""
