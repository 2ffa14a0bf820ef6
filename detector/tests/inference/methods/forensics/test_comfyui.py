"""Method 3: the parameters of a ComfyUI graph are those that made the picture."""

from __future__ import annotations

import json
from typing import Any

import pytest

from detector.tests.factories.marked_files import ask, claims, png
from detector.tests.factories.work import little_work


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def table(graph: dict[str, Any]) -> dict[str, str]:
    answer = ask(png({"prompt": json.dumps(graph)}))
    assert claims(answer) == {"comfyui": "decisive"}
    return dict(answer.exhibit("parameters")["rows"])


KINDS = ("ControlNetApply", "KSampler", "SaveImage")

# An idle branch stands first; the sampler is fed by two LoRAs, a ControlNet and a seed of its own.
BRANCHED = {
    "1": node("CheckpointLoaderSimple", ckpt_name="idle.safetensors"),
    "2": node("CLIPTextEncode", text="an idle prompt", clip=["1", 1]),
    "3": node("KSampler", seed=1, steps=1, cfg=1, sampler_name="idle", model=["1", 0],
              positive=["2", 0], negative=["2", 0], latent_image=["9", 0]),
    "10": node("CheckpointLoaderSimple", ckpt_name="used.safetensors"),
    "11": node("LoraLoader", lora_name="first.safetensors", model=["10", 0], clip=["10", 1]),
    "12": node("LoraLoader", lora_name="second.safetensors", model=["11", 0], clip=["11", 1]),
    "13": node("String", value="a red fox"),
    "14": node("CLIPTextEncode", text=["13", 0], clip=["12", 1]),
    "15": node("CLIPTextEncode", text="blurry", clip=["12", 1]),
    "16": node("ControlNetApplyAdvanced", positive=["14", 0], negative=["15", 0], image=["2", 0]),
    "17": node("PrimitiveInt", value=77),
    "18": node("KSampler", seed=["17", 0], steps=25, cfg=6.5, sampler_name="dpmpp_2m",
               model=["12", 0], positive=["16", 0], negative=["16", 1], latent_image=["9", 0]),
    "19": node("VAEDecode", samples=["18", 0], vae=["10", 2]),
    "20": node("SaveImage", images=["19", 0]),
}  # fmt: skip
FLUX = {
    "5": node("EmptyLatentImage", width=1024, height=1024),
    "6": node("CLIPTextEncodeFlux", clip_l="fox", t5xxl="a fox in snow", guidance=3.5),
    "8": node("VAEDecode", samples=["13", 0], vae=["10", 0]),
    "9": node("SaveImage", images=["8", 0]),
    "12": node("UNETLoader", unet_name="flux1-dev.safetensors"),
    "13": node("SamplerCustomAdvanced", noise=["25", 0], guider=["22", 0], sampler=["16", 0],
               sigmas=["17", 0], latent_image=["5", 0]),
    "16": node("KSamplerSelect", sampler_name="euler"),
    "17": node("BasicScheduler", scheduler="simple", steps=28, model=["12", 0]),
    "22": node("BasicGuider", model=["12", 0], conditioning=["6", 0]),
    "25": node("RandomNoise", noise_seed=219670278747233),
}  # fmt: skip


def test_the_branch_that_was_saved_counts_and_not_the_first() -> None:
    assert table(BRANCHED) == {
        "prompt": "a red fox",
        "negative prompt": "blurry",
        "model": "used.safetensors",
        "seed": "77",
        "steps": "25",
        "sampler": "dpmpp_2m",
        "CFG scale": "6.5",
        "LoRA": "second.safetensors, first.safetensors",
    }


def test_flux_takes_its_settings_from_nodes_of_their_own() -> None:
    assert table(FLUX) == {
        "prompt": "a fox in snow\nfox",
        "model": "flux1-dev.safetensors",
        "seed": "219670278747233",
        "steps": "28",
        "sampler": "euler",
        "guidance": "3.5",
    }


def test_a_guider_with_two_sides_keeps_them_apart() -> None:
    graph = FLUX | {
        "7": node("CLIPTextEncode", text="blurry"),
        "22": node("CFGGuider", model=["12", 0], positive=["6", 0], negative=["7", 0], cfg=4),
    }
    rows = table(graph)
    assert rows["prompt"] == "a fox in snow\nfox"
    assert rows["negative prompt"] == "blurry"
    assert rows["CFG scale"] == "4"


def test_the_two_texts_of_sdxl_are_both_given_and_equal_ones_once() -> None:
    graph = BRANCHED | {"14": node("CLIPTextEncodeSDXL", text_g="a fox", text_l="in snow")}
    assert table(graph)["prompt"] == "a fox\nin snow"
    graph["14"] = node("CLIPTextEncodeSDXL", text_g="a fox", text_l="a fox")
    assert table(graph)["prompt"] == "a fox"


def test_a_node_that_asks_a_service_holds_all_itself() -> None:
    graph = {
        "1": node("FluxProUltraImageNode", prompt="a fox", seed=5),
        "2": node("SaveImage", images=["1", 0]),
    }
    assert table(graph) == {"prompt": "a fox", "seed": "5"}


def test_a_model_behind_unknown_nodes_counts_if_there_is_no_other() -> None:
    graph = FLUX | {"22": node("MyGuider", conditioning=["6", 0])}
    assert table(graph)["model"] == "flux1-dev.safetensors"
    assert "model" not in table(graph | {"1": node("UNETLoader", unet_name="other.safetensors")})


@pytest.mark.parametrize(
    "link",
    ['["18", 0]', '["16", 1]', '["404", 0]', '["18"]', "[]", "[null, 0]", "[{}, 0]", '["16", "0"]',
     '["16", [0]]', "[16, 9e999]", "[9e999, 0]", f"[{'9' * 4000}, 0]", "[true, true]", '"16"'],
)  # fmt: skip
def test_links_in_circles_and_to_nowhere_end(link: str) -> None:
    keys = ("positive", "negative", "model", "guider", "seed", "conditioning", "images", "lora")
    inputs = dict.fromkeys(keys, 0)
    graph = {i: node(kind, **inputs) for i, kind in zip(("16", "18", "20"), KINDS, strict=True)}
    text = json.dumps(graph).replace(": 0", f": {link}")
    assert set(claims(ask(png({"prompt": text})))) == {"comfyui"}


IDLE = {
    "1": node("LoadImage", image="photo.png"),
    "2": node("SaveImage", images=["1", 0]),
    "3": node("CheckpointLoaderSimple", ckpt_name="sdxl.safetensors"),
    "4": node("KSampler", model=["3", 0], seed=5, steps=20, positive=["9", 0]),
}

USED = IDLE | {"2": node("SaveImage", images=["4", 0])}


def test_nodes_that_lead_to_no_picture_do_not_decide() -> None:
    assert claims(ask(png({"prompt": json.dumps(IDLE)}))) == {"comfyui": "strong"}
    assert claims(ask(png({"prompt": json.dumps(USED)}))) == {"comfyui": "decisive"}


def drawing(graph: dict[str, Any]) -> str:
    """The same graph as ComfyUI draws it: the links apart from the nodes."""
    nodes = [{"id": int(key), "type": node["class_type"]} for key, node in graph.items()]
    links = [
        [number, int(value[0]), value[1], int(key), slot, "*"]
        for number, (key, slot, value) in enumerate(
            (key, slot, value)
            for key, node in graph.items()
            for slot, value in enumerate(node["inputs"].values())
            if isinstance(value, list)
        )
    ]
    return json.dumps({"nodes": nodes, "links": links})


def test_the_drawing_of_a_graph_is_worth_what_the_graph_is() -> None:
    for graph, strength in ((IDLE, "strong"), (USED, "decisive")):
        both = png({"prompt": json.dumps(graph), "workflow": drawing(graph)})
        assert claims(ask(both)) == {"comfyui": strength}


def test_what_is_only_previewed_is_not_what_was_saved() -> None:
    seen = node("PreviewImage", images=["4", 0])
    assert claims(ask(png({"prompt": json.dumps(IDLE | {"5": seen})}))) == {"comfyui": "strong"}
    only = {key: IDLE[key] for key in ("1", "3", "4")} | {"5": seen}
    assert claims(ask(png({"prompt": json.dumps(only)}))) == {"comfyui": "decisive"}


def test_a_node_that_loads_from_the_outputs_puts_nothing_out() -> None:
    graph = {key: IDLE[key] for key in ("3", "4")} | {
        "1": node("LoadImageOutput", image="photo.png"),
        "2": node("VHS_VideoCombine", images=["4", 0]),
    }
    assert claims(ask(png({"prompt": json.dumps(graph)}))) == {"comfyui": "decisive"}


@pytest.mark.parametrize(("mode", "strength"), [(0, "decisive"), (2, "weak"), (4, "weak")])
def test_drawn_nodes_that_are_muted_or_bypassed_did_not_run(mode: int, strength: str) -> None:
    drawn = [{"type": "LoadImage"}, {"type": "KSampler", "mode": mode}, {"type": "SaveImage"}]
    text = json.dumps({"nodes": drawn, "links": []})
    assert claims(ask(png({"workflow": text}))) == {"comfyui": strength}


def drawn(*kinds: str) -> list[dict[str, Any]]:
    """Drawn nodes of these kinds, numbered from 0."""
    return [{"id": number, "type": kind} for number, kind in enumerate(kinds)]


def lines(*pairs: tuple[int, int]) -> list[list[Any]]:
    """Links between drawn nodes, all of one kind and into the first input."""
    return [[i, source, 0, end, 0, "*"] for i, (source, end) in enumerate(pairs)]


def ask_drawing(nodes: list[Any], links: list[Any], *subgraphs: Any) -> dict[str, str]:
    data = {"nodes": nodes, "links": links, "definitions": {"subgraphs": list(subgraphs)}}
    return claims(ask(png({"workflow": json.dumps(data)})))


@pytest.mark.parametrize("mode", [0, 2, 4])
def test_nothing_passes_a_muted_node_but_a_bypassed_one_hands_on(mode: int) -> None:
    nodes = drawn("LoadImage", "KSampler", "ImageBlend", "SaveImage", "SaveImage")
    nodes[2]["mode"] = mode
    strength = "strong" if mode == 2 else "decisive"
    assert ask_drawing(nodes, lines((1, 2), (2, 3), (0, 4))) == {"comfyui": strength}


@pytest.mark.parametrize(("got", "strength"), [("made", "decisive"), ("photo", "strong")])
def test_a_drawn_pair_joined_by_a_name_is_a_link(got: str, strength: str) -> None:
    kinds = ["LoadImage", "SetNode", "KSampler", "easy setNode", "easy getNode", "SaveImage"]
    nodes = drawn(*kinds)
    for number, name in ((1, "photo"), (3, "made"), (4, got)):
        nodes[number]["widgets_values"] = [name]
    assert ask_drawing(nodes, lines((0, 1), (2, 3), (4, 5))) == {"comfyui": strength}


def inner_link(source: int, target: int) -> dict[str, Any]:
    """As subgraphs list their links; -10 is where inputs come from, -20 where outputs go."""
    ends = {"origin_id": source, "origin_slot": 0, "target_id": target, "target_slot": 0}
    return {"id": 1, "type": "IMAGE"} | ends


def subgraph(name: str, kind: str, used: bool = True, mode: int = 0) -> dict[str, Any]:
    """A graph of one node of this kind, and one that scales what the subgraph is given."""
    nodes = [{"id": 1, "type": kind, "mode": mode}, {"id": 2, "type": "ImageScale"}]
    links = [inner_link(-10, 2), inner_link(1 if used else 2, -20)]
    return {"id": name, "nodes": nodes, "links": links}


OUTSIDE = (
    [{"id": 4, "type": "LoadImage"}, {"id": 5, "type": "1f2e"}, {"id": 6, "type": "SaveImage"}],
    [[1, 5, 0, 6, 0, "IMAGE"], [2, 4, 0, 5, 0, "IMAGE"]],
)


@pytest.mark.parametrize(
    ("held", "strength"),
    [
        (subgraph("1f2e", "KSampler"), "decisive"),
        (subgraph("1f2e", "KSampler", used=False), "strong"),
        (subgraph("1f2e", "KSampler", mode=2), "weak"),
        (subgraph("1f2e", "KSampler", mode=4), "weak"),
        (subgraph("1f2e", "Sharpen"), "weak"),
    ],
)
def test_a_drawn_subgraph_does_what_it_holds(held: dict[str, Any], strength: str) -> None:
    assert ask_drawing(*OUTSIDE, None, {"id": []}, held) == {"comfyui": strength}


def test_a_subgraph_may_hold_another_and_hand_on_what_it_is_given() -> None:
    outer, inner = subgraph("1f2e", "3c4d"), subgraph("3c4d", "KSampler")
    assert ask_drawing(*OUTSIDE, outer, inner) == {"comfyui": "decisive"}
    nodes = [*OUTSIDE[0], {"id": 7, "type": "KSampler"}]
    links = [OUTSIDE[1][0], [2, 7, 0, 5, 0, "IMAGE"]]
    scaled = subgraph("1f2e", "Sharpen", used=False)
    assert ask_drawing(nodes, links, scaled) == {"comfyui": "decisive"}
    assert ask_drawing(nodes, OUTSIDE[1], scaled) == {"comfyui": "strong"}


@pytest.mark.slow
def test_subgraphs_that_hold_themselves_end() -> None:
    held = {"id": "1f2e", "nodes": [{"id": i, "type": "1f2e"} for i in range(40)], "links": []}
    with little_work():
        assert ask_drawing(*OUTSIDE, held) == {"comfyui": "weak"}


def test_a_bypassed_node_hands_on_the_first_of_a_kind() -> None:
    nodes = drawn("LoadImage", "KSampler", "ImageBlend", "SaveImage")
    nodes[2]["mode"] = 4
    links = [[1, 1, 0, 2, 1, "IMAGE"], [2, 0, 0, 2, 0, "IMAGE"], [3, 2, 0, 3, 0, "IMAGE"]]
    assert ask_drawing(nodes, links) == {"comfyui": "strong"}
    links[0][5] = "LATENT"
    assert ask_drawing(nodes, links) == {"comfyui": "decisive"}


def test_links_may_be_lists_or_objects() -> None:
    nodes = drawn("LoadImage", "KSampler", "SaveImage")
    assert ask_drawing(nodes, [inner_link(0, 2)]) == {"comfyui": "strong"}
    assert ask_drawing(nodes, [inner_link(1, 2)]) == {"comfyui": "decisive"}


@pytest.mark.parametrize(
    "kind",
    ["SaveImage", "Image Save", "easy imageSave", "Save Image With Prompt Text", "SaveImageLora",
     "ETN_SendImageWebSocket", "UploadToHost", "Image Export", "VHS_VideoCombine", "WriteImage",
     "ImageOutput"],
)  # fmt: skip
def test_what_puts_out_a_picture_is_known_by_its_name(kind: str) -> None:
    photo = IDLE | {"2": node(kind, images=["1", 0])}
    assert claims(ask(png({"prompt": json.dumps(photo)}))) == {"comfyui": "strong"}


@pytest.mark.parametrize(
    ("bystander", "strength"),
    [
        (node("SaveText", text="a"), "decisive"),
        (node("VHS_LoadAudioUpload", audio="a"), "decisive"),
        (node("SaveText", text=["3", 0]), "decisive"),
        (node("SaveImage", images=["1", 0]), "strong"),
    ],
)
def test_only_a_node_that_puts_out_a_picture_hides_the_preview(
    bystander: dict[str, Any], strength: str
) -> None:
    graph = {key: IDLE[key] for key in ("1", "3", "4")}
    graph |= {"5": node("PreviewImage", images=["4", 0]), "6": bystander}
    assert claims(ask(png({"prompt": json.dumps(graph)}))) == {"comfyui": strength}


@pytest.mark.parametrize(
    "kind",
    ["SaveLatent", "PromptRewriter", "SaveAudio", "CheckpointSave", "Save Text File", "SaveString",
     "ModelSave", "VAESave", "LoadImageOutput", "JSON file export"],
)  # fmt: skip
def test_what_is_made_but_not_put_out_as_a_picture_does_not_decide(kind: str) -> None:
    graph = IDLE | {"5": node(kind, samples=["4", 0])}
    assert claims(ask(png({"prompt": json.dumps(graph)}))) == {"comfyui": "strong"}


@pytest.mark.slow
def test_a_graph_of_thousands_of_links_is_quickly_followed() -> None:
    count = 2000
    inputs = {key: [str(count // 2), 1] for key in ("positive", "negative", "model", "guider")}
    links = {str(i): [str(i), i] for i in range(count)}
    graph = {str(i): node(KINDS[i % 3], **inputs, images=[str(i + 1), 0]) for i in range(count)}
    graph["0"]["inputs"] |= links
    data = png({"prompt": json.dumps(graph)})
    with little_work():
        assert claims(ask(data)) == {"comfyui": "decisive"}
