"""How a referral field is said in Dataverse: the mapping file, read, checked and applied with pandas."""

from cosell.mapping.loaded import LoadedMapping as Mapping
from cosell.mapping.loader import LEAD_MAPPING, load_mapping
from cosell.mapping.settings import MappingSettings

__all__ = ["LEAD_MAPPING", "Mapping", "MappingSettings", "load_mapping"]
