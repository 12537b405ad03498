"""The people: accounts and contacts outside, users inside, and who may see whom."""
