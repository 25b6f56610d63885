"""What is written aside from the transcript, by prompts of its own: SQL, and small files anew."""
