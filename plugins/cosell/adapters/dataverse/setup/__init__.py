"""Setup: brings the tables, columns, choices, keys and form that co-sell needs into an environment, once and again."""
