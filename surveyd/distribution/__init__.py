"""Distribution: programs, waves, invitations, the outbox, the sender, reminders and calls."""
