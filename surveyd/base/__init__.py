"""The ground floor: configuration, database, clock, tokens, errors, jobs, mail and paper."""
