"""Model and data set cards of Hugging Face, from a folder of them: a collection, clones, or the hub's own cache."""
