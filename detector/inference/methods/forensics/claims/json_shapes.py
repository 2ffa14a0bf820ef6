"""The shape of the settings that generators write as one JSON object: the names in it.


To add a generator, add a row to `SHAPES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ANY_NUMBER, ANY_TEXT, SOME_TEXT = r"-?\d{1,20}(\.\d{1,20})?", r"(?s).*", r"(?s).+"


@dataclass(frozen=True)
class Shape:
    """The object that one generator writes.

    `names` maps its names to those of our table; `least` of them must be there, and all names of
    `must`, each with a value of its pattern. `inside` is the name of the object that holds them.
    """

    kind: str
    title: str
    names: Mapping[str, str]
    least: int
    must: Mapping[str, str]
    inside: str = ""


SHAPES = (
    Shape(
        "invokeai", "InvokeAI",
        {"positive_prompt": "prompt", "negative_prompt": "negative prompt", "seed": "seed",
         "steps": "steps", "scheduler": "sampler", "cfg_scale": "CFG scale",
         "generation_mode": "mode", "app_version": "version"},
        least=3, must={"positive_prompt": ANY_TEXT, "seed": ANY_NUMBER},
    ),
    Shape(
        "invokeai", "InvokeAI",
        {"sampler": "sampler", "steps": "steps", "seed": "seed", "cfg_scale": "CFG scale",
         "width": "width", "height": "height"},
        least=3, must={"cfg_scale": ANY_NUMBER, "seed": ANY_NUMBER}, inside="image",
    ),
    Shape(
        "swarmui", "SwarmUI",
        {"prompt": "prompt", "negativeprompt": "negative prompt", "model": "model", "seed": "seed",
         "steps": "steps", "cfgscale": "CFG scale", "comfyuisampler": "sampler",
         "swarm_version": "version"},
        least=3, must={"prompt": ANY_TEXT}, inside="sui_image_params",
    ),
    Shape(
        "fooocus", "Fooocus",
        {"prompt": "prompt", "negative_prompt": "negative prompt", "base_model": "model",
         "seed": "seed", "steps": "steps", "sampler": "sampler", "guidance_scale": "CFG scale",
         "version": "version"},
        least=4, must={"version": r"Fooocus.*"},
    ),
    Shape(
        "fooocus", "RuinedFooocus",
        {"Prompt": "prompt", "Negative": "negative prompt", "base_model_name": "model",
         "seed": "seed", "steps": "steps", "sampler_name": "sampler", "cfg": "CFG scale",
         "software": "version"},
        least=4, must={"software": r"RuinedFooocus.*"},
    ),
    Shape(
        "fooocus", "Fooocus-MRE",
        {"prompt": "prompt", "negative_prompt": "negative prompt", "base_model": "model",
         "seed": "seed", "steps": "steps", "sampler": "sampler", "cfg": "CFG scale",
         "software": "version"},
        least=5, must={"base_clip_skip": ANY_NUMBER, "base_model": SOME_TEXT},
    ),
    Shape(
        "fooocus", "Fooocus",
        {"Prompt": "prompt", "Negative Prompt": "negative prompt", "Base Model": "model",
         "Seed": "seed", "Sampler": "sampler", "Guidance Scale": "CFG scale",
         "Version": "version"},
        least=4, must={"Fooocus V2 Expansion": ANY_TEXT},
    ),
    Shape(
        "easydiffusion", "Easy Diffusion",
        {"prompt": "prompt", "negative_prompt": "negative prompt", "seed": "seed",
         "use_stable_diffusion_model": "model", "sampler_name": "sampler",
         "num_inference_steps": "steps", "guidance_scale": "CFG scale"},
        least=4,
        must={"num_inference_steps": r"\d{1,5}", "use_stable_diffusion_model": SOME_TEXT},
    ),
    Shape(
        "mflux", "MFLUX",
        {"prompt": "prompt", "negative_prompt": "negative prompt", "model": "model", "seed": "seed",
         "steps": "steps", "guidance": "CFG scale", "mflux_version": "version"},
        least=4, must={"mflux_version": r"\d.*"},
    ),
    Shape(
        "pollinations", "Pollinations",
        {"originalPrompt": "prompt", "negative_prompt": "negative prompt", "model": "model",
         "seed": "seed", "width": "width", "height": "height"},
        least=4, must={"originalPrompt": SOME_TEXT, "model": SOME_TEXT},
    ),
    Shape(
        "drawthings", "Draw Things",
        {"c": "prompt", "uc": "negative prompt", "model": "model", "seed": "seed",
         "steps": "steps", "sampler": "sampler", "scale": "CFG scale"},
        least=5, must={"c": ANY_TEXT, "uc": ANY_TEXT},
    ),
    Shape(
        "novelai", "NovelAI",
        {"prompt": "prompt", "uc": "negative prompt", "seed": "seed", "steps": "steps",
         "sampler": "sampler", "scale": "CFG scale", "request_type": "mode"},
        least=4, must={"request_type": r"\w{4,40}Request", "uc": ANY_TEXT},
    ),
    Shape(
        "imaginairy", "imaginAIry",
        {"prompt": "prompt", "negative_prompt": "negative prompt", "model": "model",
         "seed": "seed", "steps": "steps", "sampler_type": "sampler",
         "prompt_strength": "CFG scale"},
        least=5, must={"prompt_strength": ANY_NUMBER, "seed": ANY_NUMBER},
    ),
)  # fmt: skip
# Beside the name of the program, which stands elsewhere, fewer names are enough.
NOVELAI = Shape(
    "novelai", "NovelAI",
    {"prompt": "prompt", "uc": "negative prompt", "seed": "seed", "steps": "steps",
     "sampler": "sampler", "scale": "CFG scale", "request_type": "mode"},
    least=3, must={},
)  # fmt: skip
# What diffusers, web services and tools in many languages call the same things; small letters, and
# without what stands between the words.
ANY_TOOL = {
    "prompt": ("prompt", "positiveprompt", "positive"),
    "negative prompt": ("negativeprompt", "negative"),
    "seed": ("seed",),
    "steps": ("numinferencesteps", "inferencesteps", "steps", "samplingsteps"),
    "CFG scale": ("guidancescale", "cfgscale", "cfg", "guidance"),
    "sampler": ("samplername", "sampler", "samplertype", "scheduler"),
    "model": ("model", "modelname", "basemodel", "checkpoint"),
}
_SCALE = r"-?\d{1,3}(\.\d{1,20})?"
# The names that only programs of diffusion models have, as patterns of their values; a sampler of
# diffusion models counts as one more.
ONLY_DIFFUSION = {
    "negativeprompt": ANY_TEXT,
    "numinferencesteps": r"\d{1,4}",
    "guidancescale": _SCALE,
    "cfgscale": _SCALE,
    "clipskip": r"-?\d{1,2}",
    "modelhash": r"[0-9a-fA-F]{6,64}",
    "denoisingstrength": _SCALE,
}
LEAST_DIFFUSION = 2
# Easy Diffusion's PNGs have one text for each name, in either of two spellings.
EASY_DIFFUSION_TEXTS = (
    {"prompt": "prompt", "negative_prompt": "negative prompt", "seed": "seed",
     "use_stable_diffusion_model": "model", "sampler_name": "sampler",
     "num_inference_steps": "steps", "guidance_scale": "CFG scale"},
    {"Prompt": "prompt", "Negative Prompt": "negative prompt", "Seed": "seed",
     "Stable Diffusion model": "model", "Sampler": "sampler", "Steps": "steps",
     "Guidance Scale": "CFG scale"},
)  # fmt: skip
EASY_DIFFUSION_LEAST = 5
