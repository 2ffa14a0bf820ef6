"""What generators, and the people who use them, write into a file."""

from __future__ import annotations

_SETTINGS = (
    '[ Number of steps: {steps}.][ Sampling method: "{sampler}".][ Name of the model: "{model}".]'
)
_EDITABLE = "Anyone can write such a statement into a file."

SENTENCES = {
    # Settings of generators
    "a1111.settings": "The file holds settings in the form in which the web interfaces of Stable "
    f"Diffusion write them when they generate a picture.{_SETTINGS}",
    "fooocus.settings": "The file holds settings in the form in which Fooocus writes them when it "
    f"generates a picture.{_SETTINGS}",
    "settings.program": "The file holds the settings with which {program} generated a "
    f"picture.{_SETTINGS}",
    "settings.diffusion": "The file holds the settings with which a program like Stable Diffusion "
    f"generated a picture.{_SETTINGS}",
    "invokeai.command": "The file holds the command with which InvokeAI generated a "
    f"picture.{_SETTINGS}",
    "imaginairy.line": "The file holds the line with which imaginAIry describes a picture that it "
    f"generated.{_SETTINGS}",
    # Workflows
    "comfyui.graph": "The file holds the workflow (the list of steps) with which ComfyUI generated "
    f"a picture.{_SETTINGS}",
    "comfyui.idle": "The file holds a workflow of ComfyUI with steps that generate pictures. None "
    "of these steps is linked to the step that outputs the picture, so they may not have run."
    f"{_SETTINGS}",
    "comfyui.unknown": "The file holds a workflow of {nodes} steps for ComfyUI, a program that "
    "generates pictures. None of these steps is known to generate a picture.",
    "comfyui.broken": "The file holds the remains of a workflow with which ComfyUI generates "
    "pictures. The quotation marks in it are missing, so it cannot be read in full.",
    "invokeai.graph": "The file holds the workflow (the list of steps) with which InvokeAI "
    f"generated a picture.{_SETTINGS}",
    "invokeai.no_output": "The file holds steps of InvokeAI that generate pictures, but no step "
    f"that outputs a picture.{_SETTINGS}",
    # Marks of generators
    "midjourney.job": "The file holds a prompt, a job number and an author in the form in which "
    "Midjourney writes them.",
    "midjourney.number": "The description in the file ends with a job number in the form in which "
    "Midjourney writes it.",
    "grok.signature": "The file holds a signature and an artist number in the form in which Grok, "
    "the picture generator of xAI, writes them.",
    "maker.mark": 'The file bears the mark "{name}" of a service that generates pictures.',
    "fooocus.named": "The file names Fooocus, a program that generates pictures, and the format "
    "in which Fooocus writes its settings.",
    "samsung.tool": "Samsung's photo editor recorded in the file that one of its AI tools was "
    "used.",
    "software.name": 'The file names "{name}" as the program that wrote it. '
    "Anyone can write that name into a file.",
    # Declarations
    "iptc.source_type": "The file declares that the picture {source:source_type} (IPTC digital "
    "source type: {source}).",
    "google.credit": 'The credit line in the file is "{credit}".',
    "aigc_label.is": "The file carries the label that China requires for generated pictures "
    "(GB 45438). It says that an AI generated the picture.",
    "aigc_label.maybe": "The file carries the label that China requires for generated pictures "
    "(GB 45438). It says that an AI may have generated the picture.",
    "aigc_label.suspected": "The file carries the label that China requires for generated pictures "
    "(GB 45438). It says that an AI is suspected to have generated the picture.",
    "iptc_ai.system": 'The file names "{said}" as the AI system that generated the picture.',
    "iptc_ai.hint": 'The file says "{said}" in its field for {field:iptc_ai_field}. ' + _EDITABLE,
    "iptc_ai.denied": 'The file says "{said}" in its field for {field:iptc_ai_field}, which names '
    f"no AI system. {_EDITABLE}",
    "iptc_ai_field.AISystemUsed": "the AI system used",
    "iptc_ai_field.AIPromptInformation": "the prompt given to an AI",
    "iptc_ai_field.AIPromptWriterName": "the name of the person who wrote the prompt",
    # IPTC's digital source types: "the picture ..."
    "source_type.trainedAlgorithmicMedia": "was created by a generative AI",
    "source_type.compositeWithTrainedAlgorithmicMedia": "was edited or composed with a generative "
    "AI",
    "source_type.compositeSynthetic": "is composed of several parts, some of which were generated",
    "source_type.digitalCapture": "was taken by a digital camera",
    "source_type.computationalCapture": "was taken by a camera that combines several exposures",
    "source_type.negativeFilm": "was scanned from a film negative",
    "source_type.positiveFilm": "was scanned from a slide",
    "source_type.print": "was scanned from a print",
    "source_type.humanEdits": "was edited by a person",
    "source_type.minorHumanEdits": "is a photograph with minor edits by a person",
    "source_type.compositeCapture": "is composed of several photographs",
    "source_type.digitalCreation": "was made by a person with drawing tools",
    "source_type.digitalArt": "was made by a person with drawing tools",
    "source_type.algorithmicallyEnhanced": "was enhanced by an algorithm",
    "source_type.algorithmicMedia": "was made by an algorithm that was not trained on pictures",
    "source_type.dataDrivenMedia": "is a drawing of data, such as a chart",
    "source_type.screenCapture": "is a screenshot",
    "source_type.virtualRecording": "is a recording of a virtual scene",
    "source_type.composite": "is composed of several parts",
}
