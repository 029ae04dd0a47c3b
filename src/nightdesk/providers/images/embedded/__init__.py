"""Operations that need no key, no server and no weights. None of them is generative AI."""
