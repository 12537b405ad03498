"""A simulated company: its customers, what they feel, and what they would answer. It knows no database."""
