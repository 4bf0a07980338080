"""Proof under fire: loads that are killed, raced, cut off and lied to, and what must hold after each."""
