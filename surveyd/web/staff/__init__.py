"""Pages for staff: one file per noun, one blueprint for all."""
