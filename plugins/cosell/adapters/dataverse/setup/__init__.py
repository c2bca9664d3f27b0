"""Setup: brings the tables, columns, choices and keys that co-sell needs into an environment, once and again."""
