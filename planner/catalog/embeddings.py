"""Which texts mean about the same as another: static word vectors, where they are installed.

The vectors are those that ship in the package `wordllama` (MIT; the extra `retrieval`). Only its two files
are read, and they are checked: importing the package would set up logging, and loading the model with it
may ask the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import tokenizers
    from numpy.typing import NDArray

PACKAGE = "wordllama"
VECTORS = (
    "weights/l2_supercat_256.safetensors",
    "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
)
TOKENIZER = (
    "tokenizers/l2_supercat_tokenizer_config.json",
    "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
)
"""Files of the package, each with its SHA-256."""
MAX_QUERY = 4_000
"""Characters of a query that are looked at."""


class WordEmbeddings:
    """A vector for each token, and what cuts a text into tokens."""

    def __init__(self, vectors: NDArray[numpy.float16], tokenizer: tokenizers.Tokenizer) -> None:
        self.vectors = vectors
        self._tokenizer = tokenizer

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, as rows of `vectors`."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids


class VectorIndex:
    """The meanings of texts, made once: the mean vector of each text's words, `by_rarity` where those count
    more that few of the texts have (S. Arora and others, "A Simple but Tough-to-Beat Baseline for Sentence
    Embeddings", 2017)."""

    def __init__(self, texts: Sequence[str], words: WordEmbeddings, *, by_rarity: bool) -> None:
        import numpy

        self._words = words
        tokens = [words.tokens(text) for text in texts]
        having = numpy.zeros(len(words.vectors), numpy.float32)
        for each in tokens:
            having[list(set(each))] += 1
        rarity = numpy.sqrt(numpy.log1p(len(texts) / (having + 1)))
        self._weights = (rarity if by_rarity else numpy.ones_like(rarity))[:, None]
        self._means = numpy.stack([self._mean(each) for each in tokens])

    def rank(self, query: str, most: int) -> Sequence[int]:
        """Places of the texts, the nearest in meaning first."""
        import numpy

        tokens = self._words.tokens(query[:MAX_QUERY])
        if not tokens:
            return ()
        # Rounded, so that what is as near stays in the order of the texts however the sums add up.
        nearness = numpy.round(self._means @ self._mean(tokens), 5)
        return [int(at) for at in numpy.argsort(-nearness, kind="stable")[:most]]

    def _mean(self, tokens: Sequence[int]) -> NDArray[numpy.float32]:
        import numpy

        places = numpy.asarray(tokens, numpy.int64)
        total: NDArray[Any] = (self._words.vectors[places] * self._weights[places]).sum(axis=0)
        return (total / max(float(numpy.linalg.norm(total)), 1e-9)).astype(numpy.float32)


@cache
def installed_vectors() -> WordEmbeddings | None:
    """The vectors, or None where they are not installed, or are not those that this was made with."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    try:
        import tokenizers
        from safetensors.numpy import load

        folder = Path(spec.origin).parent
        weights, tokenizer = (_checked(folder / name, sha256) for name, sha256 in (VECTORS, TOKENIZER))
    except (ImportError, OSError):
        return None
    if weights is None or tokenizer is None:
        return None
    return WordEmbeddings(load(weights)["embedding.weight"], tokenizers.Tokenizer.from_buffer(tokenizer))


def _checked(path: Path, sha256: str) -> bytes | None:
    content = path.read_bytes()
    return content if hashlib.sha256(content).hexdigest() == sha256 else None
