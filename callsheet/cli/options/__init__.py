"""What commands take: options, parameters, files, and where output goes; imports `text`."""
