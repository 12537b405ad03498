"""Page objects in; HTML, PDF and CSV out."""
