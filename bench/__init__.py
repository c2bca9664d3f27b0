"""What is measured, against whom: run by `make bench`, results beside it in results.md and results.json."""
