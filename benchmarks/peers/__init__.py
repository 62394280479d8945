"""Other engines on the same graphs, one a module; `peers` is the dependency group that installs them."""
