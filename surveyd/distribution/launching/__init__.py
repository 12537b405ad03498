"""What is looked at before a wave goes out, and what becomes of it."""
