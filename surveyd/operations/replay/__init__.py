"""Years of a simulated company, played through the verbs that real people and processes use."""
