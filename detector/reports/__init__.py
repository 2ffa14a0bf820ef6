"""Reports: a result on paper, as a PDF with a signed twin for machines, and the check of both.

The twin (`twin.py`) is the JSON that everything else is made from: the printed page and the PDF
show its content (`content.py`), the key of the installation signs it (`keys.py`), and
`verifying.py` says whether a report is still the one that was written.
"""
