"""Reading requests and writing streams: paths, query parameters, JSON text that stays text, uploads and downloads."""
