"""The doctor: looks at everything that the sync stands on, check by check, and writes nothing to either system."""
