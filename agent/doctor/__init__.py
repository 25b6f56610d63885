"""What is missing on this machine, and what mends it."""
