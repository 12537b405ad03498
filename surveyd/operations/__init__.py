"""What reaches across the whole house: the demo company, backup, erasure."""
