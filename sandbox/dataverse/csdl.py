"""$metadata: the entity types with their properties, navigation properties and keys."""

from functools import lru_cache
from xml.etree import ElementTree as ET

from sandbox.answers import Answer
from sandbox.dataverse.schema import EDM, Catalogue, Table

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def answer_metadata(tables: Catalogue) -> Answer:
    """Answer with the whole document."""
    return Answer(200, _document(tables), {"OData-Version": "4.0"}, "application/xml")


@lru_cache(maxsize=4)
def _document(tables: Catalogue) -> bytes:
    """Write the document, once for each state of the tables."""
    root = ET.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ET.SubElement(root, f"{{{_EDMX}}}DataServices")
    schema = ET.SubElement(services, f"{{{_EDM}}}Schema", Namespace="Microsoft.Dynamics.CRM", Alias="mscrm")
    ET.SubElement(schema, f"{{{_EDM}}}EntityType", Name="crmbaseentity", Abstract="true")
    for table in tables.tables.values():
        _entity_type(schema, tables, table)
    container = ET.SubElement(schema, f"{{{_EDM}}}EntityContainer", Name="System")
    for name, table in tables.by_set.items():
        ET.SubElement(container, f"{{{_EDM}}}EntitySet", Name=name, EntityType=table.type)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entity_type(schema: ET.Element, tables: Catalogue, table: Table) -> None:
    """Write one entity type."""
    attributes = {"Name": table.name, "BaseType": "mscrm.crmbaseentity"}
    node = ET.SubElement(schema, f"{{{_EDM}}}EntityType", attributes)
    key = ET.SubElement(node, f"{{{_EDM}}}Key")
    ET.SubElement(key, f"{{{_EDM}}}PropertyRef", Name=table.key)
    for name, column in table.wire.items():
        ET.SubElement(node, f"{{{_EDM}}}Property", Name=name, Type=EDM[column.kind])
    for name, (column, target) in table.navigations.items():
        several = len({one.table for one in column.targets if one.navigation == name}) > 1
        kind = "mscrm.principal" if several else f"mscrm.{target.table}"
        ET.SubElement(node, f"{{{_EDM}}}NavigationProperty", Name=name, Type=kind)
    for name, relationship in tables.collections[table.name].items():
        kind = f"Collection(mscrm.{relationship.table})"
        ET.SubElement(node, f"{{{_EDM}}}NavigationProperty", Name=name, Type=kind)
