"""The one error of the query options, so that each API can turn it into its own 400."""


class FilterError(ValueError):
    """A query option that cannot be understood; the text says what was wrong with it."""
