"""XMP: RDF in XML, a property given as an element or as an attribute, under any prefix.

Only what the packet says about the picture itself is read, the direct properties of its
descriptions: histories, ingredients and pantries describe other pictures. XMP is untrusted XML:
a document type or an entity is refused. What is merely wrong in one property, such as a character
that XML does not have, must not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from .metadata import Metadata, Unreadable, clean, is_place, without_pictures
from .text_encodings import wide_codec

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
    TIFF + "ImageDescription": ("ImageDescription", "tiff:ImageDescription"),
    TIFF + "Software": ("Software", "tiff:Software"),
    XMP_BASIC + "CreatorTool": ("Software", "xmp:CreatorTool"),
}
MAX_VALUES = 1000
MAX_DEPTH = 4  # of lists and structures in a value
MAX_NAME = 60
COST = 3
# What stands before the packet in a segment of a JPEG, and what converters carry along.
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"

# The members of a structure that name its value: of RDF itself, and of IPTC's controlled terms.
_VALUES = (f"{RDF}value", f"{IPTC_EXT}CvTermId", f"{IPTC_EXT}CvTermName")
_LISTS = (f"{RDF}Alt", f"{RDF}Bag", f"{RDF}Seq")
_PROLOGUE = re.compile(r"<\?xml\s[^>]{0,200}\?>")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STRAY_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NOT_IN_XML_BY_NUMBER = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));"
)
_RDF_TAG = re.compile(r"<(\w+:)?RDF[\s>]")


def add_xmp(packet: bytes | memoryview | str, metadata: Metadata) -> None:
    """Read a packet into `metadata.xmp`, and its texts among the texts."""
    with metadata.reading("XMP"):
        if not isinstance(packet, str):
            metadata.load(len(packet))
            packet = bytes(packet)
        properties = parse_xmp(decode_packet(packet), metadata.spend)
        metadata.read("XMP")
        for name, value in properties:
            _add_property(name, value, metadata)


def _add_property(name: str, value: str, metadata: Metadata) -> None:
    local = name.rpartition("}")[2]
    if is_place(local):
        metadata.camera["GPS"] = ""
        return
    metadata.xmp.setdefault(name, []).append(value)
    if name in TEXT_PROPERTIES and value.strip():
        key, label = TEXT_PROPERTIES[name]
        metadata.add(key, value, f"XMP {label}")
    elif not name.startswith(RDF):
        metadata.add_other(value, f"XMP {clean(local, MAX_NAME)}")


def decode_packet(packet: bytes | str) -> str:
    """The packet as text, without what stands around it and without pictures as base64."""
    if isinstance(packet, bytes):
        packet = packet.removeprefix(JPEG_XMP)
        codec = wide_codec(packet) or "utf-8"
        packet = packet.decode(codec, "replace")
    packet = packet[max(packet.find("<"), 0) :]
    # Some writers let other data follow the packet.
    packet = packet.partition("<?xpacket end")[0].rstrip("\0 \t\r\n")
    return _PROLOGUE.sub("", without_pictures(packet), count=1)


def parse_xmp(text: str, spend: Callable[[int], None]) -> list[tuple[str, str]]:
    """("{namespace}name", value) of each property. Raises `Unreadable`.

    `spend` is told, before each try, how much text it costs; an element costs more than its text.
    """
    attempts, damaged = set[str](), Exception()
    for repair in (str, _repaired, _only_rdf):
        try:
            repaired = repair(text)
            if repaired not in attempts:
                attempts.add(repaired)
                spend(COST * len(repaired))
                return _properties(_root(repaired))
        except Unreadable:
            raise
        except (ParseError, ValueError, LookupError) as error:
            damaged = error
    raise Unreadable("xml_damaged") from damaged


def _root(text: str) -> Element:
    # Imported here because it loads the slow XML parser of the standard library.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text.encode("utf-8", "replace"), forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable("document_type") from error
    return root


def _repaired(text: str) -> str:
    """Without the characters that XML does not have, and with "&" written as XML wants it."""
    text = _NOT_IN_XML_BY_NUMBER.sub("", _NOT_IN_XML.sub("", text))
    return _STRAY_AMPERSAND.sub("&amp;", text)


def _only_rdf(text: str) -> str:
    """The RDF alone, for a packet whose wrapping is wrong."""
    text = _repaired(text)
    start = _RDF_TAG.search(text)
    end = f"</{start[1] or ''}RDF>" if start else ""
    if not start or end not in text:
        raise ValueError("There is no RDF in the packet.")
    return text[start.start() : text.rindex(end) + len(end)]


def _properties(root: Element) -> list[tuple[str, str]]:
    rdf = next(root.iter(f"{RDF}RDF"), None)
    properties: list[tuple[str, str]] = []
    for description in () if rdf is None else rdf.findall(f"{RDF}Description"):
        properties += [(name, value) for name, value in description.items() if name[:1] == "{"]
        for element in description:
            properties += [(element.tag, value) for value in _values(element)]
            if len(properties) > MAX_VALUES:
                raise Unreadable("properties_many")
    return properties


def _values(element: Element, depth: int = 0) -> Iterator[str]:
    """The values of a property: its resource, the items of its list, its `rdf:value`, its text."""
    attributes = [element.get(f"{RDF}resource"), *map(element.get, _VALUES)]
    if any(attributes):
        yield from filter(None, attributes)
    elif not len(element):
        yield from filter(None, [element.text])
    elif depth < MAX_DEPTH:
        for inner in element:
            if inner.tag in _LISTS:
                yield from (value for item in inner for value in _values(item, depth + 1))
            elif inner.tag in (f"{RDF}Description", *_VALUES):
                yield from _values(inner, depth + 1)
