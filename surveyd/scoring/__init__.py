"""Scores and statistics: numbers in, numbers out; knows neither the web nor the database."""
