"""A file -> `Radiograph` -> the square that a network reads, and the way back; synthetic images."""
