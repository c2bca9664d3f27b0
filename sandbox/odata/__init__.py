"""OData query options for both simulated APIs: $filter to a predicate, $orderby to a sort, $select to names.

>>> accept = predicate("customerProfile/address/country eq 'DE'", shape=Nested())
>>> accept.matches({"customerProfile": {"address": {"country": "DE"}}})
True
"""

from sandbox.odata.errors import FilterError
from sandbox.odata.order import OrderTerm, parse_orderby, parse_select, sort_key, sorted_rows
from sandbox.odata.predicate import Filter, predicate
from sandbox.odata.required import index_text
from sandbox.odata.shapes import Field, Kind, Nested, Shape, Value

__all__ = [
    "Field",
    "Filter",
    "FilterError",
    "Kind",
    "Nested",
    "OrderTerm",
    "Shape",
    "Value",
    "index_text",
    "parse_orderby",
    "parse_select",
    "predicate",
    "sort_key",
    "sorted_rows",
]
