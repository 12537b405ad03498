"""Answers on their way: drafts while a person answers, responses once sent."""
