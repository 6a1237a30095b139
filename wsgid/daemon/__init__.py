"""What a process owes to the system that started it."""
