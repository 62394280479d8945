"""A model that knows what to do in a scene, and says it in the full format."""

from __future__ import annotations

import json

from callsheet.agents.models.scripted import ScriptedModel

from .scene import Scene


def scripted(scene: Scene) -> ScriptedModel:
    """A model that gives the scene's decisions, one after the other, and fails if it is asked for more."""
    return ScriptedModel([json.dumps(each) for each in scene.decisions])
