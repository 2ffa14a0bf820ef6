"""XMP: RDF in XML, a property given as an element or as an attribute, under any prefix.

Only what the packet says about the picture itself is read, the direct properties of its
descriptions: histories, ingredients and pantries describe other pictures. XMP is untrusted XML:
a document type or an entity is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from .metadata import Metadata, Unreadable, is_place

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC_EXT = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
XMP_BASIC = "{http://ns.adobe.com/xap/1.0/}"
EXIF = "{http://ns.adobe.com/exif/1.0/}"
TIFF = "{http://ns.adobe.com/tiff/1.0/}"
TC260 = "{http://www.tc260.org.cn/ns/AIGC/1.0/}"

# Properties that say the same as a text elsewhere: the key that the readers know them by.
TEXT_PROPERTIES = {
    DUBLIN_CORE + "description": ("Description", "dc:description"),
    DUBLIN_CORE + "creator": ("Author", "dc:creator"),
    EXIF + "UserComment": ("UserComment", "exif:UserComment"),
    PHOTOSHOP + "Credit": ("Credit", "photoshop:Credit"),
    TC260 + "AIGC": ("AIGC", "TC260:AIGC"),
    TIFF + "Make": ("Make", "tiff:Make"),
    TIFF + "Model": ("Model", "tiff:Model"),
    XMP_BASIC + "CreatorTool": ("Software", "xmp:CreatorTool"),
}
MAX_VALUES = 1000
# What stands before the packet in a segment of a JPEG.
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def add_xmp(packet: bytes | memoryview | str, metadata: Metadata) -> None:
    """Read a packet into `metadata.xmp`, and its texts among the texts."""
    with metadata.reading("XMP"):
        metadata.spend(len(packet))
        properties = parse_xmp(packet if isinstance(packet, str) else bytes(packet))
        metadata.read("XMP")
        for name, value in properties:
            if is_place(name.rpartition("}")[2]):
                metadata.camera["GPS"] = ""
                continue
            metadata.xmp.setdefault(name, []).append(value)
            if name in TEXT_PROPERTIES and value.strip():
                key, shown = TEXT_PROPERTIES[name]
                metadata.add(key, value, f"XMP {shown}")


def parse_xmp(packet: bytes | str) -> list[tuple[str, str]]:
    """("{namespace}name", value) of each property. Raises `Unreadable`."""
    # Imported here because it loads the slow XML parser of the standard library.
    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

    try:
        root = fromstring(_trim(packet), forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable(
            "it declares a document type or entities, which XMP never needs."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable("its XML is damaged.") from error
    return _properties(root)


def _trim(packet: bytes | str) -> bytes:
    data = packet.encode("utf-8", "replace") if isinstance(packet, str) else packet
    # Some writers let other data follow the packet.
    return data.partition(b"<?xpacket end")[0].strip(b"\0 \t\r\n")


def _properties(root: Element) -> list[tuple[str, str]]:
    rdf = root if root.tag == f"{RDF}RDF" else root.find(f"{RDF}RDF")
    found: list[tuple[str, str]] = []
    for description in () if rdf is None else rdf.findall(f"{RDF}Description"):
        found += [(name, value) for name, value in description.items() if name[:1] == "{"]
        for element in description:
            found += [(element.tag, value) for value in _values(element)]
            if len(found) > MAX_VALUES:
                raise Unreadable("it has too many properties.")
    return found


def _values(element: Element) -> Iterator[str]:
    """The values of a property: its resource, the items of its list, or its text."""
    if resource := element.get(f"{RDF}resource"):
        yield resource
    elif len(element):
        for items in element:
            if items.tag in (f"{RDF}Alt", f"{RDF}Bag", f"{RDF}Seq"):
                yield from (item.text or item.get(f"{RDF}resource") or "" for item in items)
    elif element.text:
        yield element.text
