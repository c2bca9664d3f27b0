"""Python of the user's own beside the mapping files: converters and hooks, pure functions of values."""
