"""Questionnaires: their definition as data, the kinds of question, the compiled pages."""
