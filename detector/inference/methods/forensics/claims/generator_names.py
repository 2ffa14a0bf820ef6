"""The names of programs and models that do nothing but generate, and of who makes them."""

from __future__ import annotations

import re
from itertools import islice

MAX_NAME, MAX_WORDS = 10, 60  # words of a name, and words that are looked at

_WORD = re.compile(r"[^\W\d_]+|\d+")
# Both lists are patterns of words in lower case with single spaces between, as `words_of` gives
# them: "DALL-E 3" is "dall e 3", "GPT4o" is "gpt 4 o".
# Names that mean nothing else, and count anywhere in the name of a program.
_UNMISTAKABLE = (
    r"midjourney|adobe firefly|dall ?e|stable ?diffusion|automatic ?1111|comfyui|invokeai|"
    r"novelai|fooocus|swarmui|draw things|easy diffusion|ideogram|leonardo ai|bing image creator|"
    r"chatgpt|openai|gpt image|google imagen|nightcafe|diffusionbee|dreamstudio|mflux|"
    r"image creator from designer"
)
# Names that also mean something else, and count only as the whole name.
_AMBIGUOUS = (
    r"niji ?journey|niji|firefly|sdxl|leonardoai|"
    r"chat gpt|gpt|imagen|image ?fx|gemini|"
    r"nano ?banana|flux|sora|grok|veo|krea|recraft|seedream|seededit|dreamina|jimeng|doubao|"
    r"qwen|qwen ?image|wan|hunyuan|hunyuan ?image|kling|kling ?ai|runway|runwayml|luma ai|"
    r"playground (ai|v)|hidream|kandinsky|pixart|z image|meta ai|cogview|notebooklm|"
    r"(microsoft|designer) image creator|image creator (from microsoft|by( microsoft)?) designer|"
    r"stability ?ai|stable (image|cascade)|bfl|xai|black forest labs|"
    r"(made with )?google generative ai|made with google ai|google whisk|(amazon|bedrock) titan|"
    r"titan image|nova canvas|imagine with meta|meta (imagine|emu)|craiyon|"
    r"luma (dream machine|photon)|dream machine|pika labs|(canva )?dream lab|magic media|"
    r"freepik (mystic|ai)|(shutterstock|getty images) (generative )?ai|deepai|"
    r"generative ai by (getty images|istock)|starry ?ai|tongyi wanxiang|wanxiang|ernie vilg|"
    r"kolors|reve (image|ai)|bria( ai)?|hailuo( ai)?|minimax|vidu|seedance|mai image|"
    r"deepfloyd( if)?|wombo( dream)?|dream by wombo|lexica( aperture)?|sea ?art|tensor art|即梦|"
    r"豆包|文心一格|通义万相|混元|可灵"
)
_ANYWHERE = re.compile(rf"\b({_UNMISTAKABLE})\b")
_NAME = re.compile(rf"\b({_UNMISTAKABLE}|{_AMBIGUOUS})\b")


def vocabulary(words: str) -> frozenset[str]:
    """The words of a text that is nothing but a list of them."""
    return frozenset(words.split())


# Words that may accompany the name: its maker, its edition.
_BESIDE = vocabulary("""
    google deepmind openai nvidia adobe microsoft bing meta xai alibaba tencent bytedance baidu
    amazon azure aws bedrock vertex stability stabilityai black forest labs bfl tongyi ai by from on
    v version model models image images generator generation gen imagegen creator designer studio
    app web api service media beta alpha preview experimental
    exp pro plus max ultra fast flash turbo lightning lite mini nano large medium small base dev
    schnell kontext krea raw xl hd edit instruct omni hyper standard core diffusion sigma imagine
""")


def words_of(text: str) -> list[str]:
    """The words and numbers of a text in lower case, the first of very many."""
    return [match[0].lower() for match in islice(_WORD.finditer(text), MAX_WORDS)]


def is_name(text: str) -> bool:
    """Whether the text is the name of a known system and no more than its maker and version."""
    words = words_of(text)
    remainder, names = _NAME.subn(" ", " ".join(words))
    return 0 < names <= len(words) <= MAX_NAME and all(map(_is_beside, remainder.split()))


def names_program(text: str) -> bool:
    """Whether a program that does nothing but generate is named anywhere in the text."""
    return bool(_ANYWHERE.search(" ".join(words_of(text))))


def is_generator(program: str) -> bool:
    """Whether a program of this name, as it calls itself, does nothing but generate."""
    return names_program(program) or is_name(program)


def _is_beside(word: str) -> bool:
    """Whether the word may stand beside a name: "Google", "turbo", "3", the "v" of a version."""
    return word in _BESIDE or word.isdecimal() or (len(word) == 1 and word.isascii())
