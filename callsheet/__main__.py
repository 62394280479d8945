"""`python -m callsheet` is `callsheet`."""

from __future__ import annotations

from callsheet.entry import main

if __name__ == "__main__":
    main()
