"""What the methods see in the pixels, and why a method gives no answer."""

from __future__ import annotations

SENTENCES = {
    # The methods themselves
    "method_named.title": "Method {number}: {name}",
    "method_named.number": "method {number}",
    "method_name.deep_learning": "Deep Learning Model",
    "method_name.statistical": "Statistical Pattern Analysis",
    "method_name.forensics": "Advanced Forensics Analysis",
    "method_name.huggingface": "Hugging Face Specialized Models",
    "method_reads.deep_learning": "tiles of the picture at full resolution, and the picture as a "
    "whole",
    "method_reads.statistical": "parts of the picture at full resolution",
    "method_reads.forensics": "the original bytes, and invisible watermarks in the pixels",
    "method_reads.huggingface": "the picture at the size for which each model was trained",
    "method_idea.deep_learning": "Two small networks: one examines the fine structure, the other "
    "the whole picture. A third weighs the traces of both together.",
    "method_idea.statistical": "Hundreds of measurements of noise, frequencies and compression, "
    "weighed by a model.",
    "method_idea.forensics": "The statements in the file: Content Credentials, statements about "
    "its source, and settings and watermarks that generators leave. Camera and compression are "
    "context only. The method gives no score if there is no evidence for an AI.",
    "method_idea.huggingface": "Vision transformers. Each is the best available model: one that "
    "was fine-tuned on this installation, otherwise a public model, otherwise the bundled DINOv2 "
    "detector.",
    "method_used.deep_learning": "EfficientNet-Lite0 on 256-pixel tiles, and on the whole picture; "
    "a small network over the traces of both",
    "method_used.statistical": "{count} statistics, a small network",
    # What they find
    "deep_learning.agree": "The fine structure and the picture as a whole both look more like "
    "{side:kind_of_picture}.",
    "deep_learning.differ": "The fine structure looks more like {structure:kind_of_picture}, but "
    "the picture as a whole looks more like {whole:kind_of_picture}.",
    "deep_learning.outvoted": "The fine structure and the picture as a whole each look more like "
    "{side:kind_of_picture}, but their traces taken together look more like "
    "{together:kind_of_picture}.",
    "kind_of_picture.ai": "a picture made by an AI",
    "kind_of_picture.real": "a picture made without an AI",
    "statistical.patterns": "The patterns of noise, frequencies and compression look more like "
    "those of {side:kind_of_pictures}.[ The strongest evidence for AI: {for_ai:feature_group}.]"
    "[ The strongest evidence against AI: {against_ai:feature_group}.]",
    "statistical.balanced": "The patterns of noise, frequencies and compression look slightly more "
    "like those of {side:kind_of_pictures}. No group of measurements stands out.",
    "feature_group.colour spectrum": "frequencies of the colours",
    "feature_group.channel correlation": "correlation of the colours",
    "feature_group.luma spectrum": "frequencies of the brightness",
    "feature_group.grid peaks": "regular grids",
    "feature_group.noise patterns": "patterns in the noise of the brightness",
    "feature_group.chroma noise patterns": "patterns in the noise of the colours",
    "feature_group.compression": "compression",
    "feature_group.colour and tone": "colours and tones",
    "feature_group.noise by brightness": "noise in dark and bright parts",
    "kind_of_pictures.ai": "pictures made by an AI",
    "kind_of_pictures.real": "pictures taken by a camera",
    "huggingface.score": 'The model "{model}" ({state:model_state}: {source}) puts the chance that '
    "an AI made the picture at {chance:.0%}.",
    "model_state.FINE-TUNED": "fine-tuned on your own pictures",
    "model_state.pre-trained": "a public model",
    "model_state.bundled": "shipped with this program",
    # Why a method gives no answer
    "huggingface.no_model": "No model of this method is available on this installation.",
    "method.weights_unusable": "The weights of this method are missing, are damaged or do "
    "not belong together on this installation ({folders:and}).",
    "method.weights_changed": "The weights of this method are not the ones that were measured, so "
    "they are not used ({files}).",
    "method.short_of_memory": "This method needs more memory for this picture than is available.",
    "method.failed": "This method failed on this picture. The log of the server says why.",
    "fusion.unusable": "The scores of the methods were not combined, because the weights of the "
    "verdict are missing or damaged on this installation.",
    # On the threshold that an installation has measured on real pictures of its own
    "thresholds.local": "This installation uses a threshold of its own, by which at most "
    "{limit:.1%} of real pictures like its own are called AI; it was measured on {n:,} of them on "
    "{measured}.",
    "thresholds.outdated": "This installation measured a threshold of its own on {measured} with "
    "other weights, so the one that ships is used. Its operator can run manage.py calibrate again.",
    "thresholds.unusable": "The threshold that this installation measured is damaged, so the one "
    "that ships is used. Its operator can run manage.py calibrate again.",
    "result.shortened": "The file contains more text than is kept here. Texts of more than "
    "{longest} characters were cut ({texts} in all), and entries of long lists were left out "
    "({items} in all).",
}
