"""The words, glyphs and units that the command line and the workbench share; imports no terminal library."""
