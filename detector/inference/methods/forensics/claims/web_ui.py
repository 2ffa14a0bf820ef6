"""The `parameters` text of AUTOMATIC1111's Stable Diffusion web UI and of the many that copied it.

A prompt, "Negative prompt: ...", and settings, "Steps: 20, Sampler: Euler a, ...". The text counts
only if the settings parse and hold what nothing but such a program writes: people count steps and
seeds in other trades too. Programs that convert and host pictures change the separators; so
semicolons, bars, line ends, also written out as "\\n", and full stops are read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.inference.methods.forensics.containers.metadata import Metadata
from detector.inference.methods.forensics.evidence import Evidence, ai_claim, make_rows, settings_in

from .inpainting import MASK, is_inpainting

MAX_SETTINGS = 4000  # characters that are looked at from the first setting on
MAX_STARTS = 4  # places where the settings may begin, from either end of the text

_KEYS = r"(?:Steps|Sampler|Seed|CFG [Ss]cale|Guidance [Ss]cale)"
_START = re.compile(rf"(?:^|(?<=[\s.,;|，；]))(?={_KEYS} ?[:：])")
_BEFORE = re.compile(r"(?:[A-Z][\w \-/]{0,40}: [^,:\n]{0,80}, ?)+")
_VALUE = r"\s*([A-Za-z][\w \-/]{0,40}?)\s*[:：]\s*"
_QUOTED = r'"(?:\\.|[^"\\]){0,2000}"'
_IN_COMMAS = re.compile(rf"(?:^|[,，]){_VALUE}({_QUOTED}|[^,，]*)")
_IN_ANYTHING = re.compile(rf"(?:^|[,;|\n，；]){_VALUE}({_QUOTED}|[^,;|\n，；]*)")
_NO_SEPARATOR = re.compile(rf"[\s.](?={_KEYS} ?:|(?:Size|Model|Model hash|Version) ?: )")
_NEGATIVE = re.compile(r"(?:^|[\s.,;|])Negative prompt: ?")

# The same setting has other names, and other letters, in some programs.
_OTHER_NAMES = {
    "guidance scale": "cfg scale",
    "sampler name": "sampler",
    "sampling method": "sampler",
    "schedule type": "scheduler",
}
# What the settings must look like; besides the steps, three of them make the grammar.
_SHAPES = {
    "sampler": r"\w[\w +.\-/()]{1,60}",
    "scheduler": r"\w[\w +.\-/()]{1,60}",
    "cfg scale": r"\d{1,3}([.,]\d+)?",
    "seed": r"-?\d{1,20}",
    "size": r"\d{2,5} ?[x×] ?\d{2,5}",
    "model hash": r"[0-9a-fA-F]{6,64}",
    "model": r"(?s).{1,300}",
}
# Names that nothing but a program of diffusion models has for a way to sample.
SAMPLERS = (
    r"(?i)(k_(euler|heun|lms|dpm\w*)\w*|euler[ _](a|ancestral|cfg)\b.*|dpm(\+\+|pp|[ _-]?(2|fast|"
    r"adaptive|solver)).*|ddim\w*|ddpm\w*|plms|uni_?pc\w*|(lcm|lms|heun|restart) karras|lcm|tcd|"
    r"deis\w*|ipndm\w*|sa[- ]solver|heun(pp)?2\w*|res[_ ]multistep\w*|er_sde\w*)"
)
_STEPS = re.compile(r"\d{1,3}(\.0+)?|1000")
_LEAST = 3
# How much a setting says that only a generator writes it; two points are needed. Euler and Heun are
# also names of methods that solve equations, so that one of them alone says little.
_POINTS = (
    ("cfg scale", _SHAPES["cfg scale"], 2),
    ("distilled cfg scale", _SHAPES["cfg scale"], 2),
    ("version", r"(?i)(comfyui|stable-diffusion\.cpp|fooocus|invokeai|sd\.next).*", 2),
    ("sampler", SAMPLERS, 2),
    ("sampler", r"(?i)(euler|heun|restart).*", 1),
    ("model hash", _SHAPES["model hash"], 1),
    ("scheduler", r"(?i)(karras|exponential|sgm uniform|simple|beta|polyexponential|.*uniform)", 1),
    ("denoising strength", r"0?\.\d+|[01]", 1),
    ("clip skip", r"\d{1,2}", 1),
    ("lora hashes", r".+", 1),
    ("hires upscale", r"\d(\.\d+)?", 1),
)
_POINTS_NEEDED, _NEGATIVE_POINTS = 2, 2
_LABELS = {
    "model": "model",
    "seed": "seed",
    "steps": "steps",
    "sampler": "sampler",
    "cfg scale": "CFG scale",
    "size": "size",
    "version": "version",
    # Settings that are only there if a mask was drawn.
    "mask blur": MASK,
    "masked content": MASK,
    "inpaint area": MASK,
}

Settings = dict[str, str]


def read_web_ui(metadata: Metadata) -> Iterator[Evidence]:
    """The settings of a Stable Diffusion web UI, wherever a picture carries them."""
    for text in metadata.texts:
        for settings in filter(None, map(parse_settings, text.strings)):
            rows = make_rows(settings)
            params, edit = settings_in(rows), is_inpainting(rows)
            if dict(rows).get("version", "").startswith("Fooocus"):
                yield ai_claim(
                    "fooocus.settings", params, "fooocus", text.where, rows=rows, partial=edit
                )
            else:
                yield ai_claim(
                    "a1111.settings", params, "a1111", text.where, rows=rows, partial=edit
                )


def parse_settings(text: str) -> list[tuple[str, str]]:
    """(name, value) of prompt and settings; empty if the grammar does not hold."""
    if "Steps" not in text:
        return []
    if "\n" not in text:
        text = text.replace("\\r", "").replace("\\n", "\n")
    start, settings = _best(text)
    if not settings:
        return []
    prompt, *negative = _NEGATIVE.split(text[:start], maxsplit=1)
    pairs = [("prompt", prompt), ("negative prompt", negative[0] if negative else "")]
    return pairs + [(name, settings[key]) for key, name in _LABELS.items() if key in settings]


def _best(text: str) -> tuple[int, Settings]:
    """The start of the settings, and the settings: of the richest candidates the last."""
    best, highest = (0, Settings()), 0
    negative = _NEGATIVE.search(text)
    for start in _starts(text):
        before = negative is not None and negative.end() <= start
        for settings in _readings(text[start : start + MAX_SETTINGS]):
            points = _points_of(settings, _NEGATIVE_POINTS * before)
            if points >= highest and points:
                best, highest = (start, settings), points
            if points:
                break
    return best


def _starts(text: str) -> list[int]:
    """The first and the last places where settings may begin."""
    positions = [match.start() for match in _START.finditer(text)]
    starts = dict.fromkeys([*positions[:MAX_STARTS], *positions[-MAX_STARTS:]])
    return [_with_what_stands_before(text, start) for start in starts]


def _with_what_stands_before(text: str, start: int) -> int:
    """The start of the line, if all before the first known setting are settings as well."""
    line = text.rfind("\n", max(start - 300, 0), start) + 1
    return line if line and _BEFORE.fullmatch(text, line, start) else start


def _readings(region: str) -> Iterator[Settings]:
    """The settings as the web UI writes them, one line in commas; then with other separators."""
    line = region.partition("\n")[0]
    yield _settings(_IN_COMMAS.findall(line))
    yield _settings(_IN_ANYTHING.findall(_NO_SEPARATOR.sub(",", region)))


def _settings(pairs: list[tuple[str, str]]) -> Settings:
    """By name in small letters. The first value that fits counts: later ones may be quotations."""
    settings = Settings()
    for key, value in pairs:
        name = " ".join(key.lower().replace("_", " ").split())
        name, value = _OTHER_NAMES.get(name, name), value.strip().strip('"')
        if name not in settings or not _is_setting(name, settings[name]):
            settings[name] = value
    return settings


def _is_setting(name: str, value: str) -> bool:
    return name not in _SHAPES or bool(re.fullmatch(_SHAPES[name], value))


def _points_of(settings: Settings, points: int) -> int:
    """How many settings are there; 0 if it is too few, or if others than generators have them."""
    names = [name for name, shape in _SHAPES.items() if re.fullmatch(shape, settings.get(name, ""))]
    if len(names) < _LEAST or not {"seed", "sampler"} & set(names):
        return 0
    if not _STEPS.fullmatch(settings.get("steps", "")):
        return 0
    scores = {n: p for n, shape, p in reversed(_POINTS) if re.fullmatch(shape, settings.get(n, ""))}
    return len(names) if points + sum(scores.values()) >= _POINTS_NEEDED else 0
