"""Whether pictures are copies of one another, and what has been done to them; numpy and OpenCV.

Two pictures are aligned (`features`, `alignment`, `refinement`), the alignment is checked
(`agreement`) and put into words (`geometry`), and what differs beyond size, colours and encoding is
found and drawn (`tone`, `difference`, `drawing`). `ranking` says which copy is the better evidence.
"""
