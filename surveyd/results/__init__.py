"""The one bridge between SQL and numbers."""
