"""Files into tables: a stream of bytes becomes a typed table, without a value altered and without one half done."""
