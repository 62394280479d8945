"""The one seam to language models, and its implementations side by side; imports contracts and errors."""
