"""How a referral field is said in Dataverse: the mapping file, read, checked and applied with pandas."""

from cosell.mapping.loaded import LoadedMapping as Mapping
from cosell.mapping.loader import DEFAULT_MAPPING, LEAD_MAPPING, default_folders, load_mapping
from cosell.mapping.own.converter import OwnConverter
from cosell.mapping.settings import MappingSettings

__all__ = [
    "DEFAULT_MAPPING",
    "LEAD_MAPPING",
    "Mapping",
    "MappingSettings",
    "OwnConverter",
    "default_folders",
    "load_mapping",
]
