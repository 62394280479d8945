"""Weights from Hugging Face, over plain HTTPS."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from .cache import OnDownload
from .file import BLOCK_BYTES, SourceFailed, Weights

HOST = "https://huggingface.co"
SILENCE_SECONDS = 5.0
"""How long nothing may come: a machine without the internet should notice soon."""


class HuggingFace:
    """The file as its publisher put it there. A download that was broken off goes on where it ended."""

    name = "Hugging Face"

    def __init__(self, host: str = HOST, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._host = host.rstrip("/")
        self._silence_seconds = silence_seconds

    def fetch(self, weights: Weights, target: Path, progress: OnDownload) -> None:
        """Write the file to `target`. Raises SourceFailed."""
        if weights.repository is None:
            raise SourceFailed(f"has no {weights.name}")
        done = target.stat().st_size if target.exists() else 0
        if done >= weights.size:
            return
        try:
            with self._open(weights, done) as response, target.open("ab") as file:
                if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                    file.truncate(0)
                self._copy(response, file, weights, progress)
        except (urllib.error.HTTPError, http.client.HTTPException, ValueError) as error:
            raise SourceFailed(str(error)) from None

    def _open(self, weights: Weights, done: int) -> http.client.HTTPResponse:
        address = f"{self._host}/{weights.repository}/resolve/main/{weights.file_name}"
        request = urllib.request.Request(address, headers={"Range": f"bytes={done}-"} if done else {})
        response: http.client.HTTPResponse
        try:
            response = urllib.request.urlopen(request, timeout=self._silence_seconds)
        except urllib.error.HTTPError:
            raise
        except OSError as error:
            raise SourceFailed(f"cannot be reached ({error})") from None
        return response

    def _copy(
        self, response: http.client.HTTPResponse, file: IO[bytes], weights: Weights, progress: OnDownload
    ) -> None:
        done = file.tell()
        while block := self._read(response):
            done += len(block)
            if done > weights.size:
                file.truncate(0)
                raise SourceFailed("sent more bytes than the file has")
            file.write(block)
            progress(self.name, done, weights.size)
        if done < weights.size:
            raise SourceFailed(f"broke off after {done:,} of {weights.size:,} bytes; run again to resume")

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read(BLOCK_BYTES)
        except OSError as error:
            # Not to be taken for a fault of the disk.
            raise SourceFailed(f"broke off ({error}); run again to resume") from None
