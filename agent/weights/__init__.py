"""Files of models: named, pinned, pulled, verified."""
