"""One analysis of one picture, carried out in a process that may be killed."""
