"""What a run is told at its start."""
