"""What happens after an answer: intake, rules, cases."""
