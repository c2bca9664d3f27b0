"""What "in sync" means: pure decisions on plain values. Standard library only, no I/O."""
