"""Medians, spreads and tables."""

import statistics


class Spread:
    """The values of one figure over the rounds."""

    def __init__(self, values):
        self.values = list(values)

    @property
    def median(self):
        return statistics.median(self.values)

    def to_json(self):
        return {
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": self.values,
        }


def number(value):
    """1234567 as 1,234,567; small numbers with three digits that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def median_text(spread):
    return number(spread.median)


def spread_text(spread):
    """Least to most."""
    return f"{number(min(spread.values))} to {number(max(spread.values))}"


def markdown(header, rows):
    """A table whose columns line up in the source too."""
    table = [header, ["---"] * len(header), *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    table[1] = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        for row in table
    )
