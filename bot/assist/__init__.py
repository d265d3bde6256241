"""Help that organisations offer and ask for, in the terms of FIRST's CSIRT Services Framework."""
