"""A plugin: a function with types and a docstring. Use it with `--tools examples/plugins`."""

from nomoat.tools import tool

REGIONS = {"0": "Saxony", "1": "Berlin", "2": "Hamburg", "5": "Cologne", "8": "Munich"}


@tool(effects="none")
def region(postcode: str) -> str:
    """The region of a German postcode."""
    return REGIONS.get(postcode[:1], "elsewhere in Germany")
