"""What a person sees: the terminal, and a run as a page."""
