"""What an answer looks like to a person: one module for each sort of answer, from its JSON to Rich's shapes."""
