"""What a goal asks for, read by code from its words."""
