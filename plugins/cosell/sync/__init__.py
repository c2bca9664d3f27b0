"""The steps of a run: pull, map, plan, push, write back, advance. They speak only to ports."""
