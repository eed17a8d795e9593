"""Lock files and lists of requirements, of Python, conda and npm: environments, and the packages in them."""
