"""A wave played on a copy, before it is launched: who would get what, and when."""
