"""Models behind a server that speaks OpenAI's protocol; imports the seam, never another implementation."""
